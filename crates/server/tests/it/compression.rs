//! Compressed bodies, to the server and from it.

use std::io::{Read as _, Write as _};

use flate2::{
    Compression,
    read::GzDecoder,
    write::{GzEncoder, ZlibEncoder},
};

use crate::{
    exchange::{get, post, send, send_bytes},
    process::Place,
};

const CREATE_TENANT: [&str; 2] = ["/api/v1/tenants", "/api/v2/tenants"];

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn requests_may_be_compressed_in_the_ways_that_are_known() {
    let place = Place::new();
    let server = place.start(&[]);
    let name = |path: &str, coding: &str| format!(r#"{{"name":"{coding}-of-{}"}}"#, &path[5..7]);
    for path in CREATE_TENANT {
        for (coding, encode) in [("gzip", gzip as fn(&[u8]) -> Vec<u8>), ("deflate", zlib)] {
            let header = format!("Content-Encoding: {coding}\r\n");
            let body = encode(name(path, coding).as_bytes());
            assert_eq!(
                send_bytes(&server.address, "POST", path, &header, &body).status,
                200,
                "{path} {coding}"
            );
            assert_eq!(get(&server.address, &format!("{path}/{coding}-of-{}", &path[5..7])).status, 200);
        }
        for (coding, status) in
            [("br", 415), ("zstd", 415), ("gzip, gzip", 415), ("gzip", 400), ("deflate", 400)]
        {
            let header = format!("Content-Encoding: {coding}\r\n");
            let answer = send(&server.address, "POST", path, &header, r#"{"name":"plain"}"#);
            assert_eq!(answer.status, status, "path={path} coding={coding}");
            assert_eq!(answer.header("content-type"), Some("application/json"));
            assert!(answer.body.contains("Content-Encoding"), "{}", answer.body);
        }
        let identity = "Content-Encoding: identity\r\n";
        let answer = send_bytes(&server.address, "POST", path, identity, name(path, "plain").as_bytes());
        assert_eq!(answer.status, 200, "path={path}");
    }
}

#[test]
fn a_bomb_meets_the_limit_of_bodies() {
    let place = Place::new();
    let server = place.start(&["--body-bytes-max", "1MiB"]);
    let bomb = gzip(&vec![b' '; 64 << 20]);
    assert!(bomb.len() < 100_000, "the wire alone does not reach the limit");
    for path in CREATE_TENANT {
        let answer = send_bytes(&server.address, "POST", path, "Content-Encoding: gzip\r\n", &bomb);
        assert_eq!(answer.status, 413, "path={path}");
        assert!(answer.body.contains("HUEDB_BODY_BYTES_MAX"), "{}", answer.body);
    }
}

#[test]
fn large_answers_are_compressed_for_those_who_accept_it() {
    let place = Place::new();
    let server = place.start(&["--compress-bytes-min", "1KiB"]);
    for number in 0..20 {
        let name = format!(r#"{{"name":"collection-{number}"}}"#);
        assert_eq!(post(&server.address, "/api/v1/collections", &name).status, 200);
    }
    let v2 = "/api/v2/tenants/default_tenant/databases/default_database/collections";
    for path in ["/api/v1/collections", v2] {
        let plain = get(&server.address, path);
        assert_eq!((plain.header("content-encoding"), plain.header("vary")), (None, Some("accept-encoding")));
        let coded = send(&server.address, "GET", path, "Accept-Encoding: gzip, deflate\r\n", "");
        assert_eq!(coded.header("content-encoding"), Some("gzip"));
        assert_eq!(coded.header("content-length"), Some(coded.bytes.len().to_string().as_str()));
        let mut text = String::new();
        GzDecoder::new(&coded.bytes[..]).read_to_string(&mut text).unwrap();
        assert_eq!(text, plain.body, "path={path}");
        assert!(coded.bytes.len() * 3 < text.len());
    }
    let small = send(&server.address, "GET", "/api/v2/heartbeat", "Accept-Encoding: gzip\r\n", "");
    assert_eq!((small.header("content-encoding"), small.header("vary")), (None, None));
}

#[test]
fn nothing_is_compressed_unless_the_operator_asks_for_it() {
    let place = Place::new();
    let server = place.start(&[]);
    for number in 0..20 {
        let name = format!(r#"{{"name":"collection-{number}"}}"#);
        assert_eq!(post(&server.address, "/api/v1/collections", &name).status, 200);
    }
    let answer = send(&server.address, "GET", "/api/v1/collections", "Accept-Encoding: gzip\r\n", "");
    assert_eq!(answer.header("content-encoding"), None);
    assert!(answer.body.len() > 1024);
}
