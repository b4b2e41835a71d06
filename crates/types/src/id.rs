//! Identifiers: one type per meaning, so that two of them cannot be swapped.

use std::fmt;

use uuid::Uuid;

/// The id of a collection, unique over all tenants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CollectionId(pub Uuid);

impl CollectionId {
    /// The id as 16 bytes, in the order of its text.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for CollectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The internal number of a record within its collection.
///
/// It is given at the record's first insertion and kept through updates, so ascending `DocId`s are
/// insertion order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct DocId(pub u32);

impl DocId {
    /// The next number, or `None` when a collection has used all of them.
    pub const fn next(self) -> Option<Self> {
        match self.0.checked_add(1) {
            Some(next) => Some(Self(next)),
            None => None,
        }
    }
}

/// The position of a write in its collection's log; one number per request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct SeqNo(pub u64);

impl SeqNo {
    /// The next position.
    ///
    /// A collection that took a write every nanosecond would reach the last one after 500 years.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}
