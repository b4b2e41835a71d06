//! A [`BlobStore`] in memory that fails and loses power on demand.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use parking_lot::Mutex;

use super::contents::AlignedBuffer;
use super::{Blob, BlobError, BlobMeta, BlobName, BlobStore, BlobWriter};
use crate::faults::Faults;

/// A [`BlobStore`] in memory for tests.
///
/// It keeps apart what readers see and what a power loss leaves: [`MemoryBlobStore::crash`] returns
/// the latter as a new store. Deletions are never synced, so a power loss may undo each of them.
#[derive(Debug, Default)]
pub struct MemoryBlobStore {
    state: Arc<Mutex<State>>,
    faults: Faults,
}

#[derive(Debug, Default)]
struct State {
    visible: BTreeMap<BlobName, Blob>,
    durable: BTreeMap<BlobName, Blob>,
    /// Changes that the disk may or may not have taken, oldest first.
    unsynced: Vec<Change>,
    in_flight: BTreeSet<BlobName>,
}

#[derive(Clone, Debug)]
struct Change {
    name: BlobName,
    /// `None` for a deletion.
    blob: Option<Blob>,
}

impl MemoryBlobStore {
    /// An empty store without faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty store that fails as `faults` says.
    pub fn with_faults(faults: Faults) -> Self {
        Self { state: Arc::default(), faults }
    }

    /// The switch for this store's faults.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// What a power loss leaves now if the disk took no change but the synced ones: finished blobs,
    /// and deleted ones too. The new store has no faults.
    #[must_use]
    pub fn crash(&self) -> MemoryBlobStore {
        self.crash_keeping(0)
    }

    /// What a power loss leaves if the disk also took the first `count` unsynced changes.
    #[must_use]
    pub fn crash_keeping(&self, count: usize) -> MemoryBlobStore {
        let state = self.state.lock();
        let mut kept = state.durable.clone();
        for Change { name, blob } in state.unsynced.iter().take(count).cloned() {
            match blob {
                Some(blob) => kept.insert(name, blob),
                None => kept.remove(&name),
            };
        }
        let state = State { visible: kept.clone(), durable: kept, ..State::default() };
        MemoryBlobStore { state: Arc::new(Mutex::new(state)), faults: Faults::new() }
    }

    /// Count of changes that a power loss may take: deletions, and blobs whose sync failed.
    pub fn unsynced(&self) -> usize {
        self.state.lock().unsynced.len()
    }
}

impl BlobStore for MemoryBlobStore {
    fn put(&self, name: &BlobName) -> Result<Box<dyn BlobWriter>, BlobError> {
        let mut state = self.state.lock();
        if state.visible.contains_key(name) || !state.in_flight.insert(name.clone()) {
            return Err(BlobError::Exists { name: name.to_string() });
        }
        Ok(Box::new(MemoryBlobWriter {
            name: name.clone(),
            buffer: Vec::new(),
            state: Arc::clone(&self.state),
            faults: self.faults.clone(),
        }))
    }

    fn open(&self, name: &BlobName) -> Result<Blob, BlobError> {
        let found = self.state.lock().visible.get(name).cloned();
        found.ok_or_else(|| BlobError::NotFound { name: name.to_string() })
    }

    fn delete(&self, name: &BlobName) -> Result<(), BlobError> {
        self.faults.write().map_err(|error| failed("delete", name, error))?;
        let mut state = self.state.lock();
        if state.visible.remove(name).is_some() {
            state.unsynced.push(Change { name: name.clone(), blob: None });
        }
        Ok(())
    }

    fn list(&self) -> Result<Vec<BlobMeta>, BlobError> {
        let state = self.state.lock();
        let meta =
            |(name, blob): (&BlobName, &Blob)| BlobMeta { name: name.clone(), bytes: blob.len() as u64 };
        Ok(state.visible.iter().map(meta).collect())
    }
}

struct MemoryBlobWriter {
    name: BlobName,
    buffer: Vec<u8>,
    state: Arc<Mutex<State>>,
    faults: Faults,
}

impl BlobWriter for MemoryBlobWriter {
    fn write(&mut self, bytes: &[u8]) -> Result<(), BlobError> {
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<u64, BlobError> {
        self.faults.write().map_err(|error| failed("write", &self.name, error))?;
        let mut aligned = AlignedBuffer::with_capacity(self.buffer.len());
        aligned.extend(&self.buffer);
        let blob = aligned.into_blob();
        let bytes = blob.len() as u64;
        let synced = self.faults.sync();
        let mut state = self.state.lock();
        if let Err(error) = synced {
            state.unsynced.push(Change { name: self.name.clone(), blob: Some(blob) });
            return Err(failed("sync", &self.name, error));
        }
        // A deletion of an earlier blob of this name cannot reach the disk any more.
        state.unsynced.retain(|change| change.name != self.name);
        state.durable.insert(self.name.clone(), blob.clone());
        state.visible.insert(self.name.clone(), blob);
        Ok(bytes)
    }
}

impl Drop for MemoryBlobWriter {
    fn drop(&mut self) {
        self.state.lock().in_flight.remove(&self.name);
    }
}

fn failed(operation: &'static str, name: &BlobName, error: io::Error) -> BlobError {
    BlobError::io(operation, name.to_string(), error)
}
