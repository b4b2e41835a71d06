//! How many candidates a graph's searches need.
//!
//! What recall a number of candidates gives differs from data set to data set by far: word vectors need several
//! times as many as images. So a finished graph is asked for the neighbours of some of its own rows, which the
//! walk is kept from passing, and its searches keep as many as these needed.

use std::borrow::Cow;

use huedb_kernels::Kernels;

use super::codes::CodedImage;
use super::random::Random;
use super::rescore::rescored;
use super::walk::{Walk, WalkScratch};
use super::width::Width;
use super::{GraphView, VectorRows};
use crate::topk::{Neighbour, TopK};
use crate::vector::{Flat, Query, inverse_norm};

const SAMPLED_ROWS: usize = 256;
/// The number of candidates that clients ask for by default.
const CANDIDATES: usize = 100;
/// Neighbours looked for.
const K: usize = 10;
/// Efforts to choose from; the last is used when none suffices.
const EFFORTS: [f32; 12] = [0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2.0];
/// The share of the neighbours to be found.
const RECALL: f64 = 0.99;
/// Of clusters none of which is too far away.
const NO_REACH: f32 = f32::INFINITY;
/// Of the rows, so many may lie within reach.
const REACHED_MAX: f64 = 0.6;
/// The usual query keeps at most so many times the candidates asked for.
const USUAL_TIMES_MAX: f32 = 10.0;
const SPREAD_MAX: f32 = 4.0;
/// Of rows whose distances do not tell hard queries from easy ones.
const NO_SPREAD: f32 = 0.0;
/// The least of others.
const SPREAD_MIN: f32 = 0.001;

/// What the searches of a graph need.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Calibration {
    /// The power with which the candidates that the usual query keeps, in units of the neighbours looked for, grow
    /// with those asked for.
    pub(super) effort: f32,
    /// The power of their rank with which squared distances to the nearest rows grow; 0 if these mean nothing.
    pub(super) spread: f32,
    /// How many times as far as the k-th neighbour, in squared distance, the centre of a cluster with a nearer one may be
    /// ([`super::clusters`]); infinite if no cluster is too far away for one.
    pub(super) cluster_reach: f32,
}

impl Calibration {
    /// How many candidates the usual query keeps when `asked` are asked for to find `k`.
    pub(super) fn usual(self, asked: usize, k: usize) -> usize {
        let times = asked as f32 / k.max(1) as f32;
        let usual = k as f32 * times.powf(self.effort);
        usual.min(asked as f32 * USUAL_TIMES_MAX) as usize
    }

    pub(super) fn is_possible(self) -> bool {
        (0.0..=EFFORTS[EFFORTS.len() - 1]).contains(&self.effort)
            && (0.0..=SPREAD_MAX).contains(&self.spread)
            && self.cluster_reach > 0.0
    }
}

impl Default for Calibration {
    /// Searches that keep as many candidates as they are asked for.
    fn default() -> Self {
        Self { effort: 1.0, spread: NO_SPREAD, cluster_reach: NO_REACH }
    }
}

/// What the searches of a complete graph over `linked`, some of `rows`, need.
pub(super) fn calibrate(
    graph: &GraphView<'_>,
    rows: &dyn VectorRows,
    linked: &[u32],
    random: &mut Random,
) -> Calibration {
    let sample: Vec<u32> = (0..SAMPLED_ROWS).map(|_| linked[random.below(linked.len())]).collect();
    let mut scratch = WalkScratch::default();
    let spread =
        if graph.imager.are_lengths_even() { spread(graph, &sample, &mut scratch) } else { NO_SPREAD };
    let near = exact(graph, rows, linked, &sample);
    let cluster_reach = if spread > 0.0 { cluster_reach(graph, &sample, &near) } else { NO_REACH };
    let first: Vec<&[Neighbour]> = near.iter().map(|near| &near[..near.len().min(K)]).collect();
    let total: usize = first.iter().map(|first| first.len()).sum();
    let enough = EFFORTS.into_iter().find(|effort| {
        let width = Width::adaptive(CANDIDATES, K, Calibration { effort: *effort, spread, cluster_reach });
        let found = sample.iter().zip(&first).map(|(row, first)| {
            let bound = first.last().map_or(f32::INFINITY, |last| last.distance);
            walk(graph, *row, width, &mut scratch);
            let near = scratch.pool.nearest().take(rescored(K, scratch.pool.len())).map(|(row, _)| row);
            // Compared by distance, since of equally near rows any will do.
            let vector = rows.vector(*row);
            let query = query(graph, &vector);
            let is_near = |other: &u32| DistanceTo::new(rows, *other).from(&query) <= bound;
            near.filter(is_near).count().min(K)
        });
        found.sum::<usize>() as f64 >= RECALL * total as f64
    });
    Calibration { effort: enough.unwrap_or(EFFORTS[EFFORTS.len() - 1]), spread, cluster_reach }
}

