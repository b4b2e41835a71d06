//! What can go wrong in the engine, named by what happened; the edge turns it into each client's words.

use huedb_index::vector::F16_MAX;
use huedb_storage::blob::BlobError;
use huedb_storage::kv::KvError;
use huedb_storage::lock::LockError;
use huedb_storage::segment::SegmentError;
use thiserror::Error;

use crate::codec::DecodeError;

/// An engine call that was refused or failed. Refused calls changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// No tenant has this name.
    #[error("tenant `{tenant}` not found")]
    TenantNotFound {
        /// The name asked for.
        tenant: String,
    },
    /// A tenant has this name already.
    #[error("tenant `{tenant}` already exists")]
    TenantExists {
        /// The name asked for.
        tenant: String,
    },
    /// A new tenant's name is longer than the store can keep.
    #[error("a tenant name has at most {max} bytes, got {bytes}")]
    NameTooLong {
        /// Length of the name, in bytes.
        bytes: usize,
        /// The longest possible, in bytes.
        max: usize,
    },
    /// The tenant has no database of this name.
    #[error("database `{database}` not found for tenant `{tenant}`")]
    DatabaseNotFound {
        /// The tenant asked for.
        tenant: String,
        /// The name asked for.
        database: String,
    },
    /// The tenant has a database of this name already.
    #[error("database `{database}` already exists for tenant `{tenant}`")]
    DatabaseExists {
        /// The tenant asked for.
        tenant: String,
        /// The name asked for.
        database: String,
    },
    /// The database has no such collection, or it was deleted meanwhile.
    #[error("collection `{collection}` does not exist")]
    CollectionNotFound {
        /// The name or id asked for.
        collection: String,
    },
    /// The database has a collection of this name already.
    #[error("collection `{name}` already exists")]
    CollectionExists {
        /// The name asked for.
        name: String,
    },
    /// A query is restricted to a record that is not there.
    #[error("no record has the id `{id}`")]
    RecordNotFound {
        /// The id asked for.
        id: String,
    },
    /// An embedding has another length than the collection's (or the batch's first) one.
    #[error("expected an embedding of dimension {expected}, got {actual}")]
    DimensionMismatch {
        /// Dimension of the collection, or of the first embedding of the batch.
        expected: usize,
        /// Dimension of the embedding refused.
        actual: usize,
    },
    /// An embedding holds a number that the precision of its collection has none for.
    #[error(
        "an embedding holds {value}, and the numbers of a collection with `hue:precision` `f16` are at most \
         {F16_MAX} and at least -{F16_MAX}; scale the embeddings, or use a collection with `f32`"
    )]
    OutOfRange {
        /// The number, as text.
        value: String,
    },
    /// The filter can not be evaluated, such as a regular expression that does not parse.
    #[error("{reason}")]
    InvalidFilter {
        /// What is wrong with it.
        reason: String,
    },
    /// A limit that does not go away by waiting is reached.
    #[error("{reason}")]
    Full {
        /// Which limit.
        reason: String,
    },
    /// Too much work is waiting; try again later.
    #[error("{reason}")]
    Busy {
        /// Which queue is full.
        reason: String,
    },
    /// Writes are refused since an earlier one failed on disk.
    #[error("{reason}")]
    ReadOnly {
        /// What failed and what to do.
        reason: String,
    },
    /// Stored bytes are not what was written; a person must look.
    #[error("{reason}")]
    Corrupt {
        /// File and offset.
        reason: String,
    },
    /// The data directory is in use or can not be used.
    #[error("{reason}")]
    Directory {
        /// Which directory and why.
        reason: String,
    },
    /// The engine was closed.
    #[error("the server is shutting down")]
    Closed,
    /// The disk or store failed.
    #[error("{reason}")]
    Storage {
        /// What failed.
        reason: String,
    },
}

/// The error and its sources in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

impl From<KvError> for Error {
    fn from(error: KvError) -> Self {
        let reason = chain(&error);
        match error {
            KvError::Busy => Self::Busy { reason },
            KvError::Poisoned => Self::ReadOnly { reason },
            KvError::Closed => Self::Closed,
            _ => Self::Storage { reason },
        }
    }
}

impl From<BlobError> for Error {
    fn from(error: BlobError) -> Self {
        Self::Storage { reason: chain(&error) }
    }
}

impl From<SegmentError> for Error {
    fn from(error: SegmentError) -> Self {
        Self::Corrupt { reason: chain(&error) }
    }
}

impl From<LockError> for Error {
    fn from(error: LockError) -> Self {
        Self::Directory { reason: chain(&error) }
    }
}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        Self::Corrupt { reason: error.to_string() }
    }
}
