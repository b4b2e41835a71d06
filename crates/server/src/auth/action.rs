//! What a request asks for, and by which name authorisation files grant it.

/// How much an action can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Says nothing about data; needs no credentials.
    Open,
    /// Looks at data; what a read-only user may do.
    Read,
    /// Changes data of a tenant, a database or a collection.
    Write,
    /// Concerns the data of all tenants.
    Everything,
}

macro_rules! actions {
    ($($variant:ident $name:literal $reach:ident,)*) => {
        /// What a request asks for. Names are those of Chroma's authorisation files.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Action {
            $($variant,)*
        }

        impl Action {
            pub(crate) const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Name in an authorisation file and in logs.
            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            pub(crate) fn reach(self) -> Reach {
                match self {
                    $(Self::$variant => Reach::$reach,)*
                }
            }
        }
    };
}

actions! {
    Heartbeat "system:heartbeat" Open,
    Version "system:version" Open,
    Healthcheck "system:healthcheck" Open,
    PreFlightChecks "system:pre_flight_checks" Open,
    ReadDocumentation "system:documentation" Open,
    Probe "system:probe" Open,
    Metrics "system:metrics" Everything,
    Identity "system:identity" Read,
    SystemReset "system:reset" Everything,
    CreateTenant "tenant:create_tenant" Write,
    GetTenant "tenant:get_tenant" Read,
    UpdateTenant "tenant:update_tenant" Write,
    CreateDatabase "db:create_database" Write,
    GetDatabase "db:get_database" Read,
    DeleteDatabase "db:delete_database" Write,
    ListDatabases "db:list_databases" Read,
    ListCollections "db:list_collections" Read,
    CountCollections "db:count_collections" Read,
    CreateCollection "db:create_collection" Write,
    GetCollection "collection:get_collection" Read,
    GetCollectionByCrn "collection:get_collection_by_crn" Read,
    UpdateCollection "collection:update_collection" Write,
    DeleteCollection "collection:delete_collection" Write,
    Add "collection:add" Write,
    Update "collection:update" Write,
    Upsert "collection:upsert" Write,
    Delete "collection:delete" Write,
    Get "collection:get" Read,
    Query "collection:query" Read,
    Count "collection:count" Read,
    Search "collection:search" Read,
    Fork "collection:fork_collection" Write,
    CountForks "collection:count_forks" Read,
    IndexingStatus "collection:indexing_status" Read,
    AttachFunction "collection:create_attached_function" Write,
    GetAttachedFunction "collection:get_attached_function" Read,
    DetachFunction "collection:remove_attached_function" Write,
}

/// Names of older files and what they stand for now.
const OLDER_NAMES: &[(&str, &str)] = &[
    ("db:reset", "system:reset"),
    ("db:get_collection", "collection:get_collection"),
    ("db:delete_collection", "collection:delete_collection"),
    ("db:update_collection", "collection:update_collection"),
];

/// Names that stand in Chroma's example files and that no route of Chroma asks for.
const IDLE_NAMES: &[&str] = &["db:get_or_create_collection", "collection:peek"];

/// A set of actions.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ActionSet(u64);

const _: () = assert!(Action::ALL.len() <= 64, "a set of actions is one number of 64 bits");

impl ActionSet {
    pub(crate) const EVERY: Self = Self(u64::MAX);

    /// The actions that leave everything as it is.
    pub(crate) fn reading() -> Self {
        Action::ALL.iter().filter(|action| matches!(action.reach(), Reach::Open | Reach::Read)).collect()
    }

    pub(crate) fn contains(self, action: Action) -> bool {
        self.0 & (1 << action as u64) != 0
    }

    pub(crate) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What an authorisation file grants by `pattern`: a name, `collection:*` or `*`. `None` if it
    /// grants nothing and never did.
    pub(crate) fn named(pattern: &str) -> Option<Self> {
        let pattern = OLDER_NAMES.iter().find(|(older, _)| *older == pattern).map_or(pattern, |(_, now)| now);
        if IDLE_NAMES.contains(&pattern) {
            return Some(Self::default());
        }
        let granted = match pattern.strip_suffix('*') {
            Some(start) if start.is_empty() || start.ends_with(':') => {
                Action::ALL.iter().filter(|action| action.name().starts_with(start)).collect()
            }
            _ => Action::ALL.iter().filter(|action| action.name() == pattern).collect(),
        };
        (granted != Self::default()).then_some(granted)
    }
}

impl<'a> FromIterator<&'a Action> for ActionSet {
    fn from_iter<I: IntoIterator<Item = &'a Action>>(actions: I) -> Self {
        Self(actions.into_iter().fold(0, |bits, action| bits | 1 << *action as u64))
    }
}

impl std::fmt::Debug for ActionSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let actions = Action::ALL.iter().filter(|action| self.contains(**action));
        f.debug_set().entries(actions.map(|action| action.name())).finish()
    }
}

#[cfg(test)]
mod tests;
