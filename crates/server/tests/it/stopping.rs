//! Stopping: requests under way end, acknowledged data stays, idle clients hold nothing up.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use crate::{
    exchange::{connect, get, post, read_answer},
    process::{Place, Signal},
};

const COLLECTIONS: &str = "/api/v2/tenants/default_tenant/databases/default_database/collections";

#[test]
fn either_signal_ends_it_with_code_0_and_the_data_is_there_afterwards() {
    let place = Place::new();
    for (signal, name) in [(Signal::TERM, "first"), (Signal::INT, "second")] {
        let server = place.start(&[]);
        let created = post(&server.address, COLLECTIONS, &format!(r#"{{"name":"{name}"}}"#));
        assert_eq!(created.status, 200, "{}", created.body);
        server.signal(signal);
        let ended = server.wait();
        assert_eq!(ended.code, Some(0), "{}", ended.errors);
        assert!(!ended.errors.contains("ERROR"), "{}", ended.errors);
    }
    let server = place.start(&[]);
    for name in ["first", "second"] {
        assert_eq!(get(&server.address, &format!("{COLLECTIONS}/{name}")).status, 200, "name={name}");
    }
}

/// A request to make a collection, whose handler waits for a body of so many bytes.
fn begin(address: &str, body_bytes: usize) -> TcpStream {
    let mut stream = connect(address);
    let head = format!(
        "POST {COLLECTIONS} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {body_bytes}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    // The interim answer proves that the handler waits for the body.
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

#[test]
fn a_request_that_is_under_way_gets_its_answer() {
    let place = Place::new();
    let server = place.start(&["--log-level", "debug"]);
    let body = r#"{"name":"under-way"}"#;
    let mut stream = begin(&server.address, body.len());
    server.signal(Signal::TERM);
    // Only a stopping server refuses connections.
    while TcpStream::connect(&server.address).is_ok() {
        std::thread::yield_now();
    }
    stream.write_all(body.as_bytes()).unwrap();
    let answer = read_answer(&mut stream);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("connection"), Some("close"));
    assert_eq!(server.wait().code, Some(0));
    let server = place.start(&[]);
    assert_eq!(get(&server.address, &format!("{COLLECTIONS}/under-way")).status, 200);
}

#[test]
fn idle_connections_do_not_hold_up_the_end() {
    let place = Place::new();
    let server = place.start(&[]);
    let silent = connect(&server.address);
    let mut idle = connect(&server.address);
    idle.write_all(b"GET /api/v2/heartbeat HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut byte = [0; 1];
    idle.read_exact(&mut byte).unwrap();
    server.signal(Signal::TERM);
    let ended = server.wait();
    assert_eq!(ended.code, Some(0));
    assert!(!ended.errors.contains("cutting off"), "{}", ended.errors);
    drop((silent, idle));
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let place = Place::new();
    let server = place.start(&[]);
    let _stream = begin(&server.address, 9);
    server.signal(Signal::TERM);
    while TcpStream::connect(&server.address).is_ok() {
        std::thread::yield_now();
    }
    server.signal(Signal::TERM);
    let ended = server.wait();
    assert_eq!(ended.code, Some(1), "{}", ended.errors);
    assert!(ended.errors.contains("stopping at once"), "{}", ended.errors);
}

#[test]
fn the_port_of_operators_says_that_the_server_stops_until_it_has() {
    // Freed at once; nothing else on this machine asks for ports of this kind at this moment.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let place = Place::new();
    let server = place.start(&["--metrics-port", &port.to_string()]);
    let own = format!("127.0.0.1:{port}");
    assert_eq!(get(&own, "/readyz").status, 200);
    let body = r#"{"name":"under-way"}"#;
    let mut stream = begin(&server.address, body.len());
    server.signal(Signal::TERM);
    while TcpStream::connect(&server.address).is_ok() {
        std::thread::yield_now();
    }
    let readiness = get(&own, "/readyz");
    assert_eq!((readiness.status, readiness.body.as_str()), (503, "stopping\n"));
    assert_eq!(get(&own, "/livez").status, 200);
    stream.write_all(body.as_bytes()).unwrap();
    assert_eq!(read_answer(&mut stream).status, 200);
    assert_eq!(server.wait().code, Some(0));
}
