//! What 16-bit numbers cost and gain.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use huedb_index::vector::{Flat, Kernels, Query, Scope, VectorIndex, Vectors, f32_to_f16, inverse_norm};
use huedb_types::Precision;
use serde_json::json;

use super::dataset::Dataset;
use super::engine::Filled;
use super::{CANDIDATES, K, RECALL_ENOUGH, measure, print};

/// Queries of a scan.
const SCANS: usize = 100;

/// Rounds over them; the fastest counts.
const ROUNDS: usize = 5;

/// Prints the curve of a collection of each precision, and the speed of a scan of all vectors by their full
/// numbers on one thread.
pub(crate) fn compare(data: &Dataset, directory: &Path) -> Result<(), Box<dyn Error>> {
    curves(data, directory)?;
    let bits: Vec<u16> = data.base.iter().map(|value| f32_to_f16(*value)).collect();
    scan(data, Vectors::F32(&data.base), Precision::F32)?;
    scan(data, Vectors::F16(&bits), Precision::F16)
}

fn curves(data: &Dataset, directory: &Path) -> Result<(), Box<dyn Error>> {
    let [whole, half] = Precision::ALL.map(|precision| Filled::new(data, directory, precision));
    let filled = [whole?, half?];
    let requests = super::engine::requests(data);
    for candidates in CANDIDATES {
        filled.iter().try_for_each(|filled| filled.set_candidates(candidates))?;
        let measured = measure(
            data,
            1,
            [&|query| filled[0].rows(&requests[query]), &|query| filled[1].rows(&requests[query])],
        );
        let mut least = f64::INFINITY;
        for ((precision, filled), (found, seconds)) in Precision::ALL.into_iter().zip(&filled).zip(measured) {
            let recall = data.recall(&found);
            least = least.min(recall);
            print(&json!({
                "dataset": data.name, "dimensions": data.dimensions, "threads": 1,
                "engine": format!("huedb collection {}", precision.name()),
                "parameters": format!("ef_search={candidates}"), "recall_at_10": recall,
                "qps": data.query_count() as f64 / seconds, "build_seconds": filled.seconds,
                "bytes_per_vector": filled.bytes_per_vector()?,
            }));
        }
        if least >= RECALL_ENOUGH {
            break;
        }
    }
    filled.into_iter().try_for_each(Filled::remove)
}

fn scan(data: &Dataset, vectors: Vectors<'_>, precision: Precision) -> Result<(), Box<dyn Error>> {
    let rows = Flat::of(data.dimensions, vectors, None)?;
    let norms: Vec<f32> = (0..rows.rows()).map(|row| inverse_norm(&rows.vector(row))).collect();
    let flat = Flat::of(data.dimensions, vectors, Some(&norms))?;
    let queries = || data.queries.chunks_exact(data.dimensions).take(SCANS);
    let mut found: Vec<Vec<u32>> = Vec::new();
    let mut fastest = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        found = queries()
            .map(|vector| {
                let query = Query::new(Kernels::detect(), data.distance, vector);
                flat.search(&query, &Scope::all(K)).neighbours.iter().map(|near| near.row).collect()
            })
            .collect();
        fastest = fastest.min(start.elapsed().as_secs_f64());
    }
    print(&json!({
        "dataset": data.name, "dimensions": data.dimensions, "engine": format!("huedb scan {}", precision.name()),
        "threads": 1, "parameters": Kernels::detect().level().name(), "recall_at_10": data.recall(&found),
        "qps": found.len() as f64 / fastest,
    }));
    Ok(())
}
