//! Text that is none, and keys that are there twice.

use serde_json::{Value, json};

use crate::{
    exchange::{get, post, send_bytes},
    process::{Place, Server},
};

const V1: &str = "/api/v1/collections";
const V2: &str = "/api/v2/tenants/default_tenant/databases/default_database/collections";

/// The path of a new collection in both generations.
fn collection(server: &Server) -> [String; 2] {
    let made = post(&server.address, V1, r#"{"name":"texts"}"#);
    let made: Value = serde_json::from_str(&made.body).unwrap();
    [V1, V2].map(|generation| format!("{generation}/{}", made["id"].as_str().unwrap()))
}

fn count(server: &Server, path: &str) -> String {
    get(&server.address, &format!("{path}/count")).body
}

#[test]
fn a_lone_surrogate_is_no_text_wherever_it_stands() {
    let place = Place::new();
    let server = place.start(&[]);
    let paths = collection(&server);
    let bodies = [
        ("add", r#"{"ids":["%"],"embeddings":[[1,2]]}"#),
        ("add", r#"{"ids":["a"],"embeddings":[[1,2]],"documents":["%"]}"#),
        ("add", r#"{"ids":["a"],"embeddings":[[1,2]],"uris":["%"]}"#),
        ("add", r#"{"ids":["a"],"embeddings":[[1,2]],"metadatas":[{"k":"%"}]}"#),
        ("add", r#"{"ids":["a"],"embeddings":[[1,2]],"metadatas":[{"%":1}]}"#),
        ("upsert", r#"{"ids":["%"],"embeddings":[[1,2]]}"#),
        ("get", r#"{"ids":["%"]}"#),
        ("get", r#"{"where":{"k":"%"}}"#),
        ("get", r#"{"where_document":{"$contains":"%"}}"#),
    ];
    for text in [r"\ud800", r"x\udfff", r"\udc00\ud800", r"\ud800\u0041"] {
        for (route, body) in bodies {
            let body = body.replace('%', text);
            let [on_v1, on_v2] =
                [0, 1].map(|which| post(&server.address, &format!("{}/{route}", paths[which]), &body));
            assert_eq!(on_v1.status, 500, "v1 {route} {body}: {on_v1:?}");
            assert!(on_v1.body.contains("JSONDecodeError") && on_v1.body.contains("surrogate"), "{on_v1:?}");
            assert_eq!(on_v2.status, 400, "v2 {route} {body}: {on_v2:?}");
            assert!(on_v2.body.contains("Failed to parse the request body as JSON"), "{on_v2:?}");
            assert_eq!(count(&server, &paths[0]), "0");
        }
    }
}

#[test]
fn fields_that_nobody_asks_for_must_be_json_too_on_v1() {
    let place = Place::new();
    let server = place.start(&[]);
    let [path, _] = collection(&server);
    let bodies = [
        ("add", r#"{"ids":["a"],"embeddings":[[1,2]],"other":%}"#),
        ("upsert", r#"{"other":%,"ids":["a"],"embeddings":[[1,2]]}"#),
        ("update", r#"{"ids":["a"],"embeddings":[[1,2]],"other":[%]}"#),
        ("query", r#"{"query_embeddings":[[1,2]],"n_results":1,"include":["documents"],"other":{"x":%}}"#),
        ("get", r#"{"ids":["a"],"other":%}"#),
        ("delete", r#"{"ids":["a"],"other":%}"#),
    ];
    let wrong = [
        (r#""\ud800""#, "no low surrogate in string"),
        (r#"{"\udc00":1}"#, "invalid high surrogate in string"),
        ("1e999", "number is infinity when parsed as double"),
        ("NaN", "unexpected character"),
    ];
    for (route, body) in bodies {
        for (value, reason) in wrong {
            let answer = post(&server.address, &format!("{path}/{route}"), &body.replace('%', value));
            assert_eq!(answer.status, 500, "{route} {value}: {answer:?}");
            assert!(
                answer.body.contains(&format!("JSONDecodeError('{reason}")),
                "{route} {value}: {answer:?}"
            );
            assert_eq!(count(&server, &path), "0");
        }
    }
    for (value, number) in [(r#""\ud83d\ude00""#, "1"), ("1e99", "2")] {
        let body = r#"{"ids":["!"],"embeddings":[[1,2]],"other":%}"#.replace('!', number).replace('%', value);
        assert_eq!(post(&server.address, &format!("{path}/add"), &body).status, 201, "{body}");
        assert_eq!(count(&server, &path), number);
    }
}

#[test]
fn a_pair_of_surrogates_is_one_character_and_zero_is_a_character() {
    let place = Place::new();
    let server = place.start(&[]);
    for path in collection(&server) {
        for (text, character) in [(r"\ud83d\ude00", "\u{1f600}"), (r"\u0000", "\0")] {
            let body = r#"{"ids":["%"],"embeddings":[[1,2]],"documents":["d%"],"metadatas":[{"k%":"v%"}]}"#;
            let added = post(&server.address, &format!("{path}/add"), &body.replace('%', text));
            assert_eq!(added.status, 201, "{path} {added:?}");
            let found =
                post(&server.address, &format!("{path}/get"), &json!({ "ids": [character] }).to_string());
            let found: Value = serde_json::from_str(&found.body).unwrap();
            assert_eq!(found["documents"], json!([format!("d{character}")]), "{path}");
            assert_eq!(
                found["metadatas"],
                json!([{ (format!("k{character}")): format!("v{character}") }]),
                "{path}"
            );
        }
        assert_eq!(
            post(&server.address, &format!("{path}/delete"), r#"{"ids":["\ud83d\ude00","\u0000"]}"#).status,
            200
        );
    }
}

#[test]
fn bytes_that_are_no_utf_8_are_refused() {
    let place = Place::new();
    let server = place.start(&[]);
    for path in collection(&server) {
        for bytes in [&b"\xff"[..], b"\xed\xa0\x80", b"\xc0\x80", b"\xf8\x88\x80\x80\x80"] {
            let body = [br#"{"ids":[""#, bytes, br#""],"embeddings":[[1,2]]}"#].concat();
            let answer = send_bytes(&server.address, "POST", &format!("{path}/add"), "", &body);
            assert_eq!(answer.status, 400, "{path} {bytes:x?} {answer:?}");
            assert_eq!(answer.header("content-type"), Some("application/json"), "{path}");
            assert_eq!(count(&server, &path), "0");
        }
    }
}

/// What is stored, or the status and the start of the text of a refusal.
#[track_caller]
fn check(server: &Server, paths: &[String; 2], body: &str, on_v1: Option<&Value>, on_v2: Option<&Value>) {
    for (path, stored) in paths.iter().zip([on_v1, on_v2]) {
        let answer = post(&server.address, &format!("{path}/add"), body);
        let all = r#"{"include":["embeddings","metadatas","documents"]}"#;
        let found: Value =
            serde_json::from_str(&post(&server.address, &format!("{path}/get"), all).body).unwrap();
        let found = json!([found["ids"], found["embeddings"], found["metadatas"], found["documents"]]);
        if let Some(stored) = stored {
            assert_eq!(answer.status, 201, "{path} {body} {answer:?}");
            assert_eq!(&found, stored, "{path} {body}");
            let gone = post(&server.address, &format!("{path}/delete"), r#"{"ids":["d"]}"#);
            assert_eq!(gone.status, 200, "{gone:?}");
        } else {
            assert_eq!(answer.status, 422, "{path} {body} {answer:?}");
            assert_eq!(found, json!([[], [], [], []]), "{path} {body}");
        }
    }
}

#[test]
fn of_two_values_of_a_key_the_last_one_counts_or_the_field_is_refused_by_name() {
    let place = Place::new();
    let server = place.start(&[]);
    let paths = collection(&server);
    let plain = json!([["d"], [[1.0, 2.0]], [null], [null]]);
    let other = json!([["d"], [[3.0, 4.0]], [null], [null]]);
    // Fields of a body: v2 refuses a repeated one, as its JSON library does in Chroma.
    for (body, stored) in [
        (r#"{"ids":["no"],"ids":["d"],"embeddings":[[1,2]]}"#, &plain),
        (r#"{"ids":5,"ids":["d"],"embeddings":[[1,2]]}"#, &plain),
        (r#"{"ids":["d"],"embeddings":[[1,2]],"embeddings":[[3,4]]}"#, &other),
        (r#"{"ids":["d"],"embeddings":[[1,2]],"documents":["a"],"documents":null}"#, &plain),
    ] {
        check(&server, &paths, body, Some(stored), None);
    }
    check(&server, &paths, r#"{"ids":["d"],"ids":5,"embeddings":[[1,2]]}"#, None, None);
    // Keys of the user, and fields that nobody knows.
    let keyed = json!([["d"], [[1.0, 2.0]], [{ "k": 2 }], [null]]);
    let body = r#"{"ids":["d"],"embeddings":[[1,2]],"metadatas":[{"k":1,"k":2}]}"#;
    check(&server, &paths, body, Some(&keyed), Some(&keyed));
    let body = r#"{"ids":["d"],"embeddings":[[1,2]],"unknown":1,"unknown":2}"#;
    check(&server, &paths, body, Some(&plain), Some(&plain));
}

#[test]
fn of_two_operands_of_a_filter_the_last_one_counts() {
    let place = Place::new();
    let server = place.start(&[]);
    for path in collection(&server) {
        let records = r#"{"ids":["1","2"],"embeddings":[[1,2],[3,4]],"metadatas":[{"k":1},{"k":2}]}"#;
        post(&server.address, &format!("{path}/upsert"), records);
        for (filter, found) in [(r#"{"k":1,"k":2}"#, r#"["2"]"#), (r#"{"k":{"$gt":5,"$gt":1}}"#, r#"["2"]"#)]
        {
            let body = format!(r#"{{"include":[],"where":{filter}}}"#);
            let answer = post(&server.address, &format!("{path}/get"), &body);
            assert!(answer.body.contains(&format!("\"ids\":{found}")), "{path} {filter} {answer:?}");
        }
    }
}
