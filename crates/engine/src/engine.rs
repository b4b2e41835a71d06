//! The engine: the catalog's operations, opening and closing.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use huedb_storage::blob::{BlobStore, LocalBlobStore};
use huedb_storage::kv::{Committer, CommitterOptions, FjallKv, Kv, WriteBatch};
use huedb_storage::lock::DirectoryLock;
use huedb_types::{CollectionId, limits::TENANT_NAME_BYTES_MAX};
use parking_lot::{Mutex, RwLock};
use uuid::Uuid;

use crate::catalog::{
    Catalog, CollectionChange, CollectionDescriptor, DEFAULT_DATABASE, DEFAULT_TENANT, Database, Existing,
    NewCollection, Scope, rows,
};
use crate::collection::{Collection, CollectionEntry, CollectionState};
use crate::error::Error;
use crate::maintenance::Maintenance;
use crate::open_collections::{OpenCollections, Usage};
use crate::options::EngineOptions;
use crate::recovery;
use crate::shared::{IdSource, Shared};
use crate::stats::EngineStats;

/// Memtables below this are left to the log when the engine closes.
const CLOSE_FLUSH_BYTES: usize = 1 << 20;

/// What an engine is built from.
pub struct Components {
    /// Rows.
    pub kv: Arc<dyn Kv>,
    /// Segments.
    pub blobs: Arc<dyn BlobStore>,
    /// Ids of new databases, collections and segments.
    pub new_id: IdSource,
    /// Held as long as the engine lives.
    pub lock: Option<DirectoryLock>,
}

/// All tenants' collections in one store; cheap to clone.
///
/// Calls that change the catalog block until the change is durable.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    catalog: RwLock<Catalog>,
    /// Held from the check of a catalog change to its end, so that two of them cannot both succeed.
    catalog_writer: Mutex<()>,
    lock: Mutex<Option<DirectoryLock>>,
}

impl Engine {
    /// Opens the data directory `dir`, or makes it.
    ///
    /// # Errors
    /// [`Error::Directory`] if another server uses it or it cannot be written, [`Error::Corrupt`],
    /// [`Error::Storage`].
    pub fn open(dir: &Path, options: EngineOptions) -> Result<Self, Error> {
        let lock = DirectoryLock::acquire(dir)?;
        let components = Components {
            kv: Arc::new(FjallKv::open(&dir.join("kv"))?),
            blobs: Arc::new(LocalBlobStore::open(&dir.join("blobs"))?),
            new_id: Box::new(Uuid::new_v4),
            lock: Some(lock),
        };
        Self::with_components(components, options)
    }

    /// Opens an engine over any store.
    ///
    /// # Errors
    /// [`Error::Corrupt`], [`Error::Storage`].
    pub fn with_components(components: Components, options: EngineOptions) -> Result<Self, Error> {
        let Components { kv, blobs, new_id, lock } = components;
        let files = blobs.list()?;
        let committer = Committer::start(Arc::clone(&kv), CommitterOptions::default());
        let maintenance =
            Maintenance::start().map_err(|error| Error::Storage { reason: error.to_string() })?;
        let open_collections = OpenCollections::default();
        let shared = Arc::new(Shared {
            kv,
            committer,
            blobs,
            options,
            maintenance,
            open_collections,
            new_id,
            records_read: AtomicU64::new(0),
        });
        let catalog = recovery::load_catalog(&*shared.kv)?;
        let is_new = catalog.tenants.is_empty();
        let inner = Inner {
            shared,
            catalog: RwLock::new(catalog),
            catalog_writer: Mutex::new(()),
            lock: Mutex::new(lock),
        };
        let engine = Self { inner: Arc::new(inner) };
        if is_new {
            engine.create_defaults(WriteBatch::new())?;
        } else {
            recovery::spawn_orphan_collection(&engine.inner.shared, files);
        }
        Ok(engine)
    }

