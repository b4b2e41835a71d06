//! The only way to the engine: what one identity may reach with the action of one route.
//!
//! A handler is given an [`Access`]. From it come [`TenantAccess`] and [`DatabaseAccess`], and only
//! from these a collection, so that nothing outside of the identity's reach can be named by mistake.
//! What is refused is refused by name alone, before anybody looks whether it exists; a collection out
//! of reach is not found, like one that does not exist.

use std::sync::Arc;

use huedb_engine::{
    Collection, CollectionChange, CollectionDescriptor, Database, Engine, Error, Existing, Held,
    NewCollection, Scope,
};
use huedb_types::CollectionId;

use super::{
    action::Action,
    identity::{Identity, Place},
    trail::Trail,
};
use crate::limits::Extent;

/// Why an operation was not done.
#[derive(Debug)]
pub(crate) enum AccessError {
    /// The identity may not do it there.
    Denied,
    Engine(Error),
}

impl From<Error> for AccessError {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

impl From<Denied> for AccessError {
    fn from(_: Denied) -> Self {
        Self::Denied
    }
}

/// The identity may not do this here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Denied;

/// What one request may do. Made by the gate, for an identity that has the action somewhere.
#[derive(Clone)]
pub(crate) struct Access {
    engine: Engine,
    identity: Identity,
    action: Action,
    defaults_are_own: bool,
    trail: Arc<Trail>,
}

impl Access {
    /// With `defaults_are_own`, the names of the default tenant and database mean the identity's own.
    pub(super) fn new(engine: Engine, identity: Identity, action: Action, defaults_are_own: bool) -> Self {
        Self { engine, identity, action, defaults_are_own, trail: Arc::default() }
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// What the request has done so far.
    pub(crate) fn trail(&self) -> &Arc<Trail> {
        &self.trail
    }

    fn check(&self, place: Place<'_>) -> Result<(), Denied> {
        if self.identity.may(self.action, place) {
            return Ok(());
        }
        self.trail.deny();
        Err(Denied)
    }

    fn sees(&self, descriptor: &CollectionDescriptor) -> bool {
        let id = descriptor.id.to_string();
        self.identity.may(self.action, place_of(descriptor, &id))
    }

    /// The tenant that a request names.
    pub(crate) fn tenant(&self, tenant: &str) -> Result<TenantAccess, Denied> {
        let tenant = if self.defaults_are_own { self.identity.own_tenant(tenant) } else { tenant };
        self.check(Place::Tenant(tenant))?;
        Ok(TenantAccess { access: self.clone(), tenant: tenant.to_owned() })
    }

    /// The database that a request names.
    pub(crate) fn database(&self, tenant: &str, database: &str) -> Result<DatabaseAccess, Denied> {
        let (tenant, database) = if self.defaults_are_own {
            (self.identity.own_tenant(tenant), self.identity.own_database(database))
        } else {
            (tenant, database)
        };
        self.check(Place::Database(tenant, database))?;
        Ok(DatabaseAccess { access: self.clone(), tenant: tenant.to_owned(), database: database.to_owned() })
    }

    pub(crate) fn create_tenant(&self, tenant: &str) -> Result<(), AccessError> {
        let tenant = if self.defaults_are_own { self.identity.own_tenant(tenant) } else { tenant };
        self.check(Place::Tenant(tenant))?;
        Ok(self.engine.create_tenant(tenant)?)
    }

    /// Deletes everything of everybody.
    pub(crate) fn reset(&self) -> Result<(), AccessError> {
        self.check(Place::Everything)?;
        Ok(self.engine.reset()?)
    }

    /// The collection with this id in whichever database it is, for routes that name none.
    ///
    /// # Errors
    /// [`Error::CollectionNotFound`] if it does not exist or is out of reach.
    pub(crate) fn collection_with_id(&self, id: CollectionId) -> Result<Collection, Error> {
        self.seen(self.engine.collection_with_id(Scope::Everywhere, id)?, || id.to_string())
    }

    /// Changes a collection, if its name stays within reach.
    pub(crate) fn update_collection(
        &self,
        collection: &Collection,
        change: CollectionChange,
    ) -> Result<(), AccessError> {
        if let Some(name) = &change.name {
            let CollectionDescriptor { tenant, database, id, .. } = &*collection.descriptor();
            self.check(Place::Collection { tenant, database, name, id: &id.to_string() })?;
        }
        Ok(self.engine.update_collection(collection, change)?)
    }

    /// What the collections of a tenant hold together, all of them or those that the identity reaches.
    /// For quotas; nobody is told.
    pub(crate) fn held(&self, tenant: &str, extent: Extent) -> Held {
        let databases = self.engine.databases(tenant);
        let collections =
            databases.iter().flat_map(|database| self.engine.collections(tenant, &database.name));
        let counted = collections.filter(|collection| {
            let descriptor = collection.descriptor();
            let id = descriptor.id.to_string();
            extent == Extent::Tenant || self.identity.reaches(place_of(&descriptor, &id))
        });
        // A collection that cannot be opened cannot be written to either.
        let usages = counted.filter_map(|collection| collection.held().ok());
        usages.fold(Held::default(), |sum, one| Held {
            records: sum.records + one.records,
            bytes: sum.bytes + one.bytes,
        })
    }

    fn seen(&self, collection: Collection, asked: impl FnOnce() -> String) -> Result<Collection, Error> {
        if self.sees(&collection.descriptor()) {
            return Ok(collection);
        }
        self.trail.deny();
        Err(Error::CollectionNotFound { collection: asked() })
    }
}

fn place_of<'a>(descriptor: &'a CollectionDescriptor, id: &'a str) -> Place<'a> {
    let CollectionDescriptor { tenant, database, name, .. } = descriptor;
    Place::Collection { tenant, database, name, id }
}

/// A tenant within reach, which may not exist.
pub(crate) struct TenantAccess {
    access: Access,
    tenant: String,
}

impl TenantAccess {
    pub(crate) fn name(&self) -> &str {
        &self.tenant
    }

