//! How many more candidates than asked for a graph's searches should keep.
//!
//! What recall a number of candidates gives differs from data set to data set by far: word vectors need several
//! times as many as images. So a finished graph is asked for the neighbours of some of its own rows, which the
//! walk is kept from passing, and its searches keep as many more as these needed.

use std::borrow::Cow;

use huedb_kernels::Kernels;

use super::random::Random;
use super::search::rescored;
use super::walk::{Walk, WalkScratch};
use super::{GraphView, VectorRows};
use crate::topk::{Neighbour, TopK};
use crate::vector::{Flat, Query, inverse_norm};

const SAMPLED_ROWS: usize = 64;
/// The number of candidates that clients ask for by default.
const CANDIDATES: usize = 100;
/// Neighbours looked for.
const K: usize = 10;
/// Efforts to choose from; the last is used when none suffices.
const EFFORTS: [f32; 8] = [1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0];
/// The share of the neighbours to be found.
const RECALL: f64 = 0.99;

/// The least effort with which searches find enough.
pub(super) fn effort(
    graph: &GraphView<'_>,
    rows: &dyn VectorRows,
    linked: &[u32],
    random: &mut Random,
) -> f32 {
    let mut scratch = WalkScratch::default();
    let sample: Vec<u32> = (0..SAMPLED_ROWS).map(|_| linked[random.below(linked.len())]).collect();
    let truth = exact(graph, rows, linked, &sample);
    let total: usize = truth.iter().map(|(found, _)| found).sum();
    let enough = EFFORTS.into_iter().find(|effort| {
        let found = sample.iter().zip(&truth).map(|(row, (_, bound))| {
            walk(graph, *row, (CANDIDATES as f32 * effort) as usize, &mut scratch);
            let near = scratch.pool.nearest().take(rescored(K, scratch.pool.len())).map(|(row, _)| row);
            // Compared by distance, since of equally near rows any will do.
            let vector = rows.vector(*row);
            let query = query(graph, &vector);
            let is_near = |other: &u32| DistanceTo::new(rows, *other).from(&query) <= *bound;
            near.filter(is_near).count().min(K)
        });
        found.sum::<usize>() as f64 >= RECALL * total as f64
    });
    enough.unwrap_or(EFFORTS[EFFORTS.len() - 1])
}

fn walk(graph: &GraphView<'_>, row: u32, pool: usize, scratch: &mut WalkScratch) {
    let codes = graph.node_codes();
    scratch.image.set_row(row, &codes);
    scratch.pool.reset(pool);
    scratch.visited.reset(graph.rows());
    scratch.visited.insert(row);
    let walk = Walk { kernels: Kernels::detect(), codes, links: &graph.links() };
    walk.seed(graph.routers.iter().copied(), scratch);
    walk.run(scratch);
}

fn query<'a>(graph: &GraphView<'_>, vector: &'a [f32]) -> Query<'a> {
    Query::new(Kernels::detect(), graph.distance(), vector)
}

/// How many neighbours each row of the sample has, and the distance of the last.
fn exact(graph: &GraphView<'_>, rows: &dyn VectorRows, linked: &[u32], sample: &[u32]) -> Vec<(usize, f32)> {
    let vectors: Vec<Cow<'_, [f32]>> = sample.iter().map(|row| rows.vector(*row)).collect();
    let queries: Vec<Query<'_>> = vectors.iter().map(|vector| query(graph, vector)).collect();
    let mut nearest: Vec<TopK> = sample.iter().map(|_| TopK::new(K)).collect();
    for row in linked {
        let distance = DistanceTo::new(rows, *row);
        let others = nearest.iter_mut().zip(&queries).zip(sample).filter(|(_, other)| *other != row);
        for ((near, query), _) in others {
            near.push(*row, distance.from(query));
        }
    }
    let last = |near: &[Neighbour]| near.last().map_or(f32::INFINITY, |last| last.distance);
    nearest.into_iter().map(TopK::into_sorted).map(|near| (near.len(), last(&near))).collect()
}

/// Distances to one row.
struct DistanceTo<'a> {
    vector: Cow<'a, [f32]>,
    inverse_norm: f32,
}

impl<'a> DistanceTo<'a> {
    fn new(rows: &'a dyn VectorRows, row: u32) -> Self {
        let vector = rows.vector(row);
        Self { inverse_norm: inverse_norm(&vector), vector }
    }

    fn from(&self, query: &Query<'_>) -> f32 {
        let norms = std::slice::from_ref(&self.inverse_norm);
        let block = Flat::new(self.vector.len(), &self.vector, Some(norms));
        block.map_or(f32::INFINITY, |block| block.distance(query, 0))
    }
}
