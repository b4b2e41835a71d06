//! Compressed bodies within and beyond their limits.

use std::io::Write;

use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};

use super::*;

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

#[track_caller]
fn check_header(values: &[&str], expected: Result<Option<Coding>, BodyError>) {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(header::CONTENT_ENCODING, value.parse().unwrap());
    }
    assert_eq!(Coding::of(&headers), expected, "{values:?}");
}

#[test]
fn the_header_names_one_coding_or_none() {
    check_header(&[], Ok(None));
    check_header(&[""], Ok(None));
    check_header(&["identity"], Ok(None));
    check_header(&["gzip"], Ok(Some(Coding::Gzip)));
    check_header(&["X-GZip"], Ok(Some(Coding::Gzip)));
    check_header(&["deflate, identity"], Ok(Some(Coding::Deflate)));
    check_header(&["br"], Err(BodyError::UnknownCoding));
    check_header(&["zstd"], Err(BodyError::UnknownCoding));
    check_header(&["gzip, gzip"], Err(BodyError::UnknownCoding));
    check_header(&["gzip", "deflate"], Err(BodyError::UnknownCoding));
}

#[track_caller]
fn check(coding: Coding, body: &[u8], limit: usize, expected: Result<&[u8], BodyError>) {
    let decoded = coding.decode(body, limit, &BodyMemory::new(64 << 20)).map(|(bytes, _)| bytes);
    assert_eq!(decoded.as_deref(), expected.as_ref().map(|bytes| *bytes));
}

#[test]
fn bodies_come_out_as_they_went_in() {
    let long = b"0123456789".repeat(500_000);
    for plain in [&b""[..], b"{}", &long] {
        check(Coding::Gzip, &gzip(plain), 5_000_000, Ok(plain));
        check(Coding::Deflate, &zlib(plain), 5_000_000, Ok(plain));
    }
    let members = [gzip(b"ab"), gzip(b"cd")].concat();
    check(Coding::Gzip, &members, 10, Ok(b"abcd"));
}

#[test]
fn what_is_not_compressed_as_promised_is_refused() {
    let whole = gzip(b"hello hello hello");
    check(Coding::Gzip, b"{}", 10, Err(BodyError::BadCoding));
    check(Coding::Deflate, &whole, 100, Err(BodyError::BadCoding));
    check(Coding::Gzip, &whole[..whole.len() - 1], 100, Err(BodyError::BadCoding));
    let mut flipped = whole.clone();
    let checksum = flipped.len() - 8;
    flipped[checksum] ^= 1;
    check(Coding::Gzip, &flipped, 100, Err(BodyError::BadCoding));
    check(Coding::Gzip, &[&whole[..], b"trailing"].concat(), 100, Err(BodyError::BadCoding));
}

#[test]
fn the_limit_counts_decompressed_bytes_and_a_bomb_stops_there() {
    let bomb = gzip(&vec![0; 16 << 20]);
    assert!(bomb.len() < 20_000);
    check(Coding::Gzip, &bomb, 1000, Err(BodyError::TooLarge { limit: 1000 }));
    check(Coding::Gzip, &gzip(&[7; 1000]), 1000, Ok(&[7; 1000]));
    check(Coding::Gzip, &gzip(&[7; 1001]), 1000, Err(BodyError::TooLarge { limit: 1000 }));
}

#[test]
fn the_budget_for_bodies_counts_decompressed_bytes() {
    let body = gzip(&vec![0; 8 << 20]);
    let memory = BodyMemory::new(4 << 20);
    let refused = Coding::Gzip.decode(&body, 100 << 20, &memory).map(|(bytes, _)| bytes);
    assert_eq!(refused, Err(BodyError::NoMemory));
    let small = gzip(&vec![0; 2 << 20]);
    assert!(Coding::Gzip.decode(&small, 100 << 20, &memory).is_ok(), "what was refused is given back");
}
