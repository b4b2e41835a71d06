//! Requests that are small to write and large to answer.

use std::fmt::Write as _;

use crate::{
    client::{Client, V1, V2},
    process::Place,
    size,
};

/// The two generations, each with a collection of ten records whose metadata `n` is 0 to 9.
fn each_generation(check: impl Fn(&mut Client, &str)) {
    let place = Place::new();
    let server = place.start(&[]);
    let mut client = Client::connect(&server.address);
    for generation in [V1, V2] {
        let id = client.create(&format!("collection-{}", generation.len()));
        let path = format!("{generation}/{id}");
        let list = |item: &dyn Fn(usize) -> String| (0..10).map(item).collect::<Vec<_>>().join(",");
        let body = format!(
            r#"{{"ids":[{}],"embeddings":[{}],"metadatas":[{}]}}"#,
            list(&|number| format!("\"{number}\"")),
            list(&|number| format!("[{number},1]")),
            list(&|number| format!("{{\"n\":{number}}}")),
        );
        client.done("POST", &format!("{path}/add"), body);
        check(&mut client, &path);
        assert_eq!(client.done("GET", &format!("{path}/count"), ""), 10, "the server lives and lost nothing");
    }
}

fn joined(count: usize, item: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for number in 0..count {
        let _ = write!(text, "{}{}", if number == 0 { "" } else { "," }, item(number));
    }
    text
}

#[test]
fn a_filter_of_twenty_thousand_terms_is_answered() {
    each_generation(|client, path| {
        for operator in ["$or", "$and"] {
            let terms = joined(20_000, |number| format!("{{\"n\":{number}}}"));
            let got = client.done(
                "POST",
                &format!("{path}/get"),
                format!(r#"{{"where":{{"{operator}":[{terms}]}}}}"#),
            );
            let expected = if operator == "$or" { 10 } else { 0 };
            assert_eq!(got["ids"].as_array().unwrap().len(), expected, "{path} {operator}");
        }
        let terms = joined(20_000, |number| format!("{{\"$contains\":\"{number}\"}}"));
        let got = client.done(
            "POST",
            &format!("{path}/get"),
            format!(r#"{{"where_document":{{"$or":[{terms}]}}}}"#),
        );
        assert_eq!(got["ids"].as_array().unwrap().len(), 0);
    });
}

#[test]
fn deep_filters_and_deep_json_are_refused() {
    each_generation(|client, path| {
        for depth in [100, 1_000, size(1_000_000, 100_000)] {
            let deep = format!("{}{{\"n\":1}}{}", "{\"$and\":[{\"n\":1},".repeat(depth), "]}".repeat(depth));
            let (status, _) =
                client.call("POST", &format!("{path}/get"), format!("{{\"where\":{deep}}}").as_bytes());
            assert!((400..=500).contains(&status), "{path} depth={depth} status={status}");
            for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
                let deep = format!("{}1{}", open.repeat(depth), close.repeat(depth));
                for field in ["where", "where_document", "ids", "unknown"] {
                    let body = format!("{{\"{field}\":{deep}}}");
                    // Unknown fields are ignored where JSON that deep is read at all.
                    let (status, _) = client.call("POST", &format!("{path}/get"), body.as_bytes());
                    assert!(status < 501, "{path} field={field} depth={depth} status={status}");
                }
            }
        }
    });
}

#[test]
fn a_record_with_six_thousand_keys_is_a_record() {
    each_generation(|client, path| {
        let keys = joined(6_000, |number| format!("\"key-{number}\":{number}"));
        let body = format!(r#"{{"ids":["wide"],"embeddings":[[1,2]],"metadatas":[{{{keys}}}]}}"#);
        client.done("POST", &format!("{path}/add"), body);
        let got = client.done("POST", &format!("{path}/get"), r#"{"where":{"key-5999":5999}}"#);
        assert_eq!(got["ids"][0], "wide");
        assert_eq!(got["metadatas"][0].as_object().unwrap().len(), 6_000);
        client.done("POST", &format!("{path}/delete"), r#"{"ids":["wide"]}"#);
    });
}

#[test]
fn a_huge_n_results_gives_all_records_there_are() {
    each_generation(|client, path| {
        for wanted in [1_u64 << 31, (1 << 32) - 1] {
            let body = format!(r#"{{"query_embeddings":[[1,1],[2,2]],"n_results":{wanted}}}"#);
            let got = client.done("POST", &format!("{path}/query"), body);
            assert_eq!(got["ids"][1].as_array().unwrap().len(), 10, "{path} n_results={wanted}");
        }
    });
}

#[test]
fn lists_of_ids_and_values_have_no_limit_of_their_own() {
    each_generation(|client, path| {
        let ids = joined(size(1_000_000, 100_000), |number| format!("\"{}\"", number + 5));
        let got = client.done("POST", &format!("{path}/get"), format!(r#"{{"ids":[{ids}]}}"#));
        assert_eq!(got["ids"].as_array().unwrap().len(), 5);
        let values = joined(100_000, |number| format!("{}", number + 5));
        for (operator, expected) in [("$in", 5), ("$nin", 5)] {
            let body = format!(r#"{{"where":{{"n":{{"{operator}":[{values}]}}}}}}"#);
            let got = client.done("POST", &format!("{path}/get"), body);
            assert_eq!(got["ids"].as_array().unwrap().len(), expected, "{path} {operator}");
        }
    });
}

#[test]
fn a_batch_above_the_announced_size_is_taken() {
    each_generation(|client, path| {
        let count = size(300_000, 100_001);
        let ids = joined(count, |number| format!("\"many-{number}\""));
        let embeddings = joined(count, |_| "[1,2]".to_owned());
        client.done(
            "POST",
            &format!("{path}/add"),
            format!(r#"{{"ids":[{ids}],"embeddings":[{embeddings}]}}"#),
        );
        assert_eq!(client.done("GET", &format!("{path}/count"), ""), count + 10);
        let (status, _) =
            client.call("POST", &format!("{path}/delete"), format!(r#"{{"ids":[{ids}]}}"#).as_bytes());
        assert_eq!(status, 200);
    });
}

#[test]
fn a_client_gone_in_mid_body_leaves_nothing() {
    use std::io::Write as _;
    let place = Place::new();
    let server = place.start(&[]);
    let mut client = Client::connect(&server.address);
    let id = client.create("left");
    for path in [V1, V2] {
        for _ in 0..size(200, 10) {
            let mut stream = crate::exchange::connect(&server.address);
            let head = format!("POST {path}/{id}/add HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n");
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(br#"{"ids":["a"],"embeddings":[[1,2]]"#).unwrap();
        }
    }
    assert_eq!(client.done("GET", &format!("{V1}/{id}/count"), ""), 0);
}
