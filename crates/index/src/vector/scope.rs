//! Which rows of a block a search looks at, and how many it is to find.

use std::collections::VecDeque;
use std::ops::{Range, RangeInclusive};

use roaring::RoaringBitmap;
use roaring::bitmap::Iter;

use crate::topk::SharedBound;

/// How many runs before its turn a run is announced.
const RUNS_AHEAD: usize = 8;

/// Which rows are searched, and how many are wanted.
#[derive(Debug, Clone)]
pub struct Scope<'a> {
    /// The number of neighbours wanted; any number, however far above that of the rows.
    pub k: usize,
    /// The rows searched. The part behind the block's last row is ignored.
    pub rows: Range<u32>,
    /// If given, only these rows (a filter's matches).
    pub allowed: Option<&'a RoaringBitmap>,
    /// If given, none of these rows (tombstones).
    pub excluded: Option<&'a RoaringBitmap>,
    /// What searches of other rows for the same query and k found out, if there are any.
    pub bound: Option<&'a SharedBound>,
}

impl<'a> Scope<'a> {
    /// The k nearest of all rows.
    pub fn all(k: usize) -> Self {
        Self { k, rows: 0..u32::MAX, allowed: None, excluded: None, bound: None }
    }

    /// The selected rows of a block of `block_rows` rows, ascending, in ranges of at most `run_rows_max`.
    pub(crate) fn runs(&self, block_rows: u32, run_rows_max: u32) -> Runs<'a> {
        let rows = self.rows.start.min(block_rows)..self.rows.end.min(block_rows);
        let none = rows.is_empty();
        let within =
            |bitmap: &'a RoaringBitmap| if none { bitmap.range(0..0) } else { bitmap.range(rows.clone()) };
        let mut excluded = self.excluded.map(within);
        let next_excluded = excluded.as_mut().and_then(Iter::next_range);
        let allowed = match self.allowed {
            Some(bitmap) => Allowed::Bitmap(within(bitmap)),
            None => Allowed::All(Some(rows.clone()).filter(|_| !none)),
        };
        Runs { allowed, current: 0..0, excluded, next_excluded, run_rows_max }
    }

    /// Appends the selected rows of a block of `block_rows` rows to `into`, ascending. A bitmap of rows that do not lie
    /// together lists them faster one by one than in ranges.
    pub(crate) fn list(&self, block_rows: u32, into: &mut Vec<u32>) {
        let Some(allowed) = self.allowed else {
            return into.extend(self.runs(block_rows, u32::MAX).flatten());
        };
        let (start, end) = (self.rows.start, self.rows.end.min(block_rows));
        if start < end {
            let is_excluded = |row: &u32| self.excluded.is_some_and(|excluded| excluded.contains(*row));
            into.extend(allowed.range(start..end).filter(|row| !is_excluded(row)));
        }
    }

    /// [`Scope::runs`] with the first row of each told to `announce` some runs before, so that it can be
    /// prefetched: the runs of a sparse filter lie where no hardware looks ahead.
    pub(crate) fn announced_runs<F: Fn(u32)>(
        &self,
        block_rows: u32,
        run_rows_max: u32,
        announce: F,
    ) -> AnnouncedRuns<'a, F> {
        let runs = self.runs(block_rows, run_rows_max);
        AnnouncedRuns { runs, announce, announced: VecDeque::with_capacity(RUNS_AHEAD) }
    }

    /// Whether a row is among those selected.
    pub(crate) fn selects(&self, row: u32) -> bool {
        self.rows.contains(&row)
            && self.allowed.is_none_or(|allowed| allowed.contains(row))
            && self.excluded.is_none_or(|excluded| !excluded.contains(row))
    }

    /// At most as many rows as are selected in a block of `block_rows` rows, found out in little time.
    pub(crate) fn rows_max(&self, block_rows: u32) -> u64 {
        let range = u64::from(self.rows.end.min(block_rows).saturating_sub(self.rows.start));
        self.allowed.map_or(range, |allowed| range.min(allowed.len()))
    }
}

enum Allowed<'a> {
    /// Every row of the range, which is handed out once.
    All(Option<Range<u32>>),
    Bitmap(Iter<'a>),
}

impl Allowed<'_> {
    fn next_range(&mut self) -> Option<Range<u32>> {
        match self {
            Self::All(rows) => rows.take(),
            Self::Bitmap(rows) => rows.next_range().map(half_open),
        }
    }
}

/// A block has fewer than 2^32 rows, so no row number is the largest `u32`.
fn half_open(rows: RangeInclusive<u32>) -> Range<u32> {
    *rows.start()..rows.end().saturating_add(1)
}

/// Iterator over the ranges of selected rows.
pub(crate) struct Runs<'a> {
    allowed: Allowed<'a>,
    /// What is left of the range of allowed rows at hand.
    current: Range<u32>,
    excluded: Option<Iter<'a>>,
    /// The first range of excluded rows that may reach into `current`.
    next_excluded: Option<RangeInclusive<u32>>,
    run_rows_max: u32,
}

impl Iterator for Runs<'_> {
    type Item = Range<u32>;

    fn next(&mut self) -> Option<Range<u32>> {
        loop {
            if self.current.is_empty() {
                self.current = self.allowed.next_range()?;
            }
            let Range { start, end } = self.current;
            let next_excluded = self.next_excluded.clone().map(half_open);
            let end = match next_excluded {
                Some(excluded) if excluded.end <= start => {
                    self.next_excluded = self.excluded.as_mut().and_then(Iter::next_range);
                    continue;
                }
                Some(excluded) if excluded.start <= start => {
                    self.current.start = end.min(excluded.end);
                    continue;
                }
                Some(excluded) => end.min(excluded.start),
                None => end,
            };
            let run = start..end.min(start.saturating_add(self.run_rows_max));
            self.current.start = run.end;
            return Some(run);
        }
    }
}

/// Iterator over the ranges of selected rows that looks ahead.
pub(crate) struct AnnouncedRuns<'a, F> {
    runs: Runs<'a>,
    announce: F,
    announced: VecDeque<Range<u32>>,
}

impl<F: Fn(u32)> Iterator for AnnouncedRuns<'_, F> {
    type Item = Range<u32>;

    fn next(&mut self) -> Option<Range<u32>> {
        while self.announced.len() < RUNS_AHEAD
            && let Some(run) = self.runs.next()
        {
            (self.announce)(run.start);
            self.announced.push_back(run);
        }
        self.announced.pop_front()
    }
}

#[cfg(test)]
mod tests;
