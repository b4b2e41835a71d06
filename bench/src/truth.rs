//! Exact nearest neighbours, computed here and not by the server under test.

use crate::data::Dataset;

/// Vectors of one block stay in the second-level cache while all queries pass over them.
const BLOCK_ROWS: usize = 256;

/// One neighbour: the number of the record and its cosine distance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Neighbour {
    pub(crate) index: usize,
    pub(crate) distance: f32,
}

/// For each query the `k` nearest records among those that `accept` takes, nearest first.
pub(crate) fn nearest(
    data: &Dataset,
    k: usize,
    accept: impl Fn(usize) -> bool + Sync,
) -> Vec<Vec<Neighbour>> {
    let accepted: Vec<usize> = (0..data.sizes.records).filter(|&index| accept(index)).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let queries_per_thread = data.sizes.queries.div_ceil(threads).max(1);
    let queries: Vec<usize> = (0..data.sizes.queries).collect();
    std::thread::scope(|scope| {
        let workers: Vec<_> = queries
            .chunks(queries_per_thread)
            .map(|part| {
                let accepted = &accepted;
                scope.spawn(move || nearest_of(data, k, accepted, part))
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

/// The exact cosine distance between a query and a record.
pub(crate) fn distance(data: &Dataset, query: usize, index: usize) -> f64 {
    let dot = |left: &[f32], right: &[f32]| -> f64 {
        left.iter().zip(right).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    };
    let (query, row) = (data.query(query), data.vector(index as u64));
    1.0 - dot(query, &row) / (dot(query, query) * dot(&row, &row)).sqrt()
}

fn nearest_of(data: &Dataset, k: usize, accepted: &[usize], queries: &[usize]) -> Vec<Vec<Neighbour>> {
    let dimensions = data.sizes.dimensions;
    let mut best: Vec<Vec<Neighbour>> = vec![Vec::with_capacity(k + 1); queries.len()];
    for block in accepted.chunks(BLOCK_ROWS) {
        for (&query, best) in queries.iter().zip(&mut best) {
            for &index in block {
                let row = &data.vectors[index * dimensions..(index + 1) * dimensions];
                insert(best, k, Neighbour { index, distance: 1.0 - dot(data.query(query), row) });
            }
        }
    }
    best
}

fn insert(best: &mut Vec<Neighbour>, k: usize, candidate: Neighbour) {
    if best.len() == k && best.last().is_none_or(|last| candidate.distance >= last.distance) {
        return;
    }
    let position = best.partition_point(|other| other.distance <= candidate.distance);
    best.insert(position, candidate);
    best.truncate(k);
}

/// Sixteen partial sums let the compiler use vector instructions and keep the rounding error small.
fn dot(left: &[f32], right: &[f32]) -> f32 {
    let mut sums = [0.0f32; 16];
    let (left_chunks, right_chunks) = (left.chunks_exact(16), right.chunks_exact(16));
    let tail: f32 = left_chunks.remainder().iter().zip(right_chunks.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in left_chunks.zip(right_chunks) {
        for lane in 0..16 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + tail
}

#[cfg(test)]
mod tests;