    /// # Errors
    /// [`Error::TenantNotFound`].
    pub(crate) fn exists(&self) -> Result<(), Error> {
        self.access.engine.tenant(&self.tenant)
    }

    /// Its databases that are within reach, by name.
    pub(crate) fn databases(&self) -> Vec<Database> {
        let Access { engine, identity, action, .. } = &self.access;
        let mut databases = engine.databases(&self.tenant);
        databases.retain(|database| identity.may(*action, Place::Database(&self.tenant, &database.name)));
        databases
    }

    pub(crate) fn create_database(&self, database: &str) -> Result<Database, AccessError> {
        let Access { engine, identity, defaults_are_own, .. } = &self.access;
        let database = if *defaults_are_own { identity.own_database(database) } else { database };
        self.access.check(Place::Database(&self.tenant, database))?;
        Ok(engine.create_database(&self.tenant, database)?)
    }
}

/// A database within reach, which may not exist.
pub(crate) struct DatabaseAccess {
    access: Access,
    tenant: String,
    database: String,
}

impl DatabaseAccess {
    /// # Errors
    /// [`Error::DatabaseNotFound`].
    pub(crate) fn describe(&self) -> Result<Database, Error> {
        self.access.engine.database(&self.tenant, &self.database)
    }

    /// Deletes it with all that is in it, so all of that must be within reach.
    pub(crate) fn delete(&self) -> Result<(), AccessError> {
        self.access.check(Place::WholeDatabase(&self.tenant, &self.database))?;
        Ok(self.access.engine.delete_database(&self.tenant, &self.database)?)
    }

    /// Its collections that are within reach, by id; none if there is no such database.
    pub(crate) fn collections(&self) -> Vec<Collection> {
        let mut collections = self.access.engine.collections(&self.tenant, &self.database);
        let Access { identity, action, .. } = &self.access;
        if !identity.may(*action, Place::WholeDatabase(&self.tenant, &self.database)) {
            collections.retain(|collection| self.access.sees(&collection.descriptor()));
        }
        collections
    }

    pub(crate) fn create_collection(
        &self,
        new: NewCollection,
        existing: Existing,
    ) -> Result<Collection, AccessError> {
        self.check_new(&new.name)?;
        Ok(self.access.engine.create_collection(&self.tenant, &self.database, new, existing)?)
    }

    /// Whether a collection of this name may be made.
    pub(crate) fn check_new(&self, name: &str) -> Result<(), Denied> {
        let (tenant, database) = (&*self.tenant, &*self.database);
        self.access.trail.name_collection(name);
        self.access.check(Place::Collection { tenant, database, name, id: "" })
    }

    /// # Errors
    /// [`Error::CollectionNotFound`] if it does not exist or is out of reach.
    pub(crate) fn collection_named(&self, name: &str) -> Result<Collection, Error> {
        let found = self.access.engine.collection_named(&self.tenant, &self.database, name)?;
        self.access.seen(found, || name.to_owned())
    }

    /// # Errors
    /// [`Error::CollectionNotFound`] if it is not in this database or out of reach.
    pub(crate) fn collection_with_id(&self, id: CollectionId) -> Result<Collection, Error> {
        let scope = Scope::Database { tenant: &self.tenant, database: &self.database };
        let found = self.access.engine.collection_with_id(scope, id)?;
        self.access.seen(found, || id.to_string())
    }

    /// # Errors
    /// [`Error::CollectionNotFound`] if it does not exist or is out of reach.
    pub(crate) fn delete_collection(&self, name: &str) -> Result<(), Error> {
        self.collection_named(name)?;
        self.access.engine.delete_collection(&self.tenant, &self.database, name)
    }
}
