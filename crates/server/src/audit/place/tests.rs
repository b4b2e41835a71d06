//! Paths and queries of both generations.

use super::*;

#[track_caller]
fn check(uri: &str, expected: [Option<&str>; 3]) {
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    let Place { tenant, database, collection } = Place::of(path, query);
    assert_eq!([tenant.as_deref(), database.as_deref(), collection.as_deref()], expected, "uri={uri}");
}

#[test]
fn paths_name_what_they_are_about() {
    check("/api/v2/tenants/t/databases/d/collections/c/add", [Some("t"), Some("d"), Some("c")]);
    check("/api/v2/tenants/t/databases/d/collections", [Some("t"), Some("d"), None]);
    check("/api/v2/tenants", [None, None, None]);
    check("/api/v1/collections/c/query", [None, None, Some("c")]);
    check("/api/v1/collections?tenant=t&database=d", [Some("t"), Some("d"), None]);
    check("/api/v1/databases/d?tenant=t", [Some("t"), Some("d"), None]);
    check("/api/v1/tenants/t", [Some("t"), None, None]);
    check("/api/v2/auth/identity", [None, None, None]);
    check("/", [None, None, None]);
}

#[test]
fn escapes_are_undone_and_nonsense_stays() {
    check("/api/v1/collections/a%20b%2Fc", [None, None, Some("a b/c")]);
    check("/api/v1/collections/%C3%A4?tenant=x+y", [Some("x y"), None, Some("\u{e4}")]);
    check("/api/v1/collections/%FF%", [None, None, Some("%FF%")]);
    check("/api/v1/collections/%2", [None, None, Some("%2")]);
    check("/api/v1/collections/%zz%", [None, None, Some("%zz%")]);
    check("/api/v1/collections/?tenant=", [None, None, None]);
    assert!(
        Place::of(&format!("/api/v1/collections/{}", "x".repeat(5000)), "").collection.unwrap().len() <= 600
    );
}
