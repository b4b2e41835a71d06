//! Tenants, databases and collections: what exists and under which names.
//!
//! The whole catalog is in memory and small; the rows in the key-value store are its only source.
//! [`rows`] says how they look.

pub(crate) mod rows;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use huedb_types::{CollectionId, HnswConfiguration, Metadata, Precision};
use uuid::Uuid;

use crate::collection::CollectionEntry;
use crate::error::Error;
use crate::shape::Shape;

/// The tenant that clients use unless told otherwise.
pub const DEFAULT_TENANT: &str = "default_tenant";
/// The database that clients use unless told otherwise.
pub const DEFAULT_DATABASE: &str = "default_database";

/// A database of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// Unique over all tenants; nil for the default database of the default tenant.
    pub id: Uuid,
    /// Unique within the tenant.
    pub name: String,
    /// Whose it is.
    pub tenant: String,
}

/// What a collection is called and how it is set up.
#[derive(Debug, Clone, PartialEq)]
pub struct CollectionDescriptor {
    /// The collection.
    pub id: CollectionId,
    /// Unique within the database.
    pub name: String,
    /// Whose it is.
    pub tenant: String,
    /// The database it is in.
    pub database: String,
    /// The user's metadata.
    pub metadata: Option<Metadata>,
    /// Index settings in effect.
    pub hnsw: HnswConfiguration,
    /// How embeddings are kept; never changes.
    pub precision: Precision,
    /// The configuration given through `/api/v1`, as JSON; only echoed there.
    pub v1_configuration: Option<String>,
    /// The embedding function that clients attached, as JSON; never run here.
    pub embedding_function: Option<String>,
    /// The schema given through `/api/v2`, as JSON.
    pub schema: Option<String>,
    /// What its records have in common.
    pub shape: Arc<Shape>,
}

/// A collection to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCollection {
    /// Its name, unique within the database.
    pub name: String,
    /// The user's metadata.
    pub metadata: Option<Metadata>,
    /// Index settings.
    pub hnsw: HnswConfiguration,
    /// How embeddings are to be kept.
    pub precision: Precision,
    /// See [`CollectionDescriptor::v1_configuration`].
    pub v1_configuration: Option<String>,
    /// See [`CollectionDescriptor::embedding_function`].
    pub embedding_function: Option<String>,
    /// See [`CollectionDescriptor::schema`].
    pub schema: Option<String>,
}

/// A change to a collection; `None` keeps what is there.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CollectionChange {
    /// The new name.
    pub name: Option<String>,
    /// The new metadata, which replaces all of the old.
    pub metadata: Option<Option<Metadata>>,
    /// New index settings.
    pub hnsw: Option<HnswConfiguration>,
    /// The new embedding function, as JSON.
    pub embedding_function: Option<String>,
    /// The new schema, as JSON.
    pub schema: Option<String>,
}

/// What to do when the name of a new collection is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Refuse.
    Fail,
    /// Give back the collection that has the name, unchanged.
    Get,
}

/// Where a collection id is looked for; outside of it the id is simply not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope<'a> {
    /// In every database, for `/api/v1`, whose record routes name none.
    Everywhere,
    /// In one database.
    Database {
        /// The tenant's name.
        tenant: &'a str,
        /// The database's name.
        database: &'a str,
    },
}

/// The catalog in memory.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    pub(crate) tenants: BTreeSet<String>,
    /// By tenant and name.
    pub(crate) databases: BTreeMap<(String, String), Database>,
    pub(crate) collections: HashMap<CollectionId, Arc<CollectionEntry>>,
    /// By database and name.
    pub(crate) names: BTreeMap<(Uuid, String), CollectionId>,
}

impl Catalog {
    pub(crate) fn database(&self, tenant: &str, name: &str) -> Result<&Database, Error> {
        self.databases
            .get(&(tenant.to_owned(), name.to_owned()))
            .ok_or_else(|| Error::DatabaseNotFound { tenant: tenant.to_owned(), database: name.to_owned() })
    }

    /// The collections of a database; none if there is no such database.
    pub(crate) fn collections_in(&self, tenant: &str, database: &str) -> Vec<Arc<CollectionEntry>> {
        let Ok(database) = self.database(tenant, database) else { return Vec::new() };
        let from = (database.id, String::new());
        let names = self.names.range(from..).take_while(|((id, _), _)| *id == database.id);
        names.filter_map(|(_, id)| self.collections.get(id).cloned()).collect()
    }

    pub(crate) fn collection_named(
        &self,
        tenant: &str,
        database: &str,
        name: &str,
    ) -> Result<Arc<CollectionEntry>, Error> {
        let not_found = || Error::CollectionNotFound { collection: name.to_owned() };
        let database = self.database(tenant, database).map_err(|_| not_found())?;
        let id = self.names.get(&(database.id, name.to_owned())).ok_or_else(not_found)?;
        self.collections.get(id).cloned().ok_or_else(not_found)
    }

    pub(crate) fn collection_with_id(
        &self,
        scope: Scope<'_>,
        id: CollectionId,
    ) -> Result<Arc<CollectionEntry>, Error> {
        let found = self.collections.get(&id).filter(|entry| match scope {
            Scope::Everywhere => true,
            Scope::Database { tenant, database } => {
                let descriptor = entry.descriptor();
                descriptor.tenant == tenant && descriptor.database == database
            }
        });
        found.cloned().ok_or_else(|| Error::CollectionNotFound { collection: id.to_string() })
    }

    /// Adds a collection that is not there yet, under its database's id.
    pub(crate) fn insert(&mut self, database: Uuid, entry: Arc<CollectionEntry>) {
        let descriptor = entry.descriptor();
        self.names.insert((database, descriptor.name.clone()), descriptor.id);
        self.collections.insert(descriptor.id, entry);
    }
}
