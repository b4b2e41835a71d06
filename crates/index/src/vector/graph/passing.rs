//! The rows that a search may return, in a form that a walk can ask about.

use std::ops::Range;

use roaring::RoaringBitmap;

use super::containers::{Container, for_each};
use crate::vector::Scope;

/// Words of the rows that one container of a bitmap may hold.
const CONTAINER_WORDS: usize = 1_024;

/// A dense set of rows.
#[derive(Debug, Default)]
pub(super) struct Passing {
    words: Vec<u64>,
    count: u64,
    /// Of a bitmap being read.
    bytes: Vec<u8>,
}

impl Passing {
    /// Becomes the set of the rows that `scope` selects in a block of `rows` rows.
    pub(super) fn set(&mut self, scope: &Scope<'_>, rows: u32) {
        self.words.clear();
        let start = if scope.allowed.is_some() { 0 } else { u64::MAX };
        self.words.resize((rows as usize).div_ceil(64), start);
        if let Some(allowed) = scope.allowed {
            self.combine(allowed, |word, bits| *word |= bits);
        }
        if let Some(excluded) = scope.excluded.filter(|excluded| !excluded.is_empty()) {
            self.combine(excluded, |word, bits| *word &= !bits);
        }
        let within = scope.rows.start.min(rows)..scope.rows.end.min(rows);
        clear(&mut self.words, 0..within.start);
        clear(&mut self.words, within.end.max(within.start)..rows.next_multiple_of(64));
        self.count = self.words.iter().map(|word| u64::from(word.count_ones())).sum();
    }

    /// Combines every word of the set with the bits that `rows` has there, if it has any.
    fn combine(&mut self, rows: &RoaringBitmap, combine: impl Fn(&mut u64, u64)) {
        let Self { words, bytes, .. } = self;
        for_each(rows, bytes, |key, container| {
            let Some(words) = words.get_mut(usize::from(key) * CONTAINER_WORDS..) else { return };
            match container {
                Container::Values(values) => values.iter().for_each(|value| {
                    let value = u16::from_le_bytes(*value);
                    let word = words.get_mut(usize::from(value) / 64);
                    word.into_iter().for_each(|word| combine(word, 1 << (value % 64)));
                }),
                Container::Words(all) => {
                    let words = words.iter_mut().zip(all);
                    words.for_each(|(word, bits)| combine(word, u64::from_le_bytes(*bits)));
                }
                Container::Runs(runs) => runs.iter().for_each(|[first, more, length, length_more]| {
                    let first = u32::from(u16::from_le_bytes([*first, *more]));
                    let length = u32::from(u16::from_le_bytes([*length, *length_more])) + 1;
                    for_each_word(words, first..first + length, &combine);
                }),
            }
        });
    }

    #[inline]
    pub(super) fn contains(&self, row: u32) -> bool {
        self.words[row as usize / 64] >> (row % 64) & 1 == 1
    }

    /// How many rows there are.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Writes the rows, ascending, into `rows`.
    ///
    /// Where a tenth of the rows pass, how many of a word do is as good as random, and a loop over them would often be
    /// predicted wrong. So some places are written for every word, and those that are too many are written again.
    pub(super) fn list(&self, rows: &mut Vec<u32>) {
        const AT_ONCE: usize = 4;
        rows.clear();
        rows.resize(self.count as usize + 2 * AT_ONCE, 0);
        let (mut first, mut at) = (0, 0);
        for word in &self.words {
            let (mut left, count) = (*word, word.count_ones() as usize);
            let mut write = |places: Range<usize>| {
                for place in &mut rows[places] {
                    *place = first + left.trailing_zeros();
                    left &= left.wrapping_sub(1);
                }
            };
            if count > 0 {
                write(at..at + AT_ONCE);
            }
            if count > AT_ONCE {
                write(at + AT_ONCE..at + 2 * AT_ONCE);
            }
            if count > 2 * AT_ONCE {
                write(at + 2 * AT_ONCE..at + count);
            }
            at += count;
            first += 64;
        }
        rows.truncate(at);
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

fn clear(words: &mut [u64], rows: Range<u32>) {
    for_each_word(words, rows, |word, bits| *word &= !bits);
}

/// Calls `with` for every word that has some of `rows`, with the bits of these; rows behind the last word are none.
fn for_each_word(words: &mut [u64], rows: Range<u32>, with: impl Fn(&mut u64, u64)) {
    let Some(last) = rows.end.checked_sub(1).filter(|_| !rows.is_empty()) else { return };
    let first_word = rows.start as usize / 64;
    let last_word = last as usize / 64;
    for at in first_word..words.len().min(last_word + 1) {
        let from = if at == first_word { u64::MAX << (rows.start % 64) } else { u64::MAX };
        let to = if at == last_word { u64::MAX >> (63 - last % 64) } else { u64::MAX };
        with(&mut words[at], from & to);
    }
}

#[cfg(test)]
mod tests;
