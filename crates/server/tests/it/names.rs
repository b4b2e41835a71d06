//! How long names and ids may be.

use serde_json::{Value, json};

use crate::{
    exchange::{get, post, send},
    process::{Place, Server},
};

const V1: &str = "/api/v1";
const V2: &str = "/api/v2";
const V1_COLLECTIONS: &str = "/api/v1/collections";
const V2_DATABASES: &str = "/api/v2/tenants/default_tenant/databases";
const V2_COLLECTIONS: &str = "/api/v2/tenants/default_tenant/databases/default_database/collections";

/// The longest name of a tenant, in bytes.
const TENANT_MAX: usize = 65_533;

/// Status, error name and text of the answer to a new name.
fn create(server: &Server, path: &str, name: &str) -> (u16, String, String) {
    let answer = post(&server.address, path, &json!({ "name": name }).to_string());
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
    (answer.status, text("error"), text("message"))
}

#[test]
fn a_tenants_name_fits_into_a_key_of_the_store_or_is_refused() {
    let place = Place::new();
    let server = place.start(&[]);
    for (api, letter) in [(V1, "a"), (V2, "b")] {
        let path = format!("{api}/tenants");
        for bytes in [TENANT_MAX - 1, TENANT_MAX, TENANT_MAX + 1, TENANT_MAX + 2, 300_000, 3_000_000] {
            let name = letter.repeat(bytes);
            let (status, error, message) = create(&server, &path, &name);
            if bytes <= TENANT_MAX {
                assert_eq!(status, 200, "{path} bytes={bytes}");
                continue;
            }
            assert_eq!((status, error.as_str()), (400, "InvalidArgumentError"), "{path} bytes={bytes}");
            let rule = format!("a tenant name has at most {TENANT_MAX} bytes, got {bytes}");
            assert!(message.ends_with(&rule), "{path} {message}");
            assert_eq!(create(&server, &path, &name).0, 400, "a refused name is not there");
        }
    }
    assert_eq!(get(&server.address, "/api/v2/heartbeat").status, 200);
}

#[test]
fn names_of_databases_and_collections_break_a_rule_before_they_are_too_long() {
    let place = Place::new();
    let server = place.start(&[]);
    let name = "n".repeat(300_000);
    for (path, status) in [(V2_DATABASES, 400), (V2_COLLECTIONS, 400), (V1_COLLECTIONS, 500)] {
        let (found, error, _) = create(&server, path, &name);
        assert_eq!(found, status, "{path} {}", &error[..error.len().min(200)]);
        let wanted =
            if status == 400 { "InvalidArgumentError" } else { "ValueError('Expected collection name" };
        assert!(error.starts_with(wanted), "{path}");
        assert_eq!(get(&server.address, V2_COLLECTIONS).body, "[]", "{path}");
    }
    // The first generation has no rule for databases, and the store none either.
    assert_eq!(create(&server, "/api/v1/databases", &name).0, 200);
    drop(server);
    let server = place.start(&[]);
    let databases: Value = serde_json::from_str(&get(&server.address, V2_DATABASES).body).unwrap();
    assert_eq!(databases.as_array().unwrap().len(), 2);
}

#[test]
fn an_id_of_a_megabyte_is_an_id() {
    let place = Place::new();
    let mut server = place.start(&[]);
    for (collections, letter) in [(V1_COLLECTIONS, "a"), (V2_COLLECTIONS, "b")] {
        let id = letter.repeat(1_000_000);
        let made =
            post(&server.address, collections, &json!({ "name": format!("long-{letter}") }).to_string());
        let made: Value = serde_json::from_str(&made.body).unwrap();
        let path = format!("{collections}/{}", made["id"].as_str().unwrap());
        let body = json!({ "ids": [id, "short"], "embeddings": [[1, 2], [3, 4]] }).to_string();
        assert_eq!(post(&server.address, &format!("{path}/add"), &body).status, 201);
        drop(server);
        server = place.start(&[]);
        let asked = json!({ "ids": [id], "include": ["embeddings"] }).to_string();
        let found = post(&server.address, &format!("{path}/get"), &asked);
        let found: Value = serde_json::from_str(&found.body).unwrap();
        assert_eq!(found["ids"][0].as_str().map(str::len), Some(1_000_000), "{collections}");
        assert_eq!(found["embeddings"], json!([[1.0, 2.0]]), "{collections}");
        assert_eq!(post(&server.address, &format!("{path}/delete"), &asked).status, 200);
        assert_eq!(send(&server.address, "GET", &format!("{path}/count"), "", "").body, "1");
    }
}
