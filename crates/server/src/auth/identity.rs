//! Who a request comes from, and which tenants, databases and collections that user can reach.

use std::sync::Arc;

use huedb_engine::{DEFAULT_DATABASE, DEFAULT_TENANT};

use super::action::{Action, ActionSet};
use crate::limits::OwnLimits;

/// Names that are within reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    Any,
    /// Exact names, and beginnings that were written as `name*`.
    Some {
        exact: Vec<String>,
        beginnings: Vec<String>,
    },
}

impl Names {
    /// Reads a list as it stands in a file: names, `name*`, or `*` for all.
    pub(crate) fn of(list: &[String]) -> Self {
        if list.iter().any(|name| name == "*") {
            return Self::Any;
        }
        let (beginnings, exact): (Vec<_>, Vec<_>) =
            list.iter().cloned().partition(|name| name.ends_with('*'));
        let beginnings = beginnings.into_iter().map(|name| name.trim_end_matches('*').to_owned()).collect();
        Self::Some { exact, beginnings }
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Some { exact, beginnings } => {
                exact.iter().any(|one| one == name)
                    || beginnings.iter().any(|beginning| name.starts_with(beginning.as_str()))
            }
        }
    }

    fn is_any(&self) -> bool {
        matches!(self, Self::Any)
    }

    /// The only name there is, if there is just one.
    fn single(&self) -> Option<&str> {
        match self {
            Self::Some { exact, beginnings } if exact.len() == 1 && beginnings.is_empty() => Some(&exact[0]),
            _ => None,
        }
    }

    /// As a file would write them.
    fn listed(&self) -> Vec<String> {
        match self {
            Self::Any => vec!["*".to_owned()],
            Self::Some { exact, beginnings } => exact
                .iter()
                .cloned()
                .chain(beginnings.iter().map(|beginning| format!("{beginning}*")))
                .collect(),
        }
    }
}

/// A part of all data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) tenants: Names,
    pub(crate) databases: Names,
    /// Names or ids of collections.
    pub(crate) collections: Names,
}

impl Area {
    pub(crate) const EVERYTHING: Self =
        Self { tenants: Names::Any, databases: Names::Any, collections: Names::Any };

    fn is_everything(&self) -> bool {
        self.tenants.is_any() && self.databases.is_any() && self.collections.is_any()
    }

    fn has_database(&self, tenant: &str, database: &str) -> bool {
        self.tenants.contains(tenant) && self.databases.contains(database)
    }
}

/// Actions that are allowed where all of some areas overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) actions: ActionSet,
    pub(crate) within: Vec<Area>,
}

impl Grant {
    fn has(&self, place: Place<'_>) -> bool {
        self.within.iter().all(|area| area.has(place))
    }
}

/// A user as the files describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) id: String,
    /// Outside of it nothing exists for the user, whatever the roles say.
    pub(crate) bound: Area,
    pub(crate) grants: Vec<Grant>,
    /// Limits that stand with the user; they come before those of the roles.
    pub(crate) limits: OwnLimits,
    pub(crate) role_limits: OwnLimits,
}

impl User {
    /// A user without bounds and limits.
    pub(super) fn with_grants(id: &str, grants: Vec<Grant>) -> Self {
        let limits = OwnLimits::default();
        Self { id: id.to_owned(), bound: Area::EVERYTHING, grants, limits, role_limits: limits }
    }

    pub(crate) fn is_read_only(&self) -> bool {
        self.grants.iter().all(|grant| grant.actions.intersection(ActionSet::reading()) == grant.actions)
    }

    /// Takes away everything that changes something.
    pub(crate) fn read_only(&mut self) {
        let reading = ActionSet::reading();
        self.grants.iter_mut().for_each(|grant| grant.actions = grant.actions.intersection(reading));
    }
}

