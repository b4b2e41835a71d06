//! Limits of a caller and of a tenant as clients meet them.

use crate::{
    exchange::{Answer, get, post},
    process::Place,
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
        r#"{"message":"Rate limit exceeded."}"#,
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
