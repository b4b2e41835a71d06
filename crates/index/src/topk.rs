//! The k nearest of a stream of rows, and the bound that lets a search skip the others.
//!
//! Neighbours are ordered by distance, then by row. Distances are ordered as [`f32::total_cmp`] does after
//! -0 is made 0 and every not-a-number the same one, which comes last. So the result never depends on the
//! order in which rows were pushed, and ranges of rows searched apart can be merged.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

/// A row and its distance to the query.
#[derive(Debug, Clone, Copy)]
pub struct Neighbour {
    /// Distance to the query, smaller is closer. Never -0, and no not-a-number but [`f32::NAN`].
    pub distance: f32,
    /// The row's number in its block, or whatever number the caller breaks ties with.
    pub row: u32,
}

impl Neighbour {
    /// A neighbour with the distance in its normal form.
    #[inline]
    pub fn new(row: u32, distance: f32) -> Self {
        // Adding zero turns -0 into 0 and changes nothing else.
        Self { row, distance: if distance.is_nan() { f32::NAN } else { distance + 0.0 } }
    }
}

impl Ord for Neighbour {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        self.distance.total_cmp(&other.distance).then(self.row.cmp(&other.row))
    }
}

impl PartialOrd for Neighbour {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Neighbour {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Neighbour {}

/// Collects the k nearest of the rows pushed to it.
///
/// Its memory grows with the rows it holds, not with k, which may exceed the number of rows by any factor.
#[derive(Debug, Clone)]
pub struct TopK {
    k: usize,
    /// The farthest neighbour is on top.
    heap: BinaryHeap<Neighbour>,
}

impl TopK {
    /// An empty collector of at most `k` neighbours.
    pub fn new(k: usize) -> Self {
        Self { k, heap: BinaryHeap::new() }
    }

    /// Offers one row; returns whether it is among the k nearest so far.
    #[inline]
    pub fn push(&mut self, row: u32, distance: f32) -> bool {
        let neighbour = Neighbour::new(row, distance);
        if self.heap.len() < self.k {
            self.heap.push(neighbour);
            return true;
        }
        match self.heap.peek_mut() {
            Some(mut farthest) if neighbour < *farthest => {
                *farthest = neighbour;
                true
            }
            _ => false,
        }
    }

    /// Offers rows that follow each other, the first of which is `first_row`.
    pub fn push_run(&mut self, first_row: u32, distances: &[f32]) {
        let mut bound = self.bound();
        for (row, distance) in (first_row..).zip(distances) {
            // False for a not-a-number on either side: those are decided by `push`.
            if *distance > bound {
                continue;
            }
            if self.push(row, *distance) {
                bound = self.bound();
            }
        }
    }

    /// The distance above which no row can be among the k nearest any more: that of the k-th nearest so
    /// far, or not-a-number while there are fewer than k.
    #[inline]
    pub fn bound(&self) -> f32 {
        if self.heap.len() < self.k {
            return f32::NAN;
        }
        self.heap.peek().map_or(f32::NEG_INFINITY, |farthest| farthest.distance)
    }

    /// The number of neighbours collected so far, at most k.
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether nothing has been collected.
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// The neighbours, nearest first.
    pub fn into_sorted(self) -> Vec<Neighbour> {
        self.heap.into_sorted_vec()
    }
}

/// A bound on the k-th nearest distance that searches of several ranges of rows share.
///
/// Each search lowers it to the k-th nearest distance of its own range, which can only be larger than that
/// of all ranges together, and skips rows whose distance is greater. Rows at exactly this distance are
/// kept, since ties are broken by row. Use a new one for every query and every k.
#[derive(Debug)]
pub struct SharedBound {
    /// The distance's bits, mapped so that they compare as `f32::total_cmp` does.
    key: AtomicI32,
}

impl SharedBound {
    /// A bound that excludes nothing yet.
    pub fn new() -> Self {
        Self { key: AtomicI32::new(key_from(f32::NAN)) }
    }

    /// Lowers the bound to `distance` if it is below; not-a-number changes nothing.
    #[inline]
    pub fn lower(&self, distance: f32) {
        if !distance.is_nan() {
            // Relaxed: the number itself is all that is shared, and an old one only costs time.
            self.key.fetch_min(key_from(distance), Relaxed);
        }
    }

    /// The bound; not-a-number while it excludes nothing.
    #[inline]
    pub fn load(&self) -> f32 {
        let key = self.key.load(Relaxed);
        f32::from_bits((key ^ (((key >> 31) as u32) >> 1) as i32) as u32)
    }
}

impl Default for SharedBound {
    fn default() -> Self {
        Self::new()
    }
}

/// The order-preserving map that `f32::total_cmp` uses; it is its own inverse on the sign bit's side.
#[inline]
fn key_from(distance: f32) -> i32 {
    let bits = distance.to_bits() as i32;
    bits ^ (((bits >> 31) as u32) >> 1) as i32
}

#[cfg(test)]
mod tests;