    /// Flushes what is worth it, stops all background work and lets go of the directory.
    ///
    /// Later calls fail with [`Error::Closed`]; closing twice is no error.
    ///
    /// # Errors
    /// [`Error::Storage`] if the last sync failed.
    pub fn close(&self) -> Result<(), Error> {
        let entries: Vec<_> = self.inner.catalog.read().collections.values().cloned().collect();
        for state in entries.iter().filter_map(|entry| entry.opened()) {
            state.freeze(CLOSE_FLUSH_BYTES);
            state.schedule_flush();
        }
        self.inner.shared.maintenance.stop();
        self.inner.shared.open_collections.wake();
        self.inner.shared.committer.close();
        self.inner.shared.kv.close()?;
        self.inner.lock.lock().take();
        Ok(())
    }

    /// What is held in memory now.
    pub fn usage(&self) -> Usage {
        self.inner.shared.open_collections.usage()
    }

    /// Makes a tenant.
    ///
    /// # Errors
    /// [`Error::TenantExists`], [`Error::NameTooLong`].
    pub fn create_tenant(&self, tenant: &str) -> Result<(), Error> {
        if tenant.len() > TENANT_NAME_BYTES_MAX {
            return Err(Error::NameTooLong { bytes: tenant.len(), max: TENANT_NAME_BYTES_MAX });
        }
        let _writer = self.inner.catalog_writer.lock();
        if self.inner.catalog.read().tenants.contains(tenant) {
            return Err(Error::TenantExists { tenant: tenant.to_owned() });
        }
        let mut batch = WriteBatch::new();
        batch.put(rows::tenant_key(tenant), vec![rows::ROW_VERSION]);
        self.commit(batch)?;
        self.inner.catalog.write().tenants.insert(tenant.to_owned());
        Ok(())
    }

    /// Succeeds if there is a tenant of this name.
    ///
    /// # Errors
    /// [`Error::TenantNotFound`].
    pub fn tenant(&self, tenant: &str) -> Result<(), Error> {
        if self.inner.catalog.read().tenants.contains(tenant) {
            return Ok(());
        }
        Err(Error::TenantNotFound { tenant: tenant.to_owned() })
    }

    /// Makes a database.
    ///
    /// # Errors
    /// [`Error::TenantNotFound`], [`Error::DatabaseExists`].
    pub fn create_database(&self, tenant: &str, database: &str) -> Result<Database, Error> {
        let _writer = self.inner.catalog_writer.lock();
        self.tenant(tenant)?;
        if self.database(tenant, database).is_ok() {
            return Err(Error::DatabaseExists { tenant: tenant.to_owned(), database: database.to_owned() });
        }
        let id = (self.inner.shared.new_id)();
        let database = Database { id, name: database.to_owned(), tenant: tenant.to_owned() };
        let mut batch = WriteBatch::new();
        batch.put(rows::database_key(database.id), rows::encode_database(&database));
        self.commit(batch)?;
        let key = (database.tenant.clone(), database.name.clone());
        self.inner.catalog.write().databases.insert(key, database.clone());
        Ok(database)
    }

    /// The database of this name.
    ///
    /// # Errors
    /// [`Error::DatabaseNotFound`].
    pub fn database(&self, tenant: &str, database: &str) -> Result<Database, Error> {
        self.inner.catalog.read().database(tenant, database).cloned()
    }

    /// The tenant's databases by name; none if there is no such tenant.
    pub fn databases(&self, tenant: &str) -> Vec<Database> {
        let catalog = self.inner.catalog.read();
        let from = (tenant.to_owned(), String::new());
        let databases = catalog.databases.range(from..).take_while(|((owner, _), _)| owner == tenant);
        databases.map(|(_, database)| database.clone()).collect()
    }

    /// Deletes a database and all that is in it.
    ///
    /// # Errors
    /// [`Error::DatabaseNotFound`].
    pub fn delete_database(&self, tenant: &str, database: &str) -> Result<(), Error> {
        let _writer = self.inner.catalog_writer.lock();
        let found = self.database(tenant, database)?;
        let entries = self.inner.catalog.read().collections_in(tenant, database);
        let mut batch = WriteBatch::new();
        batch.delete(rows::database_key(found.id));
        let dropped = self.drop_collections(&entries, batch)?;
        self.inner.catalog.write().databases.remove(&(found.tenant, found.name));
        dropped.delete_segments(&self.inner.shared);
        Ok(())
    }

