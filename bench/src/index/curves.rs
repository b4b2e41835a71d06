//! Recall against speed, of the bare index and of a collection.

use huedb_index::vector::{CurrentThread, GraphParameters};
use serde_json::json;

use super::dataset::Dataset;
use super::graph::{Built, comparisons, rows};
use super::{CANDIDATES, DEFAULT_CANDIDATES, RECALL_ENOUGH, measure, print};

/// Prints the curve of the bare index for one and two threads.
pub(crate) fn bare(data: &Dataset) {
    let inverse_norms = data.inverse_norms();
    print_bare(data, &Built::new(data.block(), &inverse_norms, GraphParameters::default(), &CurrentThread));
    defaults(data, &inverse_norms);
}

/// [`bare`], then points of a collection, whose engine lies in `directory`, and of the bare index once more, in turns.
/// Each then finds less of its own in the processor's caches than alone, so only their ratio tells something.
#[cfg(feature = "collection")]
pub(crate) fn both(data: &Dataset, directory: &std::path::Path) -> Result<(), Box<dyn std::error::Error>> {
    let inverse_norms = data.inverse_norms();
    let built = Built::new(data.block(), &inverse_norms, GraphParameters::default(), &CurrentThread);
    print_bare(data, &built);
    let filled = super::engine::Filled::new(data, directory, huedb_types::Precision::F32)?;
    let requests = super::engine::requests(data);
    for candidates in CANDIDATES {
        filled.set_candidates(candidates)?;
        let index = built.index(candidates);
        let [(found, seconds), (found_through, seconds_through)] = measure(
            data,
            1,
            [&|query| rows(&index, data.distance, data.query(query)), &|query| filled.rows(&requests[query])],
        );
        let recall = point(data, &built, ("huedb in turns", 1, candidates), &found, seconds);
        let recall_through = data.recall(&found_through);
        print(&json!({
            "dataset": data.name, "dimensions": data.dimensions, "engine": "huedb collection", "threads": 1,
            "parameters": format!("ef_search={candidates}"), "recall_at_10": recall_through,
            "qps": data.query_count() as f64 / seconds_through, "build_seconds": filled.seconds,
            "bytes_per_vector": null,
        }));
        if recall.min(recall_through) >= RECALL_ENOUGH {
            break;
        }
    }
    filled.remove()?;
    defaults(data, &inverse_norms);
    Ok(())
}

fn print_bare(data: &Dataset, built: &Built<'_>) {
    curve(data, built, 1);
    curve(data, built, 2);
}

fn curve(data: &Dataset, built: &Built<'_>, threads: usize) {
    for candidates in CANDIDATES {
        let index = built.index(candidates);
        let [(found, seconds)] =
            measure(data, threads, [&|query| rows(&index, data.distance, data.query(query))]);
        if point(data, built, ("huedb", threads, candidates), &found, seconds) >= RECALL_ENOUGH {
            break;
        }
    }
}

/// Prints what was found in so many seconds; returns the recall.
fn point(
    data: &Dataset,
    built: &Built<'_>,
    (engine, threads, candidates): (&str, usize, u32),
    found: &[Vec<u32>],
    seconds: f64,
) -> f64 {
    let recall = data.recall(found);
    let (compared, rescored) = comparisons(&built.index(candidates), data);
    print(&json!({
        "dataset": data.name, "dimensions": data.dimensions, "engine": engine, "threads": threads,
        "parameters": format!("R=32 L=200 ef={candidates}"), "recall_at_10": recall,
        "comparisons": compared, "rescored": rescored,
        "qps": data.query_count() as f64 / seconds, "build_seconds": built.seconds,
        "bytes_per_vector": built.bytes_per_vector(),
    }));
    recall
}

/// `M`, `construction_ef` and `search_ef` of a collection that sets none.
const DEFAULTS: (u32, u32, u32) = (16, 100, DEFAULT_CANDIDATES);

fn defaults(data: &Dataset, inverse_norms: &[f32]) {
    let (neighbours, construction, candidates) = DEFAULTS;
    let parameters = GraphParameters::from_hnsw(neighbours, construction);
    let built = Built::new(data.block(), inverse_norms, parameters, &CurrentThread);
    let index = built.index(candidates);
    let [(found, seconds)] = measure(data, 1, [&|query| rows(&index, data.distance, data.query(query))]);
    let effort = built.graph.view().effort();
    let (compared, rescored) = comparisons(&index, data);
    print(&json!({
        "dataset": data.name, "dimensions": data.dimensions, "engine": "huedb with defaults", "threads": 1,
        "parameters": format!("M={neighbours} construction_ef={construction} ef_search={candidates}, effort {effort}"),
        "recall_at_10": data.recall(&found), "qps": data.query_count() as f64 / seconds,
        "comparisons": compared, "rescored": rescored, "build_seconds": built.seconds,
        "bytes_per_vector": built.bytes_per_vector(),
    }));
}
