//! A [`Kv`] in memory that fails and loses power on demand.

use std::collections::BTreeMap;
use std::io;
use std::ops::Bound;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;

use super::{Durability, Entries, Keys, Kv, KvError, WriteBatch};
use crate::faults::Faults;

type Map = BTreeMap<Bytes, Bytes>;

/// A [`Kv`] in memory for tests.
///
/// It keeps apart what readers see and what a power loss leaves: [`MemoryKv::crash`] returns the
/// latter as a new store.
#[derive(Debug, Default)]
pub struct MemoryKv {
    state: Mutex<State>,
    faults: Faults,
}

#[derive(Debug, Default)]
struct State {
    visible: Map,
    durable: Map,
    /// Batches on the way to the disk since the last sync, oldest first.
    unsynced: Vec<WriteBatch>,
    is_poisoned: bool,
    is_closed: bool,
}

impl MemoryKv {
    /// An empty store without faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty store that fails as `faults` says.
    pub fn with_faults(faults: Faults) -> Self {
        Self { state: Mutex::default(), faults }
    }

    /// The switch for this store's faults.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// What a power loss leaves now at the least: the synced batches. The new store has no faults.
    #[must_use]
    pub fn crash(&self) -> MemoryKv {
        self.crash_keeping(0)
    }

    /// What a power loss leaves if the disk also took the first `count` unsynced batches.
    #[must_use]
    pub fn crash_keeping(&self, count: usize) -> MemoryKv {
        let state = self.state.lock();
        let mut kept = state.durable.clone();
        for batch in state.unsynced.iter().take(count) {
            apply(&mut kept, batch.clone());
        }
        let state = State { visible: kept.clone(), durable: kept, ..State::default() };
        MemoryKv { state: Mutex::new(state), faults: Faults::new() }
    }

    /// Count of batches that a power loss may take: those since the last sync, failed ones included.
    pub fn unsynced(&self) -> usize {
        self.state.lock().unsynced.len()
    }

    fn range(&self, prefix: &[u8]) -> Result<Vec<(Bytes, Bytes)>, KvError> {
        let state = self.state.lock();
        if state.is_closed {
            return Err(KvError::Closed);
        }
        let from = (Bound::Included(prefix), Bound::Unbounded);
        let entries = state.visible.range::<[u8], _>(from).take_while(|(key, _)| key.starts_with(prefix));
        Ok(entries.map(|(key, value)| (key.clone(), value.clone())).collect())
    }
}

impl Kv for MemoryKv {
    fn write(&self, batch: WriteBatch, durability: Durability) -> Result<(), KvError> {
        batch.check()?;
        // The step comes before the lock so that readers go on while a test holds writes back.
        let written = self.faults.write();
        let mut state = self.state.lock();
        if state.is_closed {
            return Err(KvError::Closed);
        }
        if state.is_poisoned {
            return Err(KvError::Poisoned);
        }
        if let Err(error) = written {
            state.is_poisoned = true;
            return Err(failed("write", error));
        }
        if !batch.is_empty() {
            state.unsynced.push(batch.clone());
        }
        if durability == Durability::Synced {
            if let Err(error) = self.faults.sync() {
                state.is_poisoned = true;
                return Err(failed("write", error));
            }
            let State { durable, unsynced, .. } = &mut *state;
            unsynced.drain(..).for_each(|batch| apply(durable, batch));
        }
        apply(&mut state.visible, batch);
        Ok(())
    }

    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, KvError> {
        let state = self.state.lock();
        if state.is_closed {
            return Err(KvError::Closed);
        }
        Ok(state.visible.get(key).cloned())
    }

    fn scan(&self, prefix: &[u8]) -> Result<Entries<'_>, KvError> {
        Ok(Box::new(self.range(prefix)?.into_iter().map(Ok)))
    }

    fn scan_keys(&self, prefix: &[u8]) -> Result<Keys<'_>, KvError> {
        Ok(Box::new(self.range(prefix)?.into_iter().map(|(key, _)| Ok(key))))
    }

    fn disk_bytes(&self) -> u64 {
        let state = self.state.lock();
        if state.is_closed {
            return 0;
        }
        state.visible.iter().map(|(key, value)| (key.len() + value.len()) as u64).sum()
    }

    fn close(&self) -> Result<(), KvError> {
        let mut state = self.state.lock();
        if state.is_closed {
            return Ok(());
        }
        state.is_closed = true;
        if !state.is_poisoned && !state.unsynced.is_empty() {
            self.faults.sync().map_err(|error| failed("close", error))?;
            let State { durable, unsynced, .. } = &mut *state;
            unsynced.drain(..).for_each(|batch| apply(durable, batch));
        }
        Ok(())
    }
}

fn apply(map: &mut Map, batch: WriteBatch) {
    for operation in batch.into_operations() {
        match operation.value {
            Some(value) => map.insert(operation.key.into(), value),
            None => map.remove(operation.key.as_slice()),
        };
    }
}

fn failed(operation: &'static str, error: io::Error) -> KvError {
    KvError::Io { operation, path: PathBuf::from("memory"), source: Arc::new(error) }
}
