//! Stopping: requests under way end, acknowledged data stays, idle clients hold nothing up.

use std::io::Write;

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

#[test]
fn a_request_that_is_under_way_gets_its_answer() {
    let place = Place::new();
    let server = place.start(&["--log-level", "debug"]);
    let body = r#"{"name":"under-way"}"#;
    let mut stream = connect(&server.address);
    let head = format!(
        "POST {COLLECTIONS} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    // The interim answer proves that the handler waits for the body.
    let mut interim = [0; 25];
    std::io::Read::read_exact(&mut stream, &mut interim).unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");

    server.signal(Signal::TERM);
    // Only a stopping server refuses connections.
    while std::net::TcpStream::connect(&server.address).is_ok() {
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
    std::io::Read::read_exact(&mut idle, &mut byte).unwrap();
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
    let mut stream = connect(&server.address);
    let head = format!(
        "POST {COLLECTIONS} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    std::io::Read::read_exact(&mut stream, &mut [0; 25]).unwrap();
    server.signal(Signal::TERM);
    while std::net::TcpStream::connect(&server.address).is_ok() {
        std::thread::yield_now();
    }
    server.signal(Signal::TERM);
    let ended = server.wait();
    assert_eq!(ended.code, Some(1), "{}", ended.errors);
    assert!(ended.errors.contains("stopping at once"), "{}", ended.errors);
}
