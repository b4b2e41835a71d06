//! Collections of records in one durable store.
//!
//! An [`Engine`] knows tenants, databases and collections; a [`Collection`] is a handle that reads and
//! writes records. The engine speaks no wire format: the server translates each API generation onto
//! these calls.
//!
//! The path of a write: resolve against the newest state, append one log entry, wait for the disk
//! together with other writers, publish a snapshot (`collection::state`). The path of a read: take the
//! published snapshot, select rows, search, load what was asked for (`collection::read`).

mod catalog;
mod codec;
mod collection;
mod engine;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod log;
mod maintenance;
mod memtable;
mod metadata_bytes;
mod open_collections;
mod options;
pub mod phase;
mod recovery;
mod segment;
mod shape;
mod shared;
mod snapshot;
mod source;
mod stats;

pub use catalog::{
    CollectionChange, CollectionDescriptor, DEFAULT_DATABASE, DEFAULT_TENANT, Database, Existing,
    NewCollection, Scope,
};
pub use collection::{
    Collection, Explanation, GetRequest, Held, Hit, IndexingStatus, QueryRequest, Selection, SourceKind,
    SourceSearch, WriteTicket,
};
pub use engine::{Components, Engine};
pub use error::Error;
pub use huedb_index::vector::SearchPlan;
pub use open_collections::Usage;
pub use options::EngineOptions;
pub use shape::{MetadataKind, MetadataKinds, Shape};
pub use shared::IdSource;
pub use source::Include;
pub use stats::{EngineStats, Lookups, WorkStats};
