//! Where the time of a call went: phases with their counts, for whoever asked for them.
//!
//! The engine knows no telemetry. A caller that wants to know wraps its call in [`recorded`] and gets
//! plain reports back; for everybody else a phase costs one look at a thread-local flag. Reports go to
//! the thread that runs the call, so signatures stay free of observers.

use std::cell::{Cell, RefCell};
use std::time::Instant;

/// Reports of one call that are kept apart. Further ones are added to the last one of their phase, so
/// that a call with a thousand searches does not make a thousand reports.
const REPORTS_MAX: usize = 64;

/// A part of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// A collection that was not in memory is read from disk.
    Open,
    /// The conditions of a request become sets of rows.
    Filter,
    /// The nearest rows of a segment are found and measured with their full embeddings.
    SearchSegment,
    /// The nearest rows of a memtable are found.
    SearchMemtable,
    /// The fields of the results are loaded.
    Fetch,
    /// A write is compared with what is there.
    Resolve,
    /// The log entry of a write is made and queued for the disk.
    Append,
    /// A write enters the memtable.
    Apply,
}

/// One phase of a call, or several of a kind after each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhaseReport {
    /// Which.
    pub phase: Phase,
    /// When the first of them began.
    pub started: Instant,
    /// When the last of them ended.
    pub ended: Instant,
    /// Times that it happened; above 1 only when there were too many to tell apart.
    pub times: u32,
    /// Rows or records that it looked at.
    pub rows_in: u64,
    /// Rows or records that it gave on.
    pub rows_out: u64,
}

thread_local! {
    static IS_RECORDING: Cell<bool> = const { Cell::new(false) };
    static REPORTS: RefCell<Vec<PhaseReport>> = const { RefCell::new(Vec::new()) };
}

/// Runs `work` and returns the phases that the engine went through on this thread, in the order in
/// which they ended.
pub fn recorded<T>(work: impl FnOnce() -> T) -> (T, Vec<PhaseReport>) {
    /// Also when `work` panics: the thread's next call must not be recorded.
    struct Recording;
    impl Drop for Recording {
        fn drop(&mut self) {
            IS_RECORDING.set(false);
        }
    }
    REPORTS.take();
    IS_RECORDING.set(true);
    let recording = Recording;
    let result = work();
    drop(recording);
    (result, REPORTS.take())
}

/// A phase that has begun. Dropped without [`Running::end`], it is not reported: the call failed.
#[must_use]
pub(crate) struct Running {
    phase: Phase,
    started: Option<Instant>,
}

/// Begins a phase.
pub(crate) fn begin(phase: Phase) -> Running {
    Running { phase, started: IS_RECORDING.get().then(Instant::now) }
}

impl Running {
    /// Ends the phase; the counts are those of [`PhaseReport`].
    pub(crate) fn end(self, rows_in: u64, rows_out: u64) {
        let Some(started) = self.started else { return };
        let report =
            PhaseReport { phase: self.phase, started, ended: Instant::now(), times: 1, rows_in, rows_out };
        REPORTS.with_borrow_mut(|reports| add(reports, report));
    }
}

fn add(reports: &mut Vec<PhaseReport>, new: PhaseReport) {
    let is_full = reports.len() >= REPORTS_MAX;
    let last = reports.iter_mut().rev().find(|report| is_full && report.phase == new.phase);
    match last {
        Some(last) => {
            last.ended = new.ended;
            last.times = last.times.saturating_add(1);
            last.rows_in += new.rows_in;
            last.rows_out += new.rows_out;
        }
        // At most one more per phase.
        None => reports.push(new),
    }
}

#[cfg(test)]
mod tests;
