//! What can go wrong with a key-value store.

use std::error::Error;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;

#[cfg(test)]
mod tests;

/// The error below a [`KvError`]; shared because one failed commit answers many tickets.
pub type KvErrorSource = Arc<dyn Error + Send + Sync>;

/// Failure of a [`Kv`](super::Kv) or of the [`Committer`](super::Committer).
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum KvError {
    /// The operating system or the device refused.
    #[error("cannot {operation} key-value store, path=`{}`", path.display())]
    Io {
        /// What was tried: `open`, `write`, `read`, `close`.
        operation: &'static str,
        /// Directory of the store.
        path: PathBuf,
        /// The system's answer.
        source: KvErrorSource,
    },
    /// Stored bytes are not what was written.
    #[error("key-value store is damaged, path=`{}`", path.display())]
    Corruption {
        /// Directory or file of the store.
        path: PathBuf,
        /// What was found.
        source: KvErrorSource,
    },
    /// Another open store has this directory.
    #[error("key-value store is open elsewhere, path=`{}`", path.display())]
    Locked {
        /// Directory of the store.
        path: PathBuf,
    },
    /// An earlier write or sync failed, so what is on disk is not known; reopen the store to go on.
    #[error("key-value store refuses writes after a failed write")]
    Poisoned,
    /// The store or the committer was closed.
    #[error("key-value store is closed")]
    Closed,
    /// The write queue stayed full until the deadline; nothing was written.
    #[error("write queue is full, try again later")]
    Busy,
    /// Keys have 1 to [`KEY_BYTES_MAX`](super::KEY_BYTES_MAX) bytes.
    #[error("key has an invalid length, bytes={bytes}")]
    InvalidKey {
        /// Length of the refused key.
        bytes: usize,
    },
    /// Values have at most [`VALUE_BYTES_MAX`](super::VALUE_BYTES_MAX) bytes.
    #[error("value is too large, bytes={bytes}")]
    ValueTooLarge {
        /// Length of the refused value.
        bytes: usize,
    },
}

impl KvError {
    /// Whether a person must look at the stored bytes.
    pub fn is_corruption(&self) -> bool {
        matches!(self, Self::Corruption { .. })
    }

    /// Whether nothing was changed and the same call may succeed later.
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Busy)
    }

    /// Whether the store takes no writes until it is opened again.
    pub fn is_poisoned(&self) -> bool {
        matches!(self, Self::Poisoned)
    }

    /// Whether the store or the committer was closed.
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed)
    }

    /// Whether the device is full or a quota is used up.
    pub fn is_out_of_space(&self) -> bool {
        is_out_of_space(self)
    }
}

/// Whether `error` or an error below it says that there is no room.
pub(crate) fn is_out_of_space(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        // A shared error counts as one of its own type and steps over the error it holds.
        let error = error.downcast_ref::<KvErrorSource>().map_or(error, |shared| &**shared);
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            return matches!(io.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded);
        }
        next = error.source();
    }
    false
}
