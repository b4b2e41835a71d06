//! Limits of a caller and of a tenant as clients meet them.

use std::fs;

use crate::{
    exchange::{Answer, get, post, send},
    process::{Place, Server, Signal, huedb, run},
};

const COLLECTIONS: [&str; 2] =
    ["/api/v1/collections", "/api/v2/tenants/default_tenant/databases/default_database/collections"];

/// Asks until it is refused, which must happen within so many requests.
fn refused(ask: impl Fn(usize) -> Answer) -> Answer {
    (0..10_000).map(ask).find(|answer| !matches!(answer.status, 200 | 201)).expect("nothing is refused")
}

#[test]
fn too_many_requests_are_refused_in_the_words_of_each_generation() {
    let place = Place::new();
    let server = place.start(&["--requests-per-second-max", "1"]);
    let bodies = [
        r#"{"error":"RateLimitError","message":"Rate limit exceeded."}"#,
        r#"{"error":"RateLimitError","message":"Too many requests; backoff and try again"}"#,
    ];
    for (path, body) in COLLECTIONS.iter().zip(bodies) {
        let answer = refused(|_| get(&server.address, path));
        assert_eq!((answer.status, answer.body.as_str()), (429, body), "path={path}");
        assert_eq!(answer.header("retry-after"), Some("1"), "path={path}");
    }
    for _ in 0..20 {
        assert_eq!(get(&server.address, "/api/v1/heartbeat").status, 200);
    }
}

#[test]
fn a_tenant_at_its_quota_can_read_and_delete() {
    let place = Place::new();
    let server = place.start(&["--tenant-records-max", "3"]);
    let answers = [
        (429, r#"{"message":"quota error. resource: records quota: 3 actual: "#),
        (422, r#"{"error":"QuotaError","message":"Quota exceeded: "#),
    ];
    for (number, (path, (status, text))) in COLLECTIONS.iter().zip(answers).enumerate() {
        let created = post(&server.address, path, &format!(r#"{{"name":"quota-{number}"}}"#));
        let created: serde_json::Value = serde_json::from_str(&created.body).unwrap();
        let collection = format!("{path}/{}", created["id"].as_str().unwrap());
        let add = |id: usize| {
            let body = format!(r#"{{"ids":["{id}"],"embeddings":[[1,2]]}}"#);
            post(&server.address, &format!("{collection}/add"), &body)
        };
        let answer = refused(add);
        assert_eq!(answer.status, status, "{}", answer.body);
        assert!(answer.body.starts_with(text), "{}", answer.body);
        assert!(answer.header("retry-after").is_some());
        assert_eq!(post(&server.address, &format!("{collection}/get"), "{}").status, 200);
        assert_eq!(post(&server.address, &format!("{collection}/delete"), r#"{"ids":["0"]}"#).status, 200);
    }
}

const USERS: &str = "\
roles_mapping:
  slow: {actions: ['*'], limits: {requests_per_second: 1}}
  free: {actions: ['*'], limits: {requests_per_second: 0}}
users:
- {id: sam, role: slow, tokens: sam}
- {id: fred, role: free, tokens: fred}
- {id: olga, role: free, tokens: olga, limits: {requests_per_second: 1}}
- {id: quentin, role: free, tokens: quentin, limits: {records: 3}}
";

fn start_with_users(place: &Place, more: &[&str]) -> Server {
    fs::write(place.path().join("users.yaml"), USERS).unwrap();
    let users = ["--auth", "token", "--authz", "roles"];
    let files = ["--auth-credentials-file", "users.yaml", "--authz-config-file", "users.yaml"];
    place.start(&[&users, &files, more].concat())
}

fn ask_as(server: &Server, token: &str, path: &str) -> Answer {
    send(&server.address, "GET", path, &format!("Authorization: Bearer {token}\r\n"), "")
}

fn post_as(server: &Server, token: &str, path: &str, body: &str) -> Answer {
    send(&server.address, "POST", path, &format!("Authorization: Bearer {token}\r\n"), body)
}

#[test]
fn users_and_roles_have_limits_of_their_own_that_change_with_the_file() {
    let place = Place::new();
    // Whoever has no own limit is not let through twice.
    let server = start_with_users(&place, &["--requests-per-second-max", "1"]);
    for path in COLLECTIONS {
        for token in ["sam", "olga"] {
            let answer = refused(|_| ask_as(&server, token, path));
            assert_eq!((answer.status, answer.header("retry-after")), (429, Some("1")), "{path} as {token}");
        }
        for _ in 0..20 {
            assert_eq!(ask_as(&server, "fred", path).status, 200, "{path}");
        }
    }
    fs::write(
        place.path().join("new"),
        USERS.replace("id: fred,", "id: fred, limits: {requests_per_second: 1},"),
    )
    .unwrap();
    fs::rename(place.path().join("new"), place.path().join("users.yaml")).unwrap();
    server.signal(Signal::HUP);
    server.wait_for_log("users and roles read again", 1);
    assert_eq!(refused(|_| ask_as(&server, "fred", COLLECTIONS[1])).status, 429);
}

#[test]
fn a_quota_of_a_user_binds_that_user_alone() {
    let place = Place::new();
    let server = start_with_users(&place, &[]);
    for (number, (path, status)) in COLLECTIONS.iter().zip([429, 422]).enumerate() {
        let created = post_as(&server, "fred", path, &format!(r#"{{"name":"own-{number}"}}"#));
        let created: serde_json::Value = serde_json::from_str(&created.body).unwrap();
        let collection = format!("{path}/{}", created["id"].as_str().unwrap());
        let add = |token: &str, id: usize| {
            let body = format!(r#"{{"ids":["{token}-{id}"],"embeddings":[[1,2]]}}"#);
            post_as(&server, token, &format!("{collection}/add"), &body)
        };
        let answer = refused(|id| add("quentin", id));
        assert_eq!(answer.status, status, "{}", answer.body);
        assert_eq!(answer.header("retry-after"), Some("60"));
        assert!(matches!(add("fred", 0).status, 200 | 201), "{path}");
        assert_eq!(post_as(&server, "quentin", &format!("{collection}/get"), "{}").status, 200, "{path}");
    }
}

#[test]
fn a_limit_that_is_none_stops_the_start_with_file_and_line() {
    let place = Place::new();
    let file = place.path().join("users.yaml");
    fs::write(&file, USERS.replace("records: 3", "records: three")).unwrap();
    let file = file.to_str().unwrap();
    let ended = run(&mut huedb(&["run", "--port", "0", "--auth", "token", "--auth-credentials-file", file]));
    assert_eq!(ended.code, Some(2), "{}", ended.errors);
    let expected = format!("{file}, line 8: users[3].limits.records: a limit is not a whole number");
    assert!(ended.errors.contains(&expected), "{}", ended.errors);
}
