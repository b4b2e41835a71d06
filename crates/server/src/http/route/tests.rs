//! What is declared, and what becomes of it.

use std::collections::BTreeSet;

use super::*;

/// Names in the authorisation files that Chroma's documentation shows.
const CHROMAS: [&str; 17] = [
    "system:reset",
    "tenant:create_tenant",
    "tenant:get_tenant",
    "db:create_database",
    "db:get_database",
    "db:list_collections",
    "db:count_collections",
    "db:create_collection",
    "collection:get_collection",
    "collection:delete_collection",
    "collection:update_collection",
    "collection:add",
    "collection:delete",
    "collection:get",
    "collection:query",
    "collection:update",
    "collection:upsert",
];

#[test]
fn actions_have_the_names_of_chromas_authorisation_files() {
    use Action::{
        Add, CountCollections, CreateCollection, CreateDatabase, CreateTenant, Delete, DeleteCollection, Get,
        GetCollection, GetDatabase, GetTenant, ListCollections, Query, SystemReset, Update, UpdateCollection,
        Upsert,
    };
    let actions = [
        SystemReset,
        CreateTenant,
        GetTenant,
        CreateDatabase,
        GetDatabase,
        ListCollections,
        CountCollections,
        CreateCollection,
        GetCollection,
        DeleteCollection,
        UpdateCollection,
        Add,
        Delete,
        Get,
        Query,
        Update,
        Upsert,
    ];
    assert_eq!(actions.map(Action::name), CHROMAS);
    assert_eq!(CHROMAS.iter().collect::<BTreeSet<_>>().len(), CHROMAS.len());
}

fn nothing() -> Operation {
    Operation::new("Test", "nothing", "Does nothing")
}

fn paths_of(path: &'static str) -> Vec<String> {
    let mut table = RouteTable::default();
    table.route(Action::Get, Method::GET, path, nothing(), || async {});
    table.route(Action::Add, Method::POST, path, nothing(), || async {});
    table.paths.into_keys().collect()
}

#[test]
fn only_paths_of_the_first_generation_may_end_with_a_slash() {
    assert_eq!(paths_of("/api/v1/x"), ["/api/v1/x", "/api/v1/x/"]);
    assert_eq!(paths_of("/api/v1"), ["/api/v1", "/api/v1/"]);
    assert_eq!(paths_of("/api/v2/x"), ["/api/v2/x"]);
    assert_eq!(paths_of("/metrics"), ["/metrics"]);
}

#[test]
#[should_panic(expected = "Overlapping method route")]
fn one_request_has_one_handler() {
    let mut table = RouteTable::default();
    table.route(Action::Get, Method::GET, "/x", nothing(), || async {});
    table.route(Action::Query, Method::GET, "/x", nothing(), || async {});
}
