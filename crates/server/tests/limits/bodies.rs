//! Large bodies.

use std::{
    fmt::Write as _,
    io::{Read as _, Write as _},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    client::{Client, V1, V2, memory},
    exchange::connect,
    process::Place,
    size,
};

const DIMENSION: usize = 384;

/// A body of add with at least so many bytes.
fn body(bytes: usize, embedding: &str) -> (String, usize) {
    let mut embeddings = String::with_capacity(bytes + (bytes >> 4));
    let mut ids = String::new();
    let mut records = 0;
    while embeddings.len() + ids.len() < bytes {
        let comma = if records == 0 { "" } else { "," };
        let _ = write!(embeddings, "{comma}{embedding}");
        let _ = write!(ids, "{comma}\"{records}\"");
        records += 1;
    }
    (format!("{{\"ids\":[{ids}],\"embeddings\":[{embeddings}]}}"), records)
}

fn numbers() -> String {
    let values =
        (0..DIMENSION).map(|axis| format!("{}", f64::from(0.123_456_79_f32) * (axis + 1) as f64 / 400.0));
    format!("[{}]", values.collect::<Vec<_>>().join(","))
}

fn base64() -> String {
    let bytes: Vec<u8> = (0..DIMENSION).flat_map(|axis| (axis as f32 / 400.0).to_le_bytes()).collect();
    format!("\"{}\"", STANDARD.encode(bytes))
}

#[test]
fn a_large_body_takes_a_bounded_multiple_of_its_size() {
    let bytes = size(200_000_000, 20_000_000);
    for (what, path, embedding) in
        [("v1 numbers", V1, numbers()), ("v2 numbers", V2, numbers()), ("v2 base64", V2, base64())]
    {
        let place = Place::new();
        let server = place.start(&[]);
        let mut client = Client::connect(&server.address);
        let id = client.create("large");
        let before = memory(server.pid(), "VmHWM");
        let (body, records) = body(bytes, &embedding);
        client.done("POST", &format!("{path}/{id}/add"), &body);
        let peak = memory(server.pid(), "VmHWM") - before;
        let ratio = peak as f64 / body.len() as f64;
        println!(
            "{what}: a body of {} MB took {} MB at most, {ratio:.1} times its size",
            body.len() / 1_000_000,
            peak / 1_000_000
        );
        assert_eq!(client.done("GET", &format!("{V1}/{id}/count"), ""), records);
        assert!(ratio < 6.0, "{what}: {ratio:.1} times the body");
    }
}

#[test]
fn a_body_waits_while_others_take_all_the_memory() {
    let place = Place::new();
    // Twice the largest body is the least budget there can be.
    let server = place.start(&["--body-bytes-max", "1MiB", "--body-memory-bytes-max", "1MiB"]);
    let head = |bytes: usize| {
        format!(
            "POST /api/v2/tenants HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {bytes}\r\n\r\n"
        )
    };
    let mut holders: Vec<_> = (0..2)
        .map(|_| {
            let mut stream = connect(&server.address);
            stream.write_all(head(1 << 20).as_bytes()).unwrap();
            stream.write_all(&vec![b' '; 512 << 10]).unwrap();
            stream
        })
        .collect();
    // Small bodies are not concerned.
    Client::connect(&server.address).done("POST", "/api/v2/tenants", r#"{"name":"small"}"#);
    let name = format!(r#"{{"name":"large"}}{}"#, " ".repeat(300 << 10));
    let mut waiting = connect(&server.address);
    waiting.write_all(head(name.len()).as_bytes()).unwrap();
    waiting.write_all(name.as_bytes()).unwrap();
    // Both clients go away in mid-body; what they held is free again.
    holders.clear();
    let mut answer = String::new();
    waiting.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{}", &answer[..answer.len().min(200)]);
}
