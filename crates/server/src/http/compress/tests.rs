//! What is compressed, for whom.

use std::io::Read as _;

use super::*;

#[track_caller]
fn check_accepts(values: &[&str], expected: bool) {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(header::ACCEPT_ENCODING, value.parse().unwrap());
    }
    assert_eq!(accepts_gzip(&headers), expected, "{values:?}");
}

#[test]
fn gzip_is_sent_only_to_those_who_ask_for_it() {
    check_accepts(&[], false);
    check_accepts(&["gzip, deflate"], true);
    check_accepts(&["br", "deflate;q=0.5, GZIP;q=0.1"], true);
    check_accepts(&["gzip;q=0"], false);
    check_accepts(&["gzip;q=0.000, *"], false);
    check_accepts(&["*"], true);
    check_accepts(&["*;q=0"], false);
    check_accepts(&["identity, br"], false);
    check_accepts(&["gzip;q=x"], false);
}

#[test]
fn compressed_bytes_are_fewer_and_come_back() {
    let plain = b"[0.12345678, 0.87654321]".repeat(1000);
    let compressed = gzip(&plain).unwrap();
    assert!(compressed.len() < plain.len() / 10);
    let mut back = Vec::new();
    flate2::read::GzDecoder::new(&compressed[..]).read_to_end(&mut back).unwrap();
    assert_eq!(back, plain);
}

#[test]
fn what_does_not_shrink_is_left_alone() {
    assert_eq!(gzip(b""), None);
    assert_eq!(gzip(b"{}"), None);
}