/// What a request names. A deeper place is only named with those above it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place<'a> {
    /// The data of all tenants.
    Everything,
    Tenant(&'a str),
    Database(&'a str, &'a str),
    /// A database with all of its collections.
    WholeDatabase(&'a str, &'a str),
    Collection {
        tenant: &'a str,
        database: &'a str,
        name: &'a str,
        /// Empty for a collection that is yet to be made.
        id: &'a str,
    },
}

impl Area {
    fn has(&self, place: Place<'_>) -> bool {
        match place {
            Place::Everything => self.is_everything(),
            Place::Tenant(tenant) => self.tenants.contains(tenant),
            Place::Database(tenant, database) => self.has_database(tenant, database),
            Place::WholeDatabase(tenant, database) => {
                self.has_database(tenant, database) && self.collections.is_any()
            }
            Place::Collection { tenant, database, name, id } => {
                self.has_database(tenant, database)
                    && (self.collections.contains(name) || (!id.is_empty() && self.collections.contains(id)))
            }
        }
    }
}

/// Who a request comes from. A clone is a reference count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity(Arc<User>);

impl Identity {
    pub(crate) fn new(user: User) -> Self {
        Self(Arc::new(user))
    }

    /// Everybody, on a server without authentication.
    pub(crate) fn everybody() -> Self {
        Self::unbounded("")
    }

    /// A user who may do everything.
    pub(crate) fn unbounded(id: &str) -> Self {
        let everything = Grant { actions: ActionSet::EVERY, within: Vec::new() };
        Self::new(User::with_grants(id, vec![everything]))
    }

    /// A user who may do nothing; also whoever calls a route that needs no credentials.
    pub(crate) fn powerless(id: &str) -> Self {
        Self::new(User::with_grants(id, Vec::new()))
    }

    pub(super) fn user(&self) -> &User {
        &self.0
    }

    /// Name of the user; empty on a server without authentication.
    pub(crate) fn user_id(&self) -> &str {
        &self.0.id
    }

    /// The tenant as a client is told it: a name, or `*` for any.
    pub(crate) fn tenant(&self) -> String {
        self.0.bound.tenants.listed().join(",")
    }

    /// The databases as a client is told them: names, or one `*` for all.
    pub(crate) fn databases(&self) -> Vec<String> {
        self.0.bound.databases.listed()
    }

    /// Whether the user may do anything at all.
    pub(crate) fn is_powerful(&self) -> bool {
        !self.0.grants.is_empty()
    }

    /// Whether `place` is within the user's bounds, whatever may be done there.
    pub(crate) fn reaches(&self, place: Place<'_>) -> bool {
        self.0.bound.has(place)
    }

    /// Limits of this user in place of those of the options.
    pub(crate) fn limits(&self) -> OwnLimits {
        self.0.limits.or(self.0.role_limits)
    }

    /// Whether some place may be reached with `action` at all.
    pub(crate) fn has(&self, action: Action) -> bool {
        self.0.grants.iter().any(|grant| grant.actions.contains(action))
    }

    /// Whether `action` may be done at `place`.
    pub(crate) fn may(&self, action: Action, place: Place<'_>) -> bool {
        let User { bound, grants, .. } = &*self.0;
        bound.has(place) && grants.iter().any(|grant| grant.actions.contains(action) && grant.has(place))
    }

    /// What a request means by `tenant` if the default tenant stands for the user's own.
    pub(crate) fn own_tenant<'a>(&'a self, tenant: &'a str) -> &'a str {
        if tenant == DEFAULT_TENANT { self.0.bound.tenants.single().unwrap_or(tenant) } else { tenant }
    }

    /// What a request means by `database` if the default database stands for the user's own.
    pub(crate) fn own_database<'a>(&'a self, database: &'a str) -> &'a str {
        if database == DEFAULT_DATABASE {
            self.0.bound.databases.single().unwrap_or(database)
        } else {
            database
        }
    }
}

#[cfg(test)]
mod tests;
