//! Faults on demand for the in-memory stores.

use std::io;
use std::sync::Arc;

use parking_lot::{Condvar, Mutex};

/// Controls when the in-memory stores fail or wait.
///
/// Clones share one state. Give the same `Faults` to a [`MemoryKv`](crate::kv::MemoryKv) and a
/// [`MemoryBlobStore`](crate::blob::MemoryBlobStore) to count their steps in one order and to cut the
/// power of both at the same step.
///
/// A *step* is one write or one sync. A durable key-value write and a finished blob take two steps,
/// the write and then the sync; a buffered write and a blob's deletion take one.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    writes: u64,
    syncs: u64,
    fail_write: Option<u64>,
    fail_sync: Option<u64>,
    power_off: Option<u64>,
    holders: usize,
    held: usize,
}

impl Faults {
    /// No faults yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Fails the `nth` write from now (1 is the next one): nothing of it is stored.
    pub fn fail_write(&self, nth: u64) {
        let mut state = self.shared.state.lock();
        state.fail_write = Some(state.writes + nth);
    }

    /// Fails the `nth` sync from now (1 is the next one): whether its write is on disk is unknown.
    pub fn fail_sync(&self, nth: u64) {
        let mut state = self.shared.state.lock();
        state.fail_sync = Some(state.syncs + nth);
    }

    /// Fails the `nth` step from now (1 is the next one) and every step after it.
    pub fn power_off(&self, nth: u64) {
        let mut state = self.shared.state.lock();
        state.power_off = Some(state.writes + state.syncs + nth);
    }

    /// Writes so far, failed ones included.
    pub fn writes(&self) -> u64 {
        self.shared.state.lock().writes
    }

    /// Syncs so far, failed ones included.
    pub fn syncs(&self) -> u64 {
        self.shared.state.lock().syncs
    }

    /// Writes and syncs so far: after a whole run, the count of points at which power can fail.
    pub fn steps(&self) -> u64 {
        let state = self.shared.state.lock();
        state.writes + state.syncs
    }

    /// Makes every write wait until the returned guard is dropped.
    #[must_use = "writes go on as soon as the guard is dropped"]
    pub fn hold_writes(&self) -> HeldWrites {
        self.shared.state.lock().holders += 1;
        HeldWrites { faults: self.clone() }
    }

    /// Called by a store before it stores bytes.
    pub(crate) fn write(&self) -> io::Result<()> {
        let mut state = self.shared.state.lock();
        state.held += 1;
        self.shared.changed.notify_all();
        while state.holders > 0 {
            self.shared.changed.wait(&mut state);
        }
        state.held -= 1;
        let is_off = state.is_off();
        state.writes += 1;
        if is_off || state.fail_write == Some(state.writes) {
            return Err(io::Error::other("injected write failure"));
        }
        Ok(())
    }

    /// Called by a store before it makes bytes durable.
    pub(crate) fn sync(&self) -> io::Result<()> {
        let mut state = self.shared.state.lock();
        let is_off = state.is_off();
        state.syncs += 1;
        if is_off || state.fail_sync == Some(state.syncs) {
            return Err(io::Error::other("injected sync failure"));
        }
        Ok(())
    }
}

impl State {
    /// Whether the step that comes now has no power.
    fn is_off(&self) -> bool {
        self.power_off.is_some_and(|step| self.writes + self.syncs + 1 >= step)
    }
}

/// Makes writes wait while it lives; see [`Faults::hold_writes`].
#[derive(Debug)]
pub struct HeldWrites {
    faults: Faults,
}

impl HeldWrites {
    /// Blocks until at least `count` writes are waiting.
    pub fn wait_for(&self, count: usize) {
        let mut state = self.faults.shared.state.lock();
        while state.held < count {
            self.faults.shared.changed.wait(&mut state);
        }
    }
}

impl Drop for HeldWrites {
    fn drop(&mut self) {
        self.faults.shared.state.lock().holders -= 1;
        self.faults.shared.changed.notify_all();
    }
}