    /// Makes a collection, or gives back the one that has the name.
    ///
    /// # Errors
    /// [`Error::DatabaseNotFound`]; [`Error::CollectionExists`] with [`Existing::Fail`].
    pub fn create_collection(
        &self,
        tenant: &str,
        database: &str,
        new: NewCollection,
        existing: Existing,
    ) -> Result<Collection, Error> {
        let _writer = self.inner.catalog_writer.lock();
        let database = self.database(tenant, database)?;
        if let Ok(collection) = self.collection_named(tenant, &database.name, &new.name) {
            return match existing {
                Existing::Get => Ok(collection),
                Existing::Fail => Err(Error::CollectionExists { name: new.name }),
            };
        }
        let descriptor = CollectionDescriptor {
            id: CollectionId((self.inner.shared.new_id)()),
            name: new.name,
            tenant: database.tenant,
            database: database.name,
            metadata: new.metadata,
            hnsw: new.hnsw,
            precision: new.precision,
            v1_configuration: new.v1_configuration,
            embedding_function: new.embedding_function,
            schema: new.schema,
            shape: Arc::default(),
        };
        let mut batch = WriteBatch::new();
        batch.put(rows::collection_key(descriptor.id), rows::encode_collection(database.id, &descriptor));
        self.commit(batch)?;
        let entry = Arc::new(CollectionEntry::new(database.id, descriptor));
        self.inner.catalog.write().insert(database.id, Arc::clone(&entry));
        Ok(self.handle(entry))
    }

    /// The database's collections by id; none if there is no such database.
    pub fn collections(&self, tenant: &str, database: &str) -> Vec<Collection> {
        let mut entries = self.inner.catalog.read().collections_in(tenant, database);
        entries.sort_unstable_by_key(|entry| entry.id);
        entries.into_iter().map(|entry| self.handle(entry)).collect()
    }

    /// The collection of this name.
    ///
    /// # Errors
    /// [`Error::CollectionNotFound`].
    pub fn collection_named(&self, tenant: &str, database: &str, name: &str) -> Result<Collection, Error> {
        self.inner.catalog.read().collection_named(tenant, database, name).map(|entry| self.handle(entry))
    }

    /// The collection with this id, if it is within `scope`.
    ///
    /// # Errors
    /// [`Error::CollectionNotFound`], the same for a foreign collection and a missing one.
    pub fn collection_with_id(&self, scope: Scope<'_>, id: CollectionId) -> Result<Collection, Error> {
        self.inner.catalog.read().collection_with_id(scope, id).map(|entry| self.handle(entry))
    }

    /// Changes name and settings of a collection.
    ///
    /// # Errors
    /// [`Error::CollectionExists`] if the new name is taken, [`Error::CollectionNotFound`].
    pub fn update_collection(&self, collection: &Collection, change: CollectionChange) -> Result<(), Error> {
        let _writer = self.inner.catalog_writer.lock();
        let entry = collection.entry();
        let old = entry.descriptor();
        self.inner.catalog.read().collection_with_id(Scope::Everywhere, entry.id)?;
        let name = change.name.unwrap_or_else(|| old.name.clone());
        if name != old.name && self.collection_named(&old.tenant, &old.database, &name).is_ok() {
            return Err(Error::CollectionExists { name });
        }
        let changed = CollectionDescriptor {
            name,
            metadata: change.metadata.unwrap_or_else(|| old.metadata.clone()),
            hnsw: change.hnsw.unwrap_or(old.hnsw),
            embedding_function: change.embedding_function.or_else(|| old.embedding_function.clone()),
            schema: change.schema.or_else(|| old.schema.clone()),
            ..(*old).clone()
        };
        let mut batch = WriteBatch::new();
        batch.put(rows::collection_key(entry.id), rows::encode_collection(entry.database, &changed));
        self.commit(batch)?;
        let mut catalog = self.inner.catalog.write();
        catalog.names.remove(&(entry.database, old.name.clone()));
        catalog.names.insert((entry.database, changed.name.clone()), entry.id);
        entry.set_descriptor(changed);
        Ok(())
    }

