//! Immutable objects: put once, read, listed, deleted.
//!
//! [`BlobStore`] is the seam; [`LocalBlobStore`] keeps blobs as files of a directory and maps them,
//! [`ObjectBlobStore`] reaches any store of the `object_store` crate, [`MemoryBlobStore`] is for tests
//! and fails or loses power on demand. One contract suite in the crate's tests runs against all.

mod contents;
mod error;
mod local;
mod memory;
mod name;
mod object;

pub use contents::{Access, BLOB_ALIGNMENT, Blob};
pub use error::BlobError;
pub use local::LocalBlobStore;
pub use memory::MemoryBlobStore;
pub use name::{BlobName, InvalidBlobName};
pub use object::ObjectBlobStore;

/// Name and size of a stored blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobMeta {
    /// Name of the blob.
    pub name: BlobName,
    /// Its length.
    pub bytes: u64,
}

/// Objects that are put once and never change.
pub trait BlobStore: Send + Sync + 'static {
    /// Starts a blob. Nothing of it can be opened or listed before [`BlobWriter::finish`].
    ///
    /// # Errors
    /// [`BlobError::Exists`] if the name is taken or being written, [`BlobError::Io`].
    fn put(&self, name: &BlobName) -> Result<Box<dyn BlobWriter>, BlobError>;

    /// Opens a blob whole.
    ///
    /// # Errors
    /// [`BlobError::NotFound`], [`BlobError::Io`].
    fn open(&self, name: &BlobName) -> Result<Blob, BlobError>;

    /// Deletes a blob; a missing one is no error. Those who have it open keep it.
    ///
    /// A power loss may bring a deleted blob back, so whoever deletes must also collect orphans.
    ///
    /// # Errors
    /// [`BlobError::Io`].
    fn delete(&self, name: &BlobName) -> Result<(), BlobError>;

    /// All blobs in the order of their names; unfinished ones are not listed.
    ///
    /// # Errors
    /// [`BlobError::Io`].
    fn list(&self) -> Result<Vec<BlobMeta>, BlobError>;

    /// Bytes of all blobs, with those of unfinished ones where they take room already.
    ///
    /// # Errors
    /// [`BlobError::Io`].
    fn stored_bytes(&self) -> Result<u64, BlobError> {
        Ok(self.list()?.iter().map(|blob| blob.bytes).sum())
    }
}

/// A blob being written. Dropping it without [`BlobWriter::finish`] leaves nothing.
pub trait BlobWriter: Send {
    /// Adds bytes at the end.
    ///
    /// # Errors
    /// [`BlobError::Io`]; the blob cannot be finished then.
    fn write(&mut self, bytes: &[u8]) -> Result<(), BlobError>;

    /// Gives the blob its name and returns its length in bytes. When this returns `Ok`, the blob
    /// survives a power loss.
    ///
    /// # Errors
    /// [`BlobError::Io`]; whether the blob exists is unknown then.
    fn finish(self: Box<Self>) -> Result<u64, BlobError>;
}
