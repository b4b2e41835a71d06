//! Connections that do nothing.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::{
    client::{Client, own_memory},
    exchange::connect,
    process::{Place, Server},
    size,
};

/// Memory of a connection that waits for a request, for the rest of its head, or for that of its body.
const BYTES_MAX: usize = 20_000;

fn raise_own_limit(files: usize) {
    let limit = getrlimit(Resource::Nofile);
    let enough = limit.current.is_none_or(|current| current >= files as u64 + 100);
    if !enough {
        setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    }
}

/// Opens connections with `bytes` sent on each. The server has read them when this returns.
fn open(server: &Server, count: usize, bytes: &[u8]) -> Vec<TcpStream> {
    let mut streams = Vec::with_capacity(count);
    for number in 0..count {
        let mut stream = connect(&server.address);
        stream.write_all(bytes).unwrap();
        streams.push(stream);
        // The queue of the system holds a thousand that are not accepted yet.
        if number % 500 == 499 {
            Client::connect(&server.address).done("GET", "/api/v2/heartbeat", "");
        }
    }
    Client::connect(&server.address).done("GET", "/api/v2/heartbeat", "");
    streams
}

#[test]
fn half_open_connections_take_little_memory_and_hold_up_nobody() {
    let count = size(10_000, 1_000);
    raise_own_limit(count);
    let half_a_body = |api: &str| {
        let head = format!("POST /api/{api}/tenants?x=y HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n");
        let more =
            "User-Agent: slow\r\nContent-Type: application/json\r\nX-Request-Id: slow\r\nOrigin: x\r\n";
        format!("{head}{more}\r\n{{\"name\":").into_bytes()
    };
    for (what, bytes) in [
        ("silent", &b""[..]),
        ("half a head", b"POST /api/v2/tenants HTTP/1.1\r\nHost: x\r\nX-Slow: "),
        ("idle after a request", b"GET /api/v2/heartbeat HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("half a body, v1", &half_a_body("v1")),
        ("half a body, v2", &half_a_body("v2")),
    ] {
        let place = Place::new();
        let server = place.start(&["--head-timeout-seconds", "3600"]);
        Client::connect(&server.address).done("GET", "/api/v2/heartbeat", "");
        let before = own_memory(server.pid());
        let streams = open(&server, count, bytes);
        let each = own_memory(server.pid()).saturating_sub(before) / count;
        println!("{count} connections, {what}: {each} bytes each");
        assert!(each < BYTES_MAX, "{what}: {each} bytes each");
        drop(streams);
        Client::connect(&server.address).done("GET", "/api/v2/heartbeat", "");
    }
}

#[test]
fn a_head_that_never_ends_and_an_idle_connection_are_closed() {
    let place = Place::new();
    let server = place.start(&["--head-timeout-seconds", "1"]);
    for bytes in [&b""[..], b"GET /api/v2/heart", b"GET /api/v2/heartbeat HTTP/1.1\r\nHost: x\r\n\r\n"] {
        for mut stream in open(&server, size(2_000, 100), bytes) {
            let mut rest = Vec::new();
            // It ends, by a close or by a reset; a time-out of this read would be neither.
            let ended = stream.read_to_end(&mut rest);
            let is_timeout =
                ended.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
            assert!(!is_timeout, "still open after {bytes:?}");
        }
    }
    Client::connect(&server.address).done("GET", "/api/v2/heartbeat", "");
}
