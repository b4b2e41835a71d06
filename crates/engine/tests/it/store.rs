//! Stores and records for the tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use huedb_engine::{
    Collection, Components, DEFAULT_DATABASE, DEFAULT_TENANT, Engine, EngineOptions, Error, Existing,
    GetRequest, Include, NewCollection, Selection,
};
use huedb_storage::blob::{BlobStore, MemoryBlobStore};
use huedb_storage::kv::{Faults, Kv, MemoryKv};
use huedb_types::{Distance, HnswConfiguration, MetadataValue, Precision, Record};
use uuid::Uuid;

/// Stores that keep their contents while engines come and go.
pub(crate) struct Store {
    pub(crate) kv: Arc<MemoryKv>,
    pub(crate) blobs: Arc<MemoryBlobStore>,
}

impl Store {
    pub(crate) fn new(faults: &Faults) -> Self {
        Self {
            kv: Arc::new(MemoryKv::with_faults(faults.clone())),
            blobs: Arc::new(MemoryBlobStore::with_faults(faults.clone())),
        }
    }

    /// What a power loss leaves now.
    pub(crate) fn crash(&self) -> Self {
        Self { kv: Arc::new(self.kv.crash()), blobs: Arc::new(self.blobs.crash()) }
    }

    /// The same contents for another engine, after the one before was closed.
    pub(crate) fn after_close(&self) -> Self {
        let blobs = self.blobs.crash_keeping(self.blobs.unsynced());
        Self { kv: Arc::new(self.kv.crash()), blobs: Arc::new(blobs) }
    }

    /// Opens an engine whose memtables are so small that most writes cause a flush.
    pub(crate) fn open(&self) -> Result<Engine, Error> {
        self.open_with(2 << 10)
    }

    pub(crate) fn open_with(&self, memtable_bytes_max: usize) -> Result<Engine, Error> {
        self.open_with_options(EngineOptions { memtable_bytes_max, ..EngineOptions::default() })
    }

    pub(crate) fn open_with_options(&self, options: EngineOptions) -> Result<Engine, Error> {
        static NEXT_ID: AtomicU64 = AtomicU64::new(1);
        let components = Components {
            kv: Arc::clone(&self.kv) as Arc<dyn Kv>,
            blobs: Arc::clone(&self.blobs) as Arc<dyn BlobStore>,
            new_id: Box::new(|| Uuid::from_u128(u128::from(NEXT_ID.fetch_add(1, Ordering::Relaxed)))),
            lock: None,
        };
        Engine::with_components(components, options)
    }
}

pub(crate) fn hnsw(space: Distance) -> HnswConfiguration {
    HnswConfiguration {
        space,
        ef_construction: 100,
        ef_search: 100,
        max_neighbors: 16,
        num_threads: 2,
        resize_factor: 1.2,
        sync_threshold: 1000,
        batch_size: 100,
    }
}

pub(crate) fn new_collection(name: &str, space: Distance) -> NewCollection {
    NewCollection {
        name: name.to_owned(),
        metadata: None,
        hnsw: hnsw(space),
        precision: Precision::F32,
        v1_configuration: None,
        embedding_function: None,
        schema: None,
    }
}

/// The collection `name` of the default database, made if it is not there.
pub(crate) fn collection(engine: &Engine, name: &str) -> Result<Collection, Error> {
    collection_of(engine, name, Distance::L2, Precision::F32)
}

/// [`collection`], made for these embeddings.
pub(crate) fn collection_of(
    engine: &Engine,
    name: &str,
    space: Distance,
    precision: Precision,
) -> Result<Collection, Error> {
    let new = NewCollection { precision, ..new_collection(name, space) };
    engine.create_collection(DEFAULT_TENANT, DEFAULT_DATABASE, new, Existing::Get)
}

pub(crate) fn record(id: &str, embedding: &[f32], number: i64) -> Record {
    Record {
        id: id.to_owned(),
        embedding: Some(embedding.to_vec()),
        document: Some(format!("document {number} of {id}")),
        uri: (number % 2 == 0).then(|| format!("file:///{id}")),
        metadata: [("n".to_owned(), MetadataValue::Int(number))].into(),
    }
}

pub(crate) fn everything() -> GetRequest {
    GetRequest { selection: Selection::default(), include: Include::ALL }
}
