//! Ordered bytes to bytes, written in atomic batches.
//!
//! [`Kv`] is the seam; [`FjallKv`] keeps it on a local disk and [`MemoryKv`] in memory, with faults
//! and power losses on demand. One contract suite in the crate's tests runs against both. A store has
//! one writer above the seam, so there are no transactions below it: uniqueness and compare-and-swap
//! are decided by that writer.

mod batch;
mod committer;
mod error;
mod fjall_journal;
mod fjall_kv;
mod memory_kv;

use bytes::Bytes;

pub use crate::faults::{Faults, HeldWrites};
pub use batch::WriteBatch;
pub use committer::{CommitTicket, Committer, CommitterOptions, CommitterStats};
pub(crate) use error::is_out_of_space;
pub use error::{KvError, KvErrorSource};
pub use fjall_kv::FjallKv;
pub use memory_kv::MemoryKv;

/// Longest key, in bytes; the shortest has one.
pub const KEY_BYTES_MAX: usize = u16::MAX as usize;

/// Largest value, in bytes.
pub const VALUE_BYTES_MAX: usize = u32::MAX as usize;

/// What a successful write has survived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Survives a crash of this process, not a power loss.
    Buffered,
    /// Survives a power loss, and so does every write before it: synced before return.
    Synced,
}

/// Entries of a scan: key and value.
pub type Entries<'a> = Box<dyn Iterator<Item = Result<(Bytes, Bytes), KvError>> + Send + 'a>;

/// Keys of a scan.
pub type Keys<'a> = Box<dyn Iterator<Item = Result<Bytes, KvError>> + Send + 'a>;

/// An ordered key-value store with one writer and any number of readers.
pub trait Kv: Send + Sync + 'static {
    /// Applies all changes of `batch`, or none.
    ///
    /// Readers never see a part of a batch. Writes become durable in the order of their calls: when a
    /// [`Durability::Synced`] write returns `Ok`, so are all writes that returned before it. An empty
    /// batch changes nothing; with [`Durability::Synced`] it still makes earlier writes durable.
    ///
    /// # Errors
    /// [`KvError::InvalidKey`] and [`KvError::ValueTooLarge`] leave the store as it was. After any
    /// other error it is unknown whether the batch will be there when the store is opened again, and
    /// every later write fails with [`KvError::Poisoned`]. [`KvError::Closed`] after [`Kv::close`].
    fn write(&self, batch: WriteBatch, durability: Durability) -> Result<(), KvError>;

    /// Returns the value of `key`.
    ///
    /// # Errors
    /// [`KvError::Io`], [`KvError::Corruption`], [`KvError::Closed`].
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, KvError>;

    /// Entries whose key starts with `prefix`, in ascending order of bytes, as of one snapshot.
    ///
    /// The snapshot is that of the call: later writes are not seen.
    ///
    /// # Errors
    /// [`KvError::Closed`] at once; [`KvError::Io`] and [`KvError::Corruption`] as an item.
    fn scan(&self, prefix: &[u8]) -> Result<Entries<'_>, KvError>;

    /// Keys that start with `prefix`, otherwise as [`Kv::scan`]; large values are not read.
    ///
    /// # Errors
    /// As [`Kv::scan`].
    fn scan_keys(&self, prefix: &[u8]) -> Result<Keys<'_>, KvError>;

    /// Bytes on disk, about; 0 after [`Kv::close`].
    fn disk_bytes(&self) -> u64;

    /// Memory of the cache of what was read; 0 after [`Kv::close`] and where there is none.
    fn cache_bytes(&self) -> u64 {
        0
    }

    /// Makes all writes durable and lets go of the directory. Closing twice is no error.
    ///
    /// # Errors
    /// [`KvError::Io`] if the last sync failed; the store is closed all the same.
    fn close(&self) -> Result<(), KvError>;
}
