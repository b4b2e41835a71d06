//! What one request may be, and what becomes of larger, older and broken ones.

use std::io::{Read, Write};

use crate::{
    exchange::{connect, get, read_answer, send, send_raw},
    process::Place,
};

const CREATE_TENANT: [&str; 2] = ["/api/v1/tenants", "/api/v2/tenants"];

#[test]
fn a_body_above_the_limit_is_a_413_that_names_the_option() {
    let place = Place::new();
    let server = place.start(&["--body-bytes-max", "1KiB"]);
    let body = format!(r#"{{"name":"{}"}}"#, "a".repeat(3 << 20));
    for path in CREATE_TENANT {
        let declared = send(&server.address, "POST", path, "", &body);
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        );
        let chunked =
            send_raw(&server.address, format!("{head}{:x}\r\n{body}\r\n0\r\n\r\n", body.len()).as_bytes());
        for answer in [declared, chunked] {
            assert_eq!(answer.status, 413, "path={path}");
            assert_eq!(answer.header("content-type"), Some("application/json"), "path={path}");
            let error: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
            let text = error["message"].as_str().or(error["error"].as_str()).unwrap();
            assert!(answer.body.contains("HUEDB_BODY_BYTES_MAX"), "path={path} text={text}");
        }
        assert_eq!(
            send(&server.address, "POST", path, "", r#"{"name":"small"}"#).status,
            if path.contains("v1") { 200 } else { 409 }
        );
    }
}

#[test]
fn a_body_at_the_limit_is_read() {
    let place = Place::new();
    let server = place.start(&["--body-bytes-max", "1KiB"]);
    for (path, name) in CREATE_TENANT.into_iter().zip(["a", "b"]) {
        let frame = r#"{"name":""}"#.len();
        let body = format!(r#"{{"name":"{}"}}"#, name.repeat(1024 - frame));
        assert_eq!(body.len(), 1024);
        assert_eq!(send(&server.address, "POST", path, "", &body).status, 200, "path={path}");
        assert_eq!(send(&server.address, "POST", path, "", &format!("{body} ")).status, 413, "path={path}");
    }
}

#[test]
fn a_client_that_asks_before_sending_is_refused_before_it_sends() {
    let place = Place::new();
    let server = place.start(&["--body-bytes-max", "1KiB"]);
    for path in CREATE_TENANT {
        let mut stream = connect(&server.address);
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2000\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        assert_eq!(read_answer(&mut stream).status, 413, "path={path}");
    }
}

#[test]
fn headers_may_be_long_and_not_endless() {
    let place = Place::new();
    let server = place.start(&[]);
    let with_header = |bytes: usize| {
        let header = format!("X-Long: {}\r\n", "a".repeat(bytes));
        send(&server.address, "GET", "/api/v1/heartbeat", &header, "").status
    };
    assert_eq!(with_header(10_000), 200);
    assert_eq!(with_header(100_000), 200);
    assert_eq!(with_header(200_000), 431);
    let many = "X: a\r\n".repeat(200);
    assert_eq!(send(&server.address, "GET", "/api/v1/heartbeat", &many, "").status, 431);
    assert_eq!(get(&server.address, "/api/v1/heartbeat").status, 200);
}

#[test]
fn old_clients_and_broken_requests_are_answered() {
    let place = Place::new();
    let server = place.start(&[]);
    let cases: [(&[u8], u16); 6] = [
        (b"GET /api/v1/heartbeat HTTP/1.0\r\n\r\n", 200),
        (b"GET /api/v2/heartbeat HTTP/1.0\r\n\r\n", 200),
        (b"GARBAGE\r\n\r\n", 400),
        (b"GET /api/v1/heart beat HTTP/1.1\r\n\r\n", 400),
        (b"POST /api/v1/tenants HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00", 400),
    ];
    for (request, status) in cases {
        let answer = send_raw(&server.address, &[request, b"\r\n\r\n"].concat());
        assert_eq!(answer.status, status, "request={}", String::from_utf8_lossy(request));
    }
    assert_eq!(get(&server.address, "/api/v1/heartbeat").status, 200);
}

#[test]
fn a_client_that_leaves_in_the_middle_changes_nothing() {
    let place = Place::new();
    let server = place.start(&[]);
    for path in CREATE_TENANT {
        let mut stream = connect(&server.address);
        let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 17\r\n\r\n{{\"name\":");
        stream.write_all(head.as_bytes()).unwrap();
        drop(stream);
    }
    assert_eq!(get(&server.address, "/api/v2/heartbeat").status, 200);
}

#[test]
fn further_connections_wait_until_one_ends() {
    let place = Place::new();
    let server = place.start(&["--connections-max", "1"]);
    let first = connect(&server.address);
    let mut second = connect(&server.address);
    second.write_all(b"GET /api/v2/heartbeat HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    drop(first);
    assert_eq!(read_answer(&mut second).status, 200);
}

#[test]
fn a_client_that_asks_before_sending_may_send() {
    let place = Place::new();
    let server = place.start(&[]);
    for path in CREATE_TENANT {
        let mut stream = connect(&server.address);
        let body = format!(r#"{{"name":"expected-{}"}}"#, &path[5..7]);
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut permission = [0; 25];
        stream.read_exact(&mut permission).unwrap();
        assert_eq!(&permission, b"HTTP/1.1 100 Continue\r\n\r\n", "path={path}");
        stream.write_all(body.as_bytes()).unwrap();
        assert_eq!(read_answer(&mut stream).status, 200, "path={path}");
    }
}

#[test]
fn the_first_generation_knows_no_head_and_the_second_answers_it_without_a_body() {
    let place = Place::new();
    let server = place.start(&[]);
    assert_eq!(send(&server.address, "HEAD", "/api/v1/heartbeat", "", "").status, 405);
    let answer = send(&server.address, "HEAD", "/api/v2/heartbeat", "", "");
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert!(answer.header("content-length").is_some_and(|length| length != "0"), "{}", answer.head);
}
