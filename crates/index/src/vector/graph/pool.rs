//! The candidates of a walk: a sorted array of bounded length.
//!
//! An entry is one integer, so that one comparison orders it: the distance in the upper half, mapped to
//! integers of the same order, then the node, then whether its links were followed. For the some hundred
//! candidates of a walk, shifting an array beats every heap.

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
    capacity: usize,
    /// No entry before this one is left to follow.
    cursor: usize,
}

impl Pool {
    /// Empties the pool and makes it hold the `capacity` nearest, at least one.
    pub(super) fn reset(&mut self, capacity: usize) {
        self.entries.clear();
        self.capacity = capacity.max(1);
        self.entries.reserve(self.capacity);
        self.cursor = 0;
    }

    /// Offers a node; whether it is among the nearest so far.
    #[inline]
    pub(super) fn insert(&mut self, node: u32, distance: f32) -> bool {
        let entry = (u64::from(ordered(distance)) << 32) | (u64::from(node) << 1);
        if self.entries.len() == self.capacity {
            if self.entries.last().is_some_and(|last| entry >= *last) {
                return false;
            }
        } else {
            self.entries.push(entry);
        }
        let at = place(&mut self.entries, entry);
        self.cursor = self.cursor.min(at);
        true
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

    /// The distance beyond which no node gets into the pool.
    #[inline]
    pub(super) fn bound(&self) -> f32 {
        let last = self.entries.last().filter(|_| self.entries.len() == self.capacity);
        last.map_or(f32::INFINITY, |last| distance((last >> 32) as u32))
    }

    /// How many nodes the pool holds.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The nodes and their distances, nearest first.
    pub(super) fn nearest(&self) -> impl ExactSizeIterator<Item = (u32, f32)> {
        self.entries.iter().map(|entry| (node(*entry), distance((entry >> 32) as u32)))
    }
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

fn distance(ordered: u32) -> f32 {
    f32::from_bits(if ordered >> 31 == 1 { ordered ^ (1 << 31) } else { !ordered })
}

#[cfg(test)]
mod tests;
