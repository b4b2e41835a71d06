//! Durable bytes: the key-value seam, the blob seam, the segment container and the directory lock.
//!
//! The crate knows nothing of vectors, collections or queries. Everything above it reaches storage
//! through two traits, [`kv::Kv`] and [`blob::BlobStore`], and may not know which adapter it has:
//! the local disk in production, memory with injected faults in tests. Immutable files are read and
//! written through [`segment`], which adds a section table and checksums to a blob.
//!
//! Every call blocks. Callers are background threads or the blocking pool of the runtime, never an
//! asynchronous task; only [`kv::CommitTicket`] can be awaited.
//!
//! The formats on disk are written down in `docs/storage-format.md`.

pub mod blob;
pub mod checksum;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod kv;
pub mod lock;
pub mod segment;
pub mod wait;

mod durable_dir;
mod faults;
