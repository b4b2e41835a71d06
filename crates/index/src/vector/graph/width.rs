//! How many nodes a walk keeps.
//!
//! With the same number of nodes for every query a walk does more than enough for most of them and too little for
//! those whose neighbours are hardly nearer than other rows. Distances tell the two apart: what matters is to follow
//! all that is not much farther than the k-th node found so far. So a pool keeps as many nodes as were asked for, and
//! beyond these all within a *reach*, so many times as far as the k-th.
//!
//! The reach is such that the usual query keeps some number of nodes, an easy one fewer and a hard one more. Squared
//! distances to the nearest rows grow with a power of their rank, since the rows around a query fill a space of some
//! dimensions; that power turns a number of nodes into a reach.

use super::calibrate::Calibration;

/// Which nodes a pool keeps.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(super) struct Width {
    /// The nearest so many, however far they are; no fewer than `rank`.
    pub(super) least: usize,
    /// Of the others those that are at most `reach` times as far, in squared distance, as the `rank`-th.
    pub(super) rank: usize,
    pub(super) reach: f32,
    /// But never more than this.
    pub(super) most: usize,
}

/// The reach is measured from no nearer a node than this, since the very first may be almost at the query.
const RANK_MIN: usize = 10;

/// A hard query keeps at most so many times what the usual one keeps.
const MOST_TIMES: usize = 4;

impl Width {
    /// The nearest `count` nodes, at least one.
    pub(super) fn exactly(count: usize) -> Self {
        let count = count.max(1);
        Self { least: count, rank: count, reach: 1.0, most: count }
    }

    /// At least `candidates` nodes for `k` neighbours, and as many more as the query needs.
    pub(super) fn adaptive(candidates: usize, k: usize, calibration: Calibration) -> Self {
        let rank = k.max(RANK_MIN);
        let asked = candidates.max(rank);
        let usual = calibration.usual(asked, rank);
        // Where distances do not tell hard queries from easy ones all keep what the usual one needs.
        let least = if calibration.spread > 0.0 { asked } else { asked.max(usual) };
        Self {
            least,
            rank,
            reach: (usual as f32 / rank as f32).powf(calibration.spread),
            most: least.max(usual).saturating_mul(MOST_TIMES),
        }
    }

    /// How many nodes the usual query keeps of an adaptive width.
    pub(super) fn usual(&self) -> usize {
        self.most / MOST_TIMES
    }
}

#[cfg(test)]
mod tests;
