//! The audit log as an operator finds it.

use std::fs;

use serde_json::Value;

use crate::{
    exchange::{get, post, send},
    process::{Place, Signal, huedb},
};

const COLLECTIONS: &str = "/api/v2/tenants/default_tenant/databases/default_database/collections";

fn lines(path: &std::path::Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn requests_about_data_are_written_down_without_the_data() {
    let place = Place::new();
    let server = place.start(&["--audit-log", "audit.log"]);
    let created = post(&server.address, COLLECTIONS, r#"{"name":"papers","metadata":{"k":"secret-value"}}"#);
    assert_eq!(created.status, 200, "{}", created.body);
    let body: Value = serde_json::from_str(&created.body).unwrap();
    let id = body["id"].as_str().unwrap();
    let records = r#"{"ids":["secret-id"],"embeddings":[[1,2]],"documents":["secret-document"]}"#;
    let path = format!("{COLLECTIONS}/{id}/add");
    assert_eq!(send(&server.address, "POST", &path, "X-Request-Id: mine\r\n", records).status, 201);
    assert_eq!(get(&server.address, "/api/v1/collections/missing?tenant=default_tenant").status, 400);
    assert_eq!(get(&server.address, "/api/v2/heartbeat").status, 200);
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code, Some(0));

    let path = place.path().join("audit.log");
    assert!(!fs::read_to_string(&path).unwrap().contains("secret"));
    let lines = lines(&path);
    let shown: Vec<_> = lines
        .iter()
        .map(|line| {
            (
                line["action"].as_str().unwrap(),
                line["status"].as_u64().unwrap(),
                line["outcome"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("db:create_collection", 200, "done"),
            ("collection:add", 201, "done"),
            ("collection:get_collection", 400, "refused"),
        ]
    );
    let added = &lines[1];
    assert_eq!(added["request_id"], "mine");
    assert_eq!(added["source"], "127.0.0.1");
    assert_eq!(added["tenant"], "default_tenant");
    assert_eq!(added["database"], "default_database");
    assert_eq!(added["collection"], id);
    assert_eq!(lines[2]["collection"], "missing");
}

#[test]
fn a_log_that_was_moved_away_is_begun_anew_on_a_hangup() {
    let place = Place::new();
    let server = place.start(&["--audit-log", "audit.log"]);
    let path = place.path().join("audit.log");
    assert_eq!(get(&server.address, COLLECTIONS).status, 200);
    fs::rename(&path, place.path().join("moved.log")).unwrap();
    server.signal(Signal::HUP);
    server.wait_for_log("audit log read again", 1);
    assert_eq!(get(&server.address, COLLECTIONS).status, 200);
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code, Some(0));
    let count = |name: &str| lines(&place.path().join(name)).len();
    assert_eq!((count("moved.log"), count("audit.log")), (1, 1));
}

#[test]
fn without_the_option_there_is_no_file() {
    let place = Place::new();
    let server = place.start(&[]);
    assert_eq!(get(&server.address, COLLECTIONS).status, 200);
    assert!(!place.path().join("audit.log").exists());
}

#[test]
fn failed_logins_and_users_are_in_it_and_tokens_are_not() {
    let place = Place::new();
    let mut command = huedb(&["run", "--port", "0", "--auth", "token", "--audit-log", "audit.log"]);
    let users = "users:\n  - id: alice\n    tokens:\n      - secret-token-of-alice\n";
    let server = place.start_with(command.env("HUEDB_AUTH_CREDENTIALS", users));
    for (token, status) in [("secret-token-of-alice", 200), ("secret-guess", 401)] {
        let header = format!("Authorization: Bearer {token}\r\n");
        assert_eq!(send(&server.address, "GET", COLLECTIONS, &header, "").status, status, "token={token}");
    }
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code, Some(0));
    let path = place.path().join("audit.log");
    assert!(!fs::read_to_string(&path).unwrap().contains("secret"));
    let lines = lines(&path);
    assert_eq!((&lines[0]["user"], &lines[0]["outcome"]), (&Value::from("alice"), &Value::from("done")));
    assert_eq!((&lines[1]["user"], &lines[1]["outcome"]), (&Value::Null, &Value::from("denied")));
}

#[test]
fn lines_count_records_and_name_what_is_made() {
    let place = Place::new();
    let server = place.start(&["--audit-log", "audit.log"]);
    let mut expected = Vec::new();
    for (version, collections) in [("v1", "/api/v1/collections"), ("v2", COLLECTIONS)] {
        let created = post(&server.address, collections, &format!(r#"{{"name":"made-{version}"}}"#));
        let body: Value = serde_json::from_str(&created.body).unwrap();
        expected.push(("db:create_collection", Value::from(format!("made-{version}")), Value::Null));
        let id = body["id"].as_str().unwrap();
        let mut ask = |what: &str, body: &str, records: Value| {
            let answer = post(&server.address, &format!("{collections}/{id}/{what}"), body);
            assert!(answer.status < 300, "{version} {what}: {}", answer.body);
            expected.push((
                *NAMES.iter().find(|name| name.ends_with(what)).unwrap(),
                Value::from(id),
                records,
            ));
        };
        ask("add", r#"{"ids":["a","b","c"],"embeddings":[[1,2],[3,4],[5,6]]}"#, 3.into());
        ask("update", r#"{"ids":["a","missing"],"embeddings":[[1,2],[3,4]]}"#, 1.into());
        ask("upsert", r#"{"ids":["c","d"],"embeddings":[[1,2],[3,4]]}"#, 2.into());
        ask("get", r#"{"limit":3}"#, 3.into());
        ask("query", r#"{"query_embeddings":[[1,2],[3,4]],"n_results":2}"#, 4.into());
        ask("delete", r#"{"ids":["a","missing"]}"#, 1.into());
    }
    // A body that is none names nothing.
    assert!(post(&server.address, COLLECTIONS, "{").status >= 400);
    expected.push(("db:create_collection", Value::Null, Value::Null));
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code, Some(0));
    let lines = lines(&place.path().join("audit.log"));
    let shown: Vec<_> = lines
        .iter()
        .map(|line| (line["action"].as_str().unwrap(), line["collection"].clone(), line["records"].clone()))
        .collect();
    assert_eq!(shown, expected);
}

const NAMES: [&str; 6] = [
    "collection:add",
    "collection:update",
    "collection:upsert",
    "collection:get",
    "collection:query",
    "collection:delete",
];

#[test]
fn what_is_out_of_reach_is_a_denial_whatever_the_client_is_told() {
    let place = Place::new();
    let mut command = huedb(&["run", "--port", "0", "--auth", "token", "--audit-log", "audit.log"]);
    let users = "users:\n- {id: root, tokens: root}\n- {id: bound, tokens: bound, collections: mine}\n";
    let server = place.start_with(command.env("HUEDB_AUTH_CREDENTIALS", users));
    let ask = |token: &str, method: &str, path: &str, body: &str| {
        send(&server.address, method, path, &format!("Authorization: Bearer {token}\r\n"), body).status
    };
    assert_eq!(ask("root", "POST", COLLECTIONS, r#"{"name":"foreign"}"#), 200);
    assert_eq!(ask("bound", "GET", &format!("{COLLECTIONS}/foreign"), ""), 404);
    assert_eq!(ask("bound", "GET", &format!("{COLLECTIONS}/missing"), ""), 404);
    assert_eq!(ask("bound", "POST", COLLECTIONS, r#"{"name":"other"}"#), 403);
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code, Some(0));
    let lines = lines(&place.path().join("audit.log"));
    let shown: Vec<_> = lines
        .iter()
        .map(|line| [line["collection"].as_str().unwrap(), line["outcome"].as_str().unwrap()])
        .collect();
    assert_eq!(
        shown,
        [["foreign", "done"], ["foreign", "denied"], ["missing", "refused"], ["other", "denied"]]
    );
}
