//! Which nodes a walk has seen.

/// A set of node numbers that is emptied in time that depends on what was put into it.
#[derive(Debug, Default)]
pub(super) struct Visited {
    words: Vec<u64>,
    touched: Vec<u32>,
}

impl Visited {
    /// Empties the set and makes it take nodes below `nodes`.
    pub(super) fn reset(&mut self, nodes: u32) {
        let words = (nodes as usize).div_ceil(64);
        if self.touched.len() * 4 < self.words.len() {
            for word in self.touched.drain(..) {
                self.words[word as usize] = 0;
            }
        } else {
            self.words.fill(0);
            self.touched.clear();
        }
        self.words.resize(words, 0);
    }

    /// Adds a node; whether it was not there yet.
    #[inline]
    pub(super) fn insert(&mut self, node: u32) -> bool {
        let word = &mut self.words[node as usize / 64];
        let bit = 1 << (node % 64);
        if *word & bit != 0 {
            return false;
        }
        if *word == 0 {
            self.touched.push(node / 64);
        }
        *word |= bit;
        true
    }
}
