//! What can go wrong with a blob store.

use std::error::Error;
use std::sync::Arc;

/// Failure of a [`BlobStore`](super::BlobStore) or [`BlobWriter`](super::BlobWriter).
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum BlobError {
    /// A blob of this name was put before, or is being put.
    #[error("blob exists already, blob=`{name}`")]
    Exists {
        /// Name of the blob.
        name: String,
    },
    /// There is no such blob.
    #[error("blob does not exist, blob=`{name}`")]
    NotFound {
        /// Name of the blob.
        name: String,
    },
    /// The operating system, the device or the remote store refused.
    #[error("cannot {operation} blob, blob=`{name}`")]
    Io {
        /// What was tried: `open store of`, `write`, `sync`, `read`, `delete`, `list`.
        operation: &'static str,
        /// Name of the blob, or of the store.
        name: String,
        /// The answer.
        source: Arc<dyn Error + Send + Sync>,
    },
}

impl BlobError {
    /// Whether there is no such blob.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }

    /// Whether a blob of that name was put before.
    pub fn is_exists(&self) -> bool {
        matches!(self, Self::Exists { .. })
    }

    /// Whether the device is full or a quota is used up.
    pub fn is_out_of_space(&self) -> bool {
        crate::kv::is_out_of_space(self)
    }

    pub(crate) fn io(
        operation: &'static str,
        name: impl Into<String>,
        source: impl Error + Send + Sync + 'static,
    ) -> Self {
        Self::Io { operation, name: name.into(), source: Arc::new(source) }
    }
}
