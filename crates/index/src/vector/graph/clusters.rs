//! Clusters of rows that lie near each other, each around a centre.
//!
//! Where a filter leaves too many rows to compare all and too few to walk among, a scan leaves out the clusters that
//! lie too far away: first it compares the rows of the nearest clusters, then it knows how near the k-th neighbour is
//! at most, and reads on in those clusters only whose centre is hardly farther. How much farther that may be was
//! measured on the graph's own rows, since a centre says little about its rows where these fill many dimensions.

use std::sync::Mutex;

use huedb_kernels::{Buffer, Kernels};

use super::Workers;
use super::build::lock;
use super::codes::{CodeLayout, CodedImage, NodeCodes};
use super::random::Random;

/// Graphs of fewer nodes have no clusters: their filters leave few rows.
const NODES_MIN: usize = 32 * 1_024;

/// Of more rows none have more clusters, since every search of them compares all centres.
pub(super) const CLUSTERS_MAX: usize = 1_024;

/// Rows that centres are learnt from, for each of them.
const SAMPLED_PER_CLUSTER: usize = 64;

/// How often centres move to the middle of their rows.
const ITERATIONS: usize = 4;

/// Rows that a worker assigns before it asks for more.
const ASSIGNED_ROWS: usize = 1_024;

/// Of the rows that a filter leaves, one in so many is compared in the nearest clusters first.
const FIRST_ONE_IN: usize = 8;

/// How many rows a cluster has of a filter is estimated from one in so many of them.
const COUNTED_ONE_IN: usize = 16;

/// The cluster of a row, a little-endian number.
type ClusterBytes = [u8; 2];

/// The clusters of a graph's rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clusters<'a> {
    /// Among them those of the centres, from `first` on.
    codes: NodeCodes<'a>,
    first: u32,
    count: u32,
    /// By row.
    assigned: &'a [ClusterBytes],
}

/// Memory for choosing clusters.
#[derive(Debug, Default)]
pub(super) struct ClusterScratch {
    /// Clusters by the distance of their centres, in one integer each.
    nearest: Vec<u64>,
    /// By cluster, of some rows.
    counts: Vec<u32>,
    /// By cluster: the round in which its rows are compared, 0 if not at all.
    rounds: Vec<u8>,
    /// Rows of the clusters of a round.
    taken: Vec<u32>,
}

impl ClusterScratch {
    /// Chooses for round 2 the other clusters whose centres are at most so far, in squared distance.
    pub(super) fn choose_within(&mut self, distance: f32) {
        let Self { nearest, rounds, .. } = self;
        let is_within = |entry: &&u64| f32::from_bits((**entry >> 32) as u32) <= distance;
        for cluster in nearest.iter().take_while(is_within).map(|entry| *entry as u32 as usize) {
            if rounds[cluster] == 0 {
                rounds[cluster] = 2;
            }
        }
    }
}

impl<'a> Clusters<'a> {
    /// `assigned` has two bytes for every row, the codes of the centres begin at `first`.
    pub(super) fn new(codes: NodeCodes<'a>, (first, count): (u32, u32), assigned: &'a [u8]) -> Self {
        Self { codes, first, count, assigned: assigned.as_chunks().0 }
    }

    /// The bytes of [`Clusters::new`].
    pub(super) fn assigned_bytes(rows: usize, count: usize) -> usize {
        if count == 0 { 0 } else { rows.saturating_mul(size_of::<ClusterBytes>()) }
    }

    /// Whether every row has one of the clusters.
    pub(super) fn are_possible(&self) -> bool {
        self.assigned.iter().all(|cluster| u32::from(u16::from_le_bytes(*cluster)) < self.count)
    }

    pub(super) fn count(&self) -> u64 {
        self.count.into()
    }

    #[inline]
    pub(super) fn of(&self, row: u32) -> usize {
        usize::from(u16::from_le_bytes(self.assigned[row as usize]))
    }

    /// How many rows each has.
    pub(super) fn sizes(&self) -> Vec<u64> {
        let mut sizes = vec![0; self.count as usize];
        (0..self.assigned.len() as u32).for_each(|row| sizes[self.of(row)] += 1);
        sizes
    }

    /// Calls `with` for every cluster with the squared distance of its centre.
    pub(super) fn for_each(&self, image: &CodedImage, mut with: impl FnMut(usize, f32)) {
        let centres = self.first..self.first + self.count;
        self.codes.distances_of_range(Kernels::detect(), image, centres, |first, distances| {
            (first..).zip(distances).for_each(|(cluster, distance)| with(cluster, *distance));
        });
    }

    /// Chooses the nearest clusters, until they hold enough of `rows` to know how near the neighbours are, for round 1.
    pub(super) fn choose_nearest(&self, image: &CodedImage, rows: &[u32], scratch: &mut ClusterScratch) {
        let ClusterScratch { nearest, counts, rounds, .. } = scratch;
        nearest.clear();
        self.for_each(image, |cluster, distance| {
            nearest.push(u64::from(distance.max(0.0).to_bits()) << 32 | cluster as u64);
        });
        nearest.sort_unstable();
        counts.clear();
        counts.resize(self.count as usize, 0);
        let mut wanted = 0;
        for row in rows.iter().step_by(COUNTED_ONE_IN) {
            counts[self.of(*row)] += FIRST_ONE_IN as u32;
            wanted += 1;
        }
        rounds.clear();
        rounds.resize(self.count as usize, 0);
        let mut held = 0;
        for cluster in nearest.iter().map(|entry| *entry as u32 as usize) {
            if held >= wanted {
                break;
            }
            held += counts[cluster];
            rounds[cluster] = 1;
        }
    }

