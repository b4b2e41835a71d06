//! How long the body of a bulk add takes to read, beside plain `serde_json`. `bench/parse.sh` prints it.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use super::*;
use crate::http::v2::request::parse;

const RECORDS: usize = 1000;
const DIMENSION: usize = 384;

#[derive(Deserialize)]
struct Body {
    ids: Vec<String>,
    embeddings: EmbeddingsPayload,
}

#[derive(Deserialize)]
struct Plain<E> {
    ids: Vec<String>,
    embeddings: Vec<E>,
}

/// Numbers of all sizes between -1 and 1, the same at each run.
fn vectors() -> Vec<Vec<f32>> {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..RECORDS).map(|_| (0..DIMENSION).map(|_| next()).collect()).collect()
}

fn body(embedding: impl Fn(&[f32]) -> String) -> Vec<u8> {
    let mut ids = String::new();
    let mut embeddings = String::new();
    for (number, vector) in vectors().iter().enumerate() {
        let comma = if number == 0 { "" } else { "," };
        let _ = write!(ids, "{comma}\"{number}\"");
        let _ = write!(embeddings, "{comma}{}", embedding(vector));
    }
    format!("{{\"ids\":[{ids}],\"embeddings\":[{embeddings}]}}").into_bytes()
}

/// The shortest of a few runs.
fn fastest<T>(read: impl Fn() -> T) -> (T, Duration) {
    let timed = || {
        let started = Instant::now();
        let value = read();
        (value, started.elapsed())
    };
    let mut best = timed();
    let repeats = if cfg!(debug_assertions) { 0 } else { 10 };
    for _ in 0..repeats {
        let again = timed();
        if again.1 < best.1 {
            best = again;
        }
    }
    best
}

#[test]
fn a_bulk_add_is_read_as_serde_json_reads_it() {
    // As the Python clients write them: 32-bit numbers with the digits of 64-bit ones.
    let numbers = body(|vector| {
        let values: Vec<_> = vector.iter().map(|value| f64::from(*value).to_string()).collect();
        format!("[{}]", values.join(", "))
    });
    let base64 = body(|vector| {
        let bytes: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
        format!("\"{}\"", STANDARD.encode(bytes))
    });
    let ours = |bytes: &[u8]| {
        let body: Body = parse(bytes).unwrap();
        (body.ids.len(), body.embeddings.into_vectors().unwrap())
    };
    let (plain, plain_took) = fastest(|| serde_json::from_slice::<Plain<Vec<f64>>>(&numbers).unwrap());
    let (read, took) = fastest(|| ours(&numbers));
    println!("numbers, {} bytes: {took:?}, plain serde_json {plain_took:?}", numbers.len());
    let narrowed: Vec<Vec<f32>> =
        plain.embeddings.iter().map(|vector| vector.iter().map(|value| *value as f32).collect()).collect();
    assert_eq!(read, (plain.ids.len(), narrowed));

    let (plain, plain_took) = fastest(|| serde_json::from_slice::<Plain<String>>(&base64).unwrap());
    let (read, took) = fastest(|| ours(&base64));
    println!("base64, {} bytes: {took:?}, plain serde_json without decoding {plain_took:?}", base64.len());
    assert_eq!(read, (plain.ids.len(), vectors()));
}
