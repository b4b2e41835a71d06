//! The rows that a search may return, in a form that a walk can ask about.

use crate::vector::Scope;

/// A dense set of rows.
#[derive(Debug, Default)]
pub(super) struct Passing {
    words: Vec<u64>,
    count: u64,
}

impl Passing {
    /// Becomes the set of the rows that `scope` selects in a block of `rows` rows.
    pub(super) fn set(&mut self, scope: &Scope<'_>, rows: u32) {
        self.words.clear();
        self.words.resize((rows as usize).div_ceil(64), 0);
        self.count = 0;
        for run in scope.runs(rows, u32::MAX) {
            self.count += run.len() as u64;
            let (first, last) = (run.start as usize / 64, (run.end - 1) as usize / 64);
            let (from, to) = (u64::MAX << (run.start % 64), u64::MAX >> (63 - (run.end - 1) % 64));
            if first == last {
                self.words[first] |= from & to;
                continue;
            }
            self.words[first] |= from;
            self.words[first + 1..last].fill(u64::MAX);
            self.words[last] |= to;
        }
    }

    #[inline]
    pub(super) fn contains(&self, row: u32) -> bool {
        self.words[row as usize / 64] >> (row % 64) & 1 == 1
    }

    /// How many rows there are.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The rows, ascending.
    pub(super) fn rows(&self) -> impl Iterator<Item = u32> {
        self.words.iter().enumerate().flat_map(|(at, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros())?;
                left &= left - 1;
                Some(at as u32 * 64 + bit)
            })
        })
    }

    /// About `count` rows from all over the set.
    pub(super) fn sample(&self, count: usize) -> impl Iterator<Item = u32> {
        let words = self.words.len().div_ceil(count.max(1)).max(1);
        self.words.chunks(words).enumerate().filter_map(move |(chunk, part)| {
            let at = part.iter().position(|word| *word != 0)?;
            Some(((chunk * words + at) * 64) as u32 + part[at].trailing_zeros())
        })
    }
}

#[cfg(test)]
mod tests;
