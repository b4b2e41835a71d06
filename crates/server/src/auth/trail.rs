//! What a request did behind the gate, for the audit log and for metrics.

use std::sync::{
    OnceLock,
    atomic::{AtomicBool, Ordering},
};

/// Written by whoever knows, read once the request is answered.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    is_denied: AtomicBool,
    new_collection: OnceLock<String>,
    records: OnceLock<u64>,
}

impl Trail {
    /// The request named something out of its caller's reach.
    pub(crate) fn deny(&self) {
        self.is_denied.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_denied(&self) -> bool {
        self.is_denied.load(Ordering::Relaxed)
    }

    /// A collection of this name is asked for that need not exist.
    pub(crate) fn name_collection(&self, name: &str) {
        let _ = self.new_collection.set(name.to_owned());
    }

    pub(crate) fn new_collection(&self) -> Option<&str> {
        self.new_collection.get().map(String::as_str)
    }

    /// So many records were changed, deleted or given out.
    pub(crate) fn count_records(&self, records: u64) {
        let _ = self.records.set(records);
    }

    pub(crate) fn records(&self) -> Option<u64> {
        self.records.get().copied()
    }
}
