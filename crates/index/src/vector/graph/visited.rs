//! Which nodes a walk has seen.

/// A set of node numbers that is emptied in time that depends on what was put into it.
///
/// Whether a node is new is as good as random, so nothing here branches on it.
#[derive(Debug, Default)]
pub(super) struct Visited {
    words: Vec<u64>,
    /// The words that are not zero, before `touched_count`.
    touched: Vec<u32>,
    touched_count: usize,
}

impl Visited {
    /// Empties the set and makes it take nodes below `nodes`.
    pub(super) fn reset(&mut self, nodes: u32) {
        if self.touched_count * 4 < self.words.len() {
            for word in &self.touched[..self.touched_count] {
                self.words[*word as usize] = 0;
            }
        } else {
            self.words.fill(0);
        }
        self.touched_count = 0;
        let words = (nodes as usize).div_ceil(64);
        self.words.resize(words, 0);
        // One place more is written to, and not counted, when every word is touched.
        self.touched.resize(words + 1, 0);
    }

    /// Adds a node; whether it was not there yet.
    #[inline]
    pub(super) fn insert(&mut self, node: u32) -> bool {
        let word = &mut self.words[node as usize / 64];
        let bit = 1 << (node % 64);
        self.touched[self.touched_count] = node / 64;
        self.touched_count += usize::from(*word == 0);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
}
