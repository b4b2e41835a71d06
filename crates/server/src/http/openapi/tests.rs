//! The description against the table of routes.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{super::all_routes, *};
use crate::auth::settings::Method;

fn document() -> Value {
    document::of(all_routes(true).described(), Admission { method: Method::Off, is_limited: false })
}

/// Each operation with its method and path.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap();
            methods.iter().map(move |(method, operation)| (format!("{method} {path}"), operation))
        })
        .collect()
}

#[test]
fn every_route_is_described_and_every_description_has_a_route() {
    let table = all_routes(true);
    let described: BTreeSet<String> = table
        .described()
        .iter()
        .map(|route| format!("{} {}", route.method.as_str().to_ascii_lowercase(), route.path))
        .collect();
    let document = document();
    let listed: BTreeSet<String> = operations(&document).into_iter().map(|(name, _)| name).collect();
    assert_eq!(listed, described);

    let pages =
        ["/openapi.json", "/docs", "/docs/", "/docs/app.js", "/docs/example.js", "/docs/style.css", "/redoc"];
    let operators = ["/healthz", "/livez", "/readyz", "/metrics"];
    let paths: BTreeSet<&str> = table.described().iter().map(|route| route.path).collect();
    for path in table.registered_paths() {
        let path = path.strip_suffix('/').filter(|_| path.starts_with("/api/v1")).unwrap_or(path);
        let is_page = pages.contains(&path) || operators.contains(&path);
        assert!(paths.contains(path) || is_page, "{path} is served and not described");
    }
}

#[test]
fn an_operation_has_a_name_of_its_own_a_tag_and_a_summary() {
    let document = document();
    let mut names = BTreeSet::new();
    for (route, operation) in operations(&document) {
        let name = operation["operationId"].as_str().unwrap();
        assert!(names.insert(name), "{route}: {name} is taken");
        assert!(!operation["summary"].as_str().unwrap().is_empty(), "{route}");
        assert!(!operation["tags"][0].as_str().unwrap().is_empty(), "{route}");
    }
}

/// Those of Chroma 1.5.9, by which clients that were generated from its description call them.
const CHROMAS: [&str; 35] = [
    "attach_function",
    "collection_add",
    "collection_count",
    "collection_delete",
    "collection_get",
    "collection_query",
    "collection_search",
    "collection_update",
    "collection_upsert",
    "count_collections",
    "create_collection",
    "create_database",
    "create_tenant",
    "delete_collection",
    "delete_database",
    "detach_function",
    "fork_collection",
    "fork_count",
    "get_attached_function",
    "get_collection",
    "get_collection_by_crn",
    "get_collection_by_id",
    "get_database",
    "get_tenant",
    "get_user_identity",
    "healthcheck",
    "heartbeat",
    "indexing_status",
    "list_collections",
    "list_databases",
    "pre_flight_checks",
    "reset",
    "update_collection",
    "update_tenant",
    "version",
];

#[test]
fn operations_of_the_second_generation_have_chromas_names() {
    let document = document();
    let names: BTreeSet<&str> = operations(&document)
        .iter()
        .map(|(_, operation)| operation["operationId"].as_str().unwrap())
        .collect();
    for name in CHROMAS {
        assert!(names.contains(name), "{name}");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn check(value: &Value, document: &Value) {
        match value {
            Value::Object(object) => {
                if let Some(Value::String(reference)) = object.get("$ref") {
                    let target = document.pointer(reference.strip_prefix('#').unwrap());
                    assert!(target.is_some(), "{reference}");
                }
                object.values().for_each(|value| check(value, document));
            }
            Value::Array(items) => items.iter().for_each(|value| check(value, document)),
            _ => {}
        }
    }
    let document = document();
    check(&document, &document);
}

#[test]
fn path_parameters_are_those_of_the_path() {
    let document = document();
    let operation = &document["paths"]["/api/v2/tenants/{tenant}/databases/{database}"]["get"];
    let names: Vec<&str> = operation["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|parameter| parameter["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["tenant", "database"]);
}

#[test]
fn integers_have_the_bounds_of_their_types() {
    let document = document();
    let limit = &document["components"]["schemas"]["GetRequestPayload"]["properties"]["limit"];
    assert_eq!(limit["maximum"], u32::MAX);
    assert_eq!(limit["minimum"], 0);
}
