//! How many more candidates than asked for a graph's searches should keep.
//!
//! What recall a number of candidates gives differs from data set to data set by far: word vectors need several
//! times as many as images. So a finished graph is asked for the neighbours of some of its own rows, which the
//! walk is kept from passing, and its searches keep as many more as these needed.

use huedb_kernels::Kernels;

use super::GraphView;
use super::codes::NodeCodes;
use super::random::Random;
use super::walk::{Walk, WalkScratch};

const SAMPLED_ROWS: usize = 64;
/// The number of candidates that clients ask for by default.
const CANDIDATES: usize = 100;
/// Neighbours looked for.
const K: usize = 10;
/// Efforts to choose from; the last is used when none suffices.
const EFFORTS: [f32; 7] = [1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0];
/// The share of the neighbours to be found.
const RECALL: f64 = 0.985;

/// The least effort with which searches find enough.
pub(super) fn effort(graph: &GraphView<'_>, linked: &[u32], random: &mut Random) -> f32 {
    let mut scratch = WalkScratch::default();
    let sample: Vec<u32> = (0..SAMPLED_ROWS).map(|_| linked[random.below(linked.len())]).collect();
    let truth: Vec<Vec<f32>> = sample.iter().map(|row| exact(graph, linked, *row, &mut scratch)).collect();
    for effort in EFFORTS {
        let mut found = 0;
        for (row, truth) in sample.iter().zip(&truth) {
            walk(graph, *row, (CANDIDATES as f32 * effort) as usize, &mut scratch);
            // Compared by distance, since of equally near rows any will do.
            let bound = truth.last().copied().unwrap_or(f32::INFINITY);
            found +=
                scratch.pool.nearest().take(truth.len()).filter(|(_, distance)| *distance <= bound).count();
        }
        let total: usize = truth.iter().map(Vec::len).sum();
        if found as f64 >= RECALL * total as f64 {
            return effort;
        }
    }
    EFFORTS[EFFORTS.len() - 1]
}

fn prepared<'a>(graph: &GraphView<'a>, row: u32, pool: usize, scratch: &mut WalkScratch) -> NodeCodes<'a> {
    let codes = graph.node_codes();
    scratch.image.set_row(row, &codes);
    scratch.pool.reset(pool);
    scratch.visited.reset(graph.rows());
    scratch.visited.insert(row);
    codes
}

fn walk(graph: &GraphView<'_>, row: u32, pool: usize, scratch: &mut WalkScratch) {
    let codes = prepared(graph, row, pool, scratch);
    let walk = Walk { kernels: Kernels::detect(), codes, links: &graph.links() };
    walk.seed(graph.routers.iter().copied(), scratch);
    walk.run(scratch);
}

/// The distances of the nearest rows, by their codes.
fn exact(graph: &GraphView<'_>, linked: &[u32], row: u32, scratch: &mut WalkScratch) -> Vec<f32> {
    let codes = prepared(graph, row, K, scratch);
    let walk = Walk { kernels: Kernels::detect(), codes, links: &graph.links() };
    for rows in linked.chunks(1_024) {
        walk.seed(rows.iter().copied(), scratch);
    }
    scratch.pool.nearest().map(|(_, distance)| distance).collect()
}