    /// Deletes the collection of this name and frees its files.
    ///
    /// # Errors
    /// [`Error::CollectionNotFound`].
    pub fn delete_collection(&self, tenant: &str, database: &str, name: &str) -> Result<(), Error> {
        let _writer = self.inner.catalog_writer.lock();
        let entry = self.inner.catalog.read().collection_named(tenant, database, name)?;
        self.drop_collections(&[entry], WriteBatch::new())?.delete_segments(&self.inner.shared);
        Ok(())
    }

    /// Deletes everything and makes the default tenant and database anew.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub fn reset(&self) -> Result<(), Error> {
        let _writer = self.inner.catalog_writer.lock();
        let (entries, mut batch) = {
            let catalog = self.inner.catalog.read();
            let mut batch = WriteBatch::new();
            catalog.tenants.iter().for_each(|tenant| batch.delete(rows::tenant_key(tenant)));
            catalog.databases.values().for_each(|database| batch.delete(rows::database_key(database.id)));
            (catalog.collections.values().cloned().collect::<Vec<_>>(), batch)
        };
        let dropped = recovery::retire_collections(&self.inner.shared, &entries, &mut batch)?;
        *self.inner.catalog.write() = Catalog::default();
        self.create_defaults(batch)?;
        self.forget(&entries);
        dropped.delete_segments(&self.inner.shared);
        Ok(())
    }

    /// Commits `batch` together with the default tenant and database.
    fn create_defaults(&self, mut batch: WriteBatch) -> Result<(), Error> {
        let (tenant, name) = (DEFAULT_TENANT.to_owned(), DEFAULT_DATABASE.to_owned());
        let database = Database { id: Uuid::nil(), name, tenant };
        batch.put(rows::tenant_key(DEFAULT_TENANT), vec![rows::ROW_VERSION]);
        batch.put(rows::database_key(database.id), rows::encode_database(&database));
        self.commit(batch)?;
        let mut catalog = self.inner.catalog.write();
        catalog.tenants.insert(database.tenant.clone());
        catalog.databases.insert((database.tenant.clone(), database.name.clone()), database);
        Ok(())
    }

    fn drop_collections(
        &self,
        entries: &[Arc<CollectionEntry>],
        mut batch: WriteBatch,
    ) -> Result<recovery::DroppedSegments, Error> {
        let dropped = recovery::retire_collections(&self.inner.shared, entries, &mut batch)?;
        self.commit(batch)?;
        let mut catalog = self.inner.catalog.write();
        for entry in entries {
            catalog.names.remove(&(entry.database, entry.descriptor().name.clone()));
            catalog.collections.remove(&entry.id);
        }
        drop(catalog);
        self.forget(entries);
        Ok(dropped)
    }

    /// Frees what deleted collections hold in memory.
    fn forget(&self, entries: &[Arc<CollectionEntry>]) {
        for entry in entries {
            entry.forget();
            self.inner.shared.open_collections.forget(entry.id);
        }
    }

    fn commit(&self, batch: WriteBatch) -> Result<(), Error> {
        Ok(self.inner.shared.committer.submit(batch)?.wait()?)
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.inner.shared
    }

    /// Sizes of the catalog, and the collections that are in memory.
    pub(crate) fn catalog_counts(&self) -> (EngineStats, Vec<Arc<CollectionState>>) {
        let catalog = self.inner.catalog.read();
        let counts = EngineStats {
            tenants: catalog.tenants.len() as u64,
            databases: catalog.databases.len() as u64,
            collections: catalog.collections.len() as u64,
            ..EngineStats::default()
        };
        (counts, catalog.collections.values().filter_map(|entry| entry.opened()).collect())
    }

    fn handle(&self, entry: Arc<CollectionEntry>) -> Collection {
        Collection::new(Arc::clone(&self.inner.shared), entry)
    }
}
