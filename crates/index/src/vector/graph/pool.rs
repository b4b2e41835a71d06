//! The candidates of a walk: a sorted array of bounded length.
//!
//! An entry is one integer, so that one comparison orders it: the distance in the upper half, mapped to
//! integers of the same order, then the node, then whether its links were followed. For the some hundred
//! candidates of a walk, shifting an array beats every heap.

use super::width::Width;

/// Nodes are numbered below this, since an entry has 31 bits for them.
pub(super) const NODES_MAX: u32 = 1 << 31;

const FOLLOWED: u64 = 1;

/// So few entries are shifted one by one while the place is looked for, which is faster than to look first and then
/// to call what moves memory.
const SHIFTED_ONE_BY_ONE_MAX: usize = 32;

/// The nearest nodes found so far.
#[derive(Debug, Default)]
pub(super) struct Pool {
    entries: Vec<u64>,
    width: Width,
    /// No entry from this one on is kept.
    bound: u64,
    /// No entry before this one is left to follow.
    cursor: usize,
}

impl Pool {
    /// Empties the pool and makes it keep what `width` says.
    pub(super) fn reset(&mut self, width: Width) {
        self.entries.clear();
        self.entries.reserve(width.least);
        self.width = width;
        self.bound = u64::MAX;
        self.cursor = 0;
    }

    /// Offers some nodes with their distances; calls `with` for those that are kept at first.
    #[inline]
    pub(super) fn offer(&mut self, nodes: &[u32], distances: &[f32], mut with: impl FnMut(u32)) {
        for (node, distance) in nodes.iter().zip(distances) {
            let entry = (u64::from(ordered(*distance)) << 32) | (u64::from(*node) << 1);
            if entry < self.bound {
                self.entries.push(entry);
                self.cursor = self.cursor.min(place(&mut self.entries, entry));
                with(*node);
            }
        }
        self.settle();
    }

    /// Finds the bound for the nodes that there are, and gives up those beyond it.
    #[inline]
    fn settle(&mut self) {
        let Width { least, rank, reach, most } = self.width;
        if self.entries.len() < least {
            return;
        }
        self.entries.truncate(most);
        // Every entry of that distance is below the first of the next.
        let reached = (u64::from(ordered(reach * distance(self.entries[rank - 1]).max(0.0))) + 1) << 32;
        let kept = reached.max(after(self.entries[least - 1]));
        let last = self.entries.len() - 1;
        self.bound = if last + 1 == most { kept.min(after(self.entries[last])) } else { kept };
        let beyond = self.entries[least..].iter().rev().take_while(|entry| **entry >= self.bound).count();
        self.entries.truncate(last + 1 - beyond);
    }

    /// The nearest node whose links were not followed, which counts as followed from now on.
    #[inline]
    pub(super) fn next(&mut self) -> Option<u32> {
        while let Some(entry) = self.entries.get_mut(self.cursor) {
            self.cursor += 1;
            if *entry & FOLLOWED == 0 {
                *entry |= FOLLOWED;
                return Some(node(*entry));
            }
        }
        None
    }

    /// How many of the nearest nodes in a row were followed.
    #[inline]
    pub(super) fn followed(&self) -> usize {
        self.cursor
    }

    /// The distance beyond which no node gets into the pool.
    #[inline]
    pub(super) fn farthest(&self) -> f32 {
        if self.bound == u64::MAX { f32::INFINITY } else { distance(self.bound) }
    }

    /// How many nodes the pool holds.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The nodes and their distances, nearest first.
    pub(super) fn nearest(&self) -> impl ExactSizeIterator<Item = (u32, f32)> {
        self.entries.iter().map(|entry| (node(*entry), distance(*entry)))
    }
}

/// The least entry behind this one.
#[inline]
fn after(entry: u64) -> u64 {
    (entry | FOLLOWED) + 1
}

/// Puts `entry` into its place among sorted entries, of which the last is given up; returns where that is.
#[inline]
fn place(entries: &mut [u64], entry: u64) -> usize {
    let mut at = entries.len().saturating_sub(1);
    if at > SHIFTED_ONE_BY_ONE_MAX {
        let sorted = &entries[..at];
        let to = sorted.partition_point(|other| *other < entry);
        entries.copy_within(to..at, to + 1);
        at = to;
    } else {
        while at > 0 && entries[at - 1] > entry {
            entries[at] = entries[at - 1];
            at -= 1;
        }
    }
    entries[at] = entry;
    at
}

fn node(entry: u64) -> u32 {
    (entry as u32) >> 1
}

/// Integers in the order of the floats.
#[inline]
fn ordered(distance: f32) -> u32 {
    let bits = distance.to_bits();
    bits ^ (((bits as i32 >> 31) as u32) | (1 << 31))
}

fn distance(entry: u64) -> f32 {
    let ordered = (entry >> 32) as u32;
    f32::from_bits(if ordered >> 31 == 1 { ordered ^ (1 << 31) } else { !ordered })
}

#[cfg(test)]
mod tests;
