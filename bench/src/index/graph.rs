//! The bare index.

use std::collections::HashSet;
use std::time::Instant;

use huedb_index::vector::{
    CurrentThread, Flat, Graph, GraphBuilder, GraphIndex, GraphParameters, Kernels, Query, Scope,
    VectorIndex, inverse_norm,
};
use roaring::RoaringBitmap;
use serde_json::json;

use super::dataset::Dataset;
use super::{CANDIDATES, K, RECALL_ENOUGH, measure, print};

/// The `ef_search` of a collection that sets none.
const DEFAULT_CANDIDATES: usize = 100;

/// Queries of each filter.
const FILTERED_QUERIES: usize = 300;

struct Built {
    graph: Graph,
    inverse_norms: Vec<f32>,
    seconds: f64,
}

impl Built {
    fn new(data: &Dataset) -> Self {
        let inverse_norms: Vec<f32> = data.base.chunks_exact(data.dimensions).map(inverse_norm).collect();
        let start = Instant::now();
        let graph = {
            let flat = flat(data, &inverse_norms);
            let parameters = GraphParameters::default();
            #[allow(clippy::expect_used, reason = "the data sets suit a graph")]
            let builder = GraphBuilder::new(data.distance, &flat, &|_| false, parameters, &CurrentThread)
                .expect("the data set suits a graph");
            builder.insert_all(&CurrentThread, &|| false);
            builder.finish(&flat)
        };
        Self { graph, inverse_norms, seconds: start.elapsed().as_secs_f64() }
    }

    fn bytes_per_vector(&self, data: &Dataset) -> f64 {
        (size_of_val(self.graph.links()) + self.graph.codes().len()) as f64 / data.rows() as f64
    }
}

#[allow(clippy::expect_used, reason = "the arrays were made for each other")]
fn flat<'a>(data: &'a Dataset, inverse_norms: &'a [f32]) -> Flat<'a> {
    Flat::new(data.dimensions, &data.base, Some(inverse_norms)).expect("a whole number of vectors")
}

/// Prints the curve of the data set for one and two threads.
pub(crate) fn curves(data: &Dataset) {
    let built = Built::new(data);
    let effort = built.graph.view().effort();
    for threads in [1, 2] {
        for candidates in CANDIDATES {
            // The curve shows what so many candidates bring, without what the index adds by itself.
            let asked = (candidates as f32 / effort).ceil() as usize;
            let index = GraphIndex::new(flat(data, &built.inverse_norms), built.graph.view(), asked);
            let (found, seconds) =
                measure(data, threads, |vector| rows(&index, data, vector, &Scope::all(K)));
            let recall = data.recall(&found);
            print(&json!({
                "dataset": data.name, "dimensions": data.dimensions, "engine": "huedb", "threads": threads,
                "parameters": format!("R=32 L=200 ef={candidates}"), "recall_at_10": recall,
                "comparisons": comparisons(&index, data),
                "qps": data.query_count() as f64 / seconds, "build_seconds": built.seconds,
                "bytes_per_vector": built.bytes_per_vector(data),
            }));
            if recall >= RECALL_ENOUGH {
                break;
            }
        }
    }
    let index = GraphIndex::new(flat(data, &built.inverse_norms), built.graph.view(), DEFAULT_CANDIDATES);
    let (found, seconds) = measure(data, 1, |vector| rows(&index, data, vector, &Scope::all(K)));
    print(&json!({
        "dataset": data.name, "dimensions": data.dimensions, "engine": "huedb with defaults", "threads": 1,
        "parameters": format!("R=32 L=200 ef_search=100, effort {effort}"), "recall_at_10": data.recall(&found),
        "qps": data.query_count() as f64 / seconds, "build_seconds": built.seconds,
        "bytes_per_vector": built.bytes_per_vector(data),
    }));
}

fn rows(index: &GraphIndex<'_>, data: &Dataset, vector: &[f32], scope: &Scope<'_>) -> Vec<u32> {
    let query = Query::new(Kernels::detect(), data.distance, vector);
    index.search(&query, scope).neighbours.iter().map(|near| near.row).collect()
}

/// How many codes a search compares, on average.
fn comparisons(index: &GraphIndex<'_>, data: &Dataset) -> f64 {
    let queries = data.queries.chunks_exact(data.dimensions);
    let compared = queries.map(|vector| {
        let query = Query::new(Kernels::detect(), data.distance, vector);
        index.search(&query, &Scope::all(K)).scanned_rows
    });
    compared.sum::<u64>() as f64 / data.query_count() as f64
}

/// Prints recall and speed under filters, with the default number of candidates.
pub(crate) fn filters(data: &Dataset) {
    let built = Built::new(data);
    let flat = flat(data, &built.inverse_norms);
    let index = GraphIndex::new(flat, built.graph.view(), DEFAULT_CANDIDATES);
    let count = data.rows();
    for (kind, order) in [("random", scattered(count)), ("correlated", along_an_axis(data))] {
        for percent in [50.0, 10.0, 1.0, 0.1] {
            let passing = (count as f64 * percent / 100.0) as usize;
            let allowed: RoaringBitmap = order[..passing].iter().copied().collect();
            let scope = Scope { allowed: Some(&allowed), ..Scope::all(K) };
            let (mut hits, mut seconds, mut plans) = (0, 0.0, HashSet::new());
            for vector in data.queries.chunks_exact(data.dimensions).take(FILTERED_QUERIES) {
                let query = Query::new(Kernels::detect(), data.distance, vector);
                let truth: HashSet<u32> =
                    flat.search(&query, &scope).neighbours.iter().map(|near| near.row).collect();
                let start = Instant::now();
                let found = index.search(&query, &scope);
                seconds += start.elapsed().as_secs_f64();
                hits += found.neighbours.iter().filter(|near| truth.contains(&near.row)).count();
                plans.insert(found.plan.name());
            }
            let queries = FILTERED_QUERIES.min(data.query_count());
            print(&json!({
                "dataset": data.name, "engine": "huedb", "filter": kind, "percent": percent,
                "recall_at_10": hits as f64 / (queries * K.min(passing)) as f64,
                "qps": queries as f64 / seconds, "plans": plans.into_iter().collect::<Vec<_>>().join(", "),
            }));
        }
    }
}

/// All rows in an order without a pattern.
fn scattered(count: usize) -> Vec<u32> {
    let mut rows: Vec<u32> = (0..count as u32).collect();
    rows.sort_by_key(|row| u64::from(*row + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    rows
}

/// All rows in the order of their projection on the line between the two queries that are the farthest apart
/// among some.
fn along_an_axis(data: &Dataset) -> Vec<u32> {
    let query = |at: usize| &data.queries[at * data.dimensions..][..data.dimensions];
    let distance =
        |other: usize| -> f32 { query(0).iter().zip(query(other)).map(|(a, b)| (a - b).powi(2)).sum() };
    let far =
        (1..100.min(data.query_count())).max_by(|a, b| distance(*a).total_cmp(&distance(*b))).unwrap_or(0);
    let axis: Vec<f32> = query(0).iter().zip(query(far)).map(|(a, b)| a - b).collect();
    let places: Vec<f32> = data
        .base
        .chunks_exact(data.dimensions)
        .map(|vector| vector.iter().zip(&axis).map(|(value, axis)| value * axis).sum())
        .collect();
    let mut rows: Vec<u32> = (0..data.rows() as u32).collect();
    rows.sort_by(|a, b| places[*a as usize].total_cmp(&places[*b as usize]));
    rows
}
