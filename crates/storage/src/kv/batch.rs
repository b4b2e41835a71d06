//! Changes that become visible and durable together.

use std::collections::HashSet;

use bytes::Bytes;

use super::{KEY_BYTES_MAX, KvError, VALUE_BYTES_MAX};

/// Ordered puts and deletes; a later one of the same key wins.
#[derive(Default, Clone, Debug, PartialEq, Eq)]
pub struct WriteBatch {
    operations: Vec<Operation>,
    bytes: usize,
}

/// One change of a [`WriteBatch`]: a put, or a delete if there is no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) key: Vec<u8>,
    pub(crate) value: Option<Bytes>,
}

impl WriteBatch {
    /// A batch without changes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `key` to `value`.
    pub fn put(&mut self, key: impl Into<Vec<u8>>, value: impl Into<Bytes>) {
        self.push(Operation { key: key.into(), value: Some(value.into()) });
    }

    /// Removes `key`; a missing key is no error.
    pub fn delete(&mut self, key: impl Into<Vec<u8>>) {
        self.push(Operation { key: key.into(), value: None });
    }

    /// Whether there are no changes.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// Count of puts and deletes.
    pub fn len(&self) -> usize {
        self.operations.len()
    }

    /// Bytes of all keys and values.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds the changes of `other` after those of `self`.
    pub fn append(&mut self, other: WriteBatch) {
        self.bytes += other.bytes;
        if self.operations.is_empty() {
            self.operations = other.operations;
        } else {
            self.operations.extend(other.operations);
        }
    }

    /// The changes in order: key and new value, or `None` for a delete.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], Option<&Bytes>)> {
        self.operations.iter().map(|operation| (operation.key.as_slice(), operation.value.as_ref()))
    }

    /// Refuses what some adapter could not store, so that all of them take the same batches.
    pub(crate) fn check(&self) -> Result<(), KvError> {
        for Operation { key, value } in &self.operations {
            if key.is_empty() || key.len() > KEY_BYTES_MAX {
                return Err(KvError::InvalidKey { bytes: key.len() });
            }
            if let Some(value) = value
                && value.len() > VALUE_BYTES_MAX
            {
                return Err(KvError::ValueTooLarge { bytes: value.len() });
            }
        }
        Ok(())
    }

    pub(crate) fn into_operations(self) -> Vec<Operation> {
        self.operations
    }

    /// The last change of every key, each key once, in no particular order.
    pub(crate) fn into_last_operations(mut self) -> Vec<Operation> {
        if self.operations.len() > 1 {
            let mut seen: HashSet<&[u8]> = HashSet::with_capacity(self.operations.len());
            let mut is_last: Vec<bool> =
                self.operations.iter().rev().map(|operation| seen.insert(&operation.key)).collect();
            is_last.reverse();
            let mut is_last = is_last.into_iter();
            self.operations.retain(|_| is_last.next().unwrap_or(true));
        }
        self.operations
    }

    fn push(&mut self, operation: Operation) {
        self.bytes += operation.key.len() + operation.value.as_ref().map_or(0, Bytes::len);
        self.operations.push(operation);
    }
}