    /// Those of `rows` whose cluster was chosen for a round.
    pub(super) fn rows_of<'s>(&self, round: u8, rows: &[u32], scratch: &'s mut ClusterScratch) -> &'s [u32] {
        let ClusterScratch { rounds, taken, .. } = scratch;
        // Every row is written, and counted if it is one, since a branch would often be predicted wrong.
        taken.resize(rows.len() + 1, 0);
        let mut count = 0;
        for row in rows {
            taken[count] = *row;
            count += usize::from(rounds[self.of(*row)] == round);
        }
        &taken[..count]
    }
}

/// Clusters of a graph that is being built.
pub(super) struct NewClusters {
    /// Of the centres.
    codes: Buffer<u8>,
    layout: CodeLayout,
    pub(super) count: u32,
    /// The cluster of every row, as it is stored.
    pub(super) assigned: Vec<u8>,
}

impl NewClusters {
    /// How many clusters a graph of so many nodes has.
    pub(super) fn wanted(nodes: usize) -> usize {
        if nodes < NODES_MIN { 0 } else { nodes.isqrt().min(CLUSTERS_MAX) }
    }

    /// Finds `count` clusters of `nodes`, some of `rows` rows, by their codes.
    pub(super) fn find(
        codes: &NodeCodes<'_>,
        (rows, count): (u32, usize),
        nodes: &[u32],
        random: &mut Random,
        workers: &dyn Workers,
    ) -> Self {
        let layout = CodeLayout::new(codes.layout.dimensions, count);
        let centres = Buffer::zeroed(layout.bytes());
        let mut clusters = Self { codes: centres, layout, count: count as u32, assigned: Vec::new() };
        if count > 0 {
            clusters.learn(codes, nodes, random);
            clusters.assign(codes, rows, workers);
        }
        clusters
    }

    pub(super) fn centres(&self) -> NodeCodes<'_> {
        NodeCodes { bytes: &self.codes, layout: self.layout }
    }

    /// Lloyd's algorithm on a sample, from some of its rows.
    fn learn(&mut self, codes: &NodeCodes<'_>, nodes: &[u32], random: &mut Random) {
        let count = self.count as usize;
        let sampled = count * SAMPLED_PER_CLUSTER;
        let sample: Vec<u32> = (0..sampled).map(|_| nodes[random.below(nodes.len())]).collect();
        let mut image = CodedImage::default();
        self.move_centres(codes, sample[..count].iter().copied().zip(0..));
        for _ in 0..ITERATIONS {
            let nearest = |row: &u32| {
                image.set_row(*row, codes);
                self.nearest(&image)
            };
            let clusters: Vec<usize> = sample.iter().map(nearest).collect();
            self.move_centres(codes, sample.iter().copied().zip(clusters));
        }
    }

    /// Makes the centres the means of the rows that are given with a cluster; one without rows stays where it is.
    fn move_centres(&mut self, codes: &NodeCodes<'_>, rows: impl Iterator<Item = (u32, usize)>) {
        let dimensions = self.layout.dimensions;
        let mut sums = vec![0.0; self.count as usize * dimensions];
        let mut counts = vec![0_u32; self.count as usize];
        let mut image = CodedImage::default();
        for (row, cluster) in rows {
            image.set_row(row, codes);
            let sum = &mut sums[cluster * dimensions..][..dimensions];
            sum.iter_mut().zip(image.values()).for_each(|(sum, value)| *sum += value);
            counts[cluster] += 1;
        }
        for (_, codes, headers) in self.layout.parts(&mut self.codes, counts.len()) {
            let centres = sums.chunks_exact_mut(dimensions).zip(&counts).enumerate();
            for (at, (centre, count)) in centres.filter(|(_, (_, count))| **count > 0) {
                centre.iter_mut().for_each(|value| *value /= *count as f32);
                let length = Kernels::detect().norm_squared(centre);
                self.layout.encode(centre, length, (&mut *codes, &mut *headers), at);
            }
        }
    }

    fn nearest(&self, image: &CodedImage) -> usize {
        let (mut nearest, mut least) = (0, f32::INFINITY);
        self.centres().distances_of_range(Kernels::detect(), image, 0..self.count, |first, distances| {
            for (cluster, distance) in (first..).zip(distances) {
                if *distance < least {
                    (nearest, least) = (cluster, *distance);
                }
            }
        });
        nearest
    }

    /// Assigns every row; those without a code to any.
    fn assign(&mut self, codes: &NodeCodes<'_>, rows: u32, workers: &dyn Workers) {
        let mut assigned = vec![0; Clusters::assigned_bytes(rows as usize, self.count as usize)];
        let parts = (0..).step_by(ASSIGNED_ROWS).zip(assigned.as_chunks_mut().0.chunks_mut(ASSIGNED_ROWS));
        let parts = Mutex::new(parts);
        workers.run(&|| {
            let mut image = CodedImage::default();
            while let Some((first, clusters)) = { lock(&parts).next() } {
                for (row, cluster) in (first..).zip(clusters) {
                    image.set_row(row, codes);
                    *cluster = (self.nearest(&image) as u16).to_le_bytes();
                }
            }
        });
        self.assigned = assigned;
    }
}

#[cfg(test)]
mod tests;
