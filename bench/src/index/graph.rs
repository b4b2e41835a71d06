//! The bare index.

use std::collections::HashSet;
use std::time::Instant;

use huedb_index::vector::{
    CurrentThread, Flat, Found, Graph, GraphBuilder, GraphIndex, GraphParameters, Kernels, Query, Scope,
    VectorIndex, Workers,
};
use huedb_types::Distance;
use roaring::RoaringBitmap;
use serde_json::json;

use super::dataset::{Block, Dataset};
use super::{DEFAULT_CANDIDATES, K, print};

/// Queries of each filter.
const FILTERED_QUERIES: usize = 300;

/// Rounds over them, of which the fastest counts, as in `qdrant.py`.
const FILTERED_ROUNDS: usize = 2;

/// A block with its graph.
pub(crate) struct Built<'a> {
    flat: Flat<'a>,
    pub(crate) graph: Graph,
    pub(crate) seconds: f64,
}

impl<'a> Built<'a> {
    /// `inverse_norms` are those of the block's rows.
    #[allow(clippy::expect_used, reason = "the data sets suit a graph, and arrays were made for each other")]
    pub(crate) fn new(
        block: Block<'a>,
        inverse_norms: &'a [f32],
        parameters: GraphParameters,
        workers: &dyn Workers,
    ) -> Self {
        let flat = Flat::of(block.dimensions, block.vectors, Some(inverse_norms)).expect("a block");
        let start = Instant::now();
        let builder = GraphBuilder::new(block.distance, &flat, &|_| false, parameters, workers)
            .expect("the data set suits a graph");
        builder.insert_all(workers, &|| false);
        let graph = builder.finish(&flat, workers);
        Self { flat, graph, seconds: start.elapsed().as_secs_f64() }
    }

    pub(crate) fn bytes_per_vector(&self) -> f64 {
        (size_of_val(self.graph.links()) + self.graph.codes().len()) as f64 / f64::from(self.flat.rows())
    }

    /// The index as a collection with this `ef_search` uses it.
    pub(crate) fn index(&self, candidates: u32) -> GraphIndex<'_> {
        GraphIndex::new(self.flat, self.graph.view(), candidates as usize)
    }
}

/// The rows nearest to a query.
pub(crate) fn rows(index: &GraphIndex<'_>, distance: Distance, vector: &[f32]) -> Vec<u32> {
    let query = Query::new(Kernels::detect(), distance, vector);
    index.search(&query, &Scope::all(K)).neighbours.iter().map(|near| near.row).collect()
}

/// How many codes and how many full vectors a search compares, on average.
pub(crate) fn comparisons(index: &GraphIndex<'_>, data: &Dataset) -> (f64, f64) {
    let queries = data.queries.chunks_exact(data.dimensions);
    let compared = queries.map(|vector| {
        let query = Query::new(Kernels::detect(), data.distance, vector);
        let found = index.search(&query, &Scope::all(K));
        (found.scanned_rows, found.rescored_rows)
    });
    let (codes, vectors) = compared.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    (codes as f64 / data.query_count() as f64, vectors as f64 / data.query_count() as f64)
}

/// Prints recall and speed under filters, with the default number of candidates.
pub(crate) fn filters(data: &Dataset) {
    let inverse_norms = data.inverse_norms();
    let built = Built::new(data.block(), &inverse_norms, GraphParameters::default(), &CurrentThread);
    let (index, flat) = (built.index(DEFAULT_CANDIDATES), built.flat);
    let count = data.rows();
    for (kind, order) in [("random", scattered(count)), ("correlated", along_an_axis(data))] {
        for percent in [50.0, 10.0, 1.0, 0.1] {
            let passing = (count as f64 * percent / 100.0) as usize;
            let allowed: RoaringBitmap = order[..passing].iter().copied().collect();
            let scope = Scope { allowed: Some(&allowed), ..Scope::all(K) };
            let query = |vector| Query::new(Kernels::detect(), data.distance, vector);
            let queries = || data.queries.chunks_exact(data.dimensions).take(FILTERED_QUERIES);
            let (mut found, mut seconds) = (Vec::new(), f64::INFINITY);
            for _ in 0..FILTERED_ROUNDS {
                let start = Instant::now();
                found = queries().map(|vector| index.search(&query(vector), &scope)).collect();
                seconds = start.elapsed().as_secs_f64().min(seconds);
            }
            let plans: HashSet<&str> = found.iter().map(|found| found.plan.name()).collect();
            let each = queries().zip(&found);
            let hits: usize = each.map(|(vector, found)| hits(&flat, &query(vector), &scope, found)).sum();
            print(&json!({
                "dataset": data.name, "engine": "huedb", "filter": kind, "percent": percent,
                "recall_at_10": hits as f64 / (found.len() * K.min(passing)) as f64,
                "qps": found.len() as f64 / seconds, "plans": plans.into_iter().collect::<Vec<_>>().join(", "),
            }));
        }
    }
}

/// How many of the true neighbours were found.
fn hits(flat: &Flat<'_>, query: &Query<'_>, scope: &Scope<'_>, found: &Found) -> usize {
    let truth: HashSet<u32> = flat.search(query, scope).neighbours.iter().map(|near| near.row).collect();
    found.neighbours.iter().filter(|near| truth.contains(&near.row)).count()
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