/// The power of their rank with which squared distances to the nearest rows grow: the median of what the walk from
/// each row of a sample gives, by its estimates of the first and the last candidate that counts.
fn spread(graph: &GraphView<'_>, sample: &[u32], scratch: &mut WalkScratch) -> f32 {
    let spreads = sample.iter().filter_map(|row| {
        walk(graph, *row, Width::exactly(CANDIDATES), scratch);
        let (_, near) = scratch.pool.nearest().nth(K - 1)?;
        let (last, (_, far)) = scratch.pool.nearest().enumerate().last()?;
        let spread = (far / near).ln() / ((last + 1) as f32 / K as f32).ln();
        (near > 0.0 && spread.is_finite()).then_some(spread)
    });
    let mut spreads: Vec<f32> = spreads.collect();
    spreads.sort_unstable_by(f32::total_cmp);
    spreads.get(spreads.len() / 2).map_or(SPREAD_MAX, |spread| spread.clamp(SPREAD_MIN, SPREAD_MAX))
}

fn walk(graph: &GraphView<'_>, row: u32, width: Width, scratch: &mut WalkScratch) {
    let codes = graph.node_codes();
    scratch.image.set_row(row, &codes);
    scratch.pool.reset(width);
    scratch.visited.reset(graph.rows());
    scratch.visited.insert(row);
    let walk = Walk { kernels: Kernels::detect(), codes, links: &graph.links() };
    walk.seed(graph.routers.iter().copied(), scratch);
    walk.run(scratch);
}

fn query<'a>(graph: &GraphView<'_>, vector: &'a [f32]) -> Query<'a> {
    Query::new(Kernels::detect(), graph.distance(), vector)
}

/// The nearest [`CANDIDATES`] of each row of the sample.
fn exact(
    graph: &GraphView<'_>,
    rows: &dyn VectorRows,
    linked: &[u32],
    sample: &[u32],
) -> Vec<Vec<Neighbour>> {
    let vectors: Vec<f32> = sample.iter().flat_map(|row| rows.vector(*row).into_owned()).collect();
    let norms: Vec<f32> = vectors.chunks_exact(rows.dimensions()).map(inverse_norm).collect();
    let mut nearest: Vec<TopK> = sample.iter().map(|_| TopK::new(CANDIDATES)).collect();
    // A distance is the same from either side, and the vectors of the sample stay in the cache.
    let Ok(block) = Flat::new(rows.dimensions(), &vectors, Some(&norms)) else { return Vec::new() };
    let places: Vec<u32> = (0..sample.len() as u32).collect();
    let mut distances = vec![0.0; places.len()];
    for row in linked {
        let vector = rows.vector(*row);
        block.distances_of(&query(graph, &vector), &places, &mut distances);
        for ((near, distance), other) in nearest.iter_mut().zip(&distances).zip(sample) {
            if other != row {
                near.push(*row, *distance);
            }
        }
    }
    nearest.into_iter().map(TopK::into_sorted).collect()
}

/// How far the centres of the clusters are that hold nearly all of the neighbours of a sample, in units of the squared
/// distance of the last neighbour; infinite if that leaves out too few rows.
fn cluster_reach(graph: &GraphView<'_>, sample: &[u32], near: &[Vec<Neighbour>]) -> f32 {
    let (clusters, codes) = (graph.clusters(), graph.node_codes());
    let sizes = clusters.sizes();
    if sizes.is_empty() {
        return NO_REACH;
    }
    let (mut image, mut of_neighbours, mut of_clusters) = (CodedImage::default(), Vec::new(), Vec::new());
    let mut centres = vec![0.0; sizes.len()];
    for (row, near) in sample.iter().zip(near) {
        let mut last = [0.0];
        let Some(neighbour) = near.last() else { continue };
        image.set_row(*row, &codes);
        codes.distances(Kernels::detect(), &image, &[neighbour.row], &mut last);
        if !(last[0] > 0.0) {
            continue;
        }
        clusters.for_each(&image, |cluster, distance| centres[cluster] = distance / last[0]);
        of_neighbours.extend(near.iter().map(|near| centres[clusters.of(near.row)]));
        of_clusters.extend(centres.iter().copied().zip(sizes.iter().copied()));
    }
    of_neighbours.sort_unstable_by(f32::total_cmp);
    let enough = of_neighbours.get((RECALL * of_neighbours.len() as f64) as usize);
    let Some(reach) = enough.filter(|reach| **reach > 0.0) else {
        return NO_REACH;
    };
    let rows = |reach: f32| -> u64 {
        of_clusters.iter().filter(|(far, _)| *far <= reach).map(|(_, size)| size).sum()
    };
    if rows(*reach) as f64 <= REACHED_MAX * rows(f32::INFINITY) as f64 { *reach } else { NO_REACH }
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
