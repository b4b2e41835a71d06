//! Many collections under few open files.

use std::{fmt::Write as _, process::Command};

use crate::{
    client::{Client, V1, V2, memory, open_files, own_memory},
    process::{Place, Server},
    size,
};

const RECORDS: usize = 10;
const DIMENSION: usize = 384;
const OPEN_FILES_MAX: usize = 1024;

/// A server that the shell allows few open files.
fn start(place: &Place, arguments: &str) -> Server {
    let script =
        format!("ulimit -n {OPEN_FILES_MAX}; exec {} run --port 0 {arguments}", env!("CARGO_BIN_EXE_huedb"));
    place.start_with(Command::new("/bin/sh").env_clear().args(["-c", &script]))
}

/// A body of ten records with embeddings, metadata and documents.
fn records(collection: usize) -> String {
    let mut body = String::from("{\"ids\":[");
    let list = |body: &mut String, item: &dyn Fn(usize) -> String| {
        for number in 0..RECORDS {
            let _ = write!(body, "{}{}", if number == 0 { "" } else { "," }, item(number));
        }
    };
    list(&mut body, &|number| format!("\"{collection}-{number}\""));
    body.push_str("],\"embeddings\":[");
    let numbers = |number: usize| {
        let values = (0..DIMENSION).map(|axis| format!("0.{}", 1 + (collection + number * axis) % 9));
        format!("[{}]", values.collect::<Vec<_>>().join(","))
    };
    list(&mut body, &numbers);
    body.push_str("],\"metadatas\":[");
    list(&mut body, &|number| format!("{{\"n\":{number},\"text\":\"{collection}\"}}"));
    body.push_str("],\"documents\":[");
    list(&mut body, &|number| format!("\"document {number} of collection {collection}\""));
    body.push_str("]}");
    body
}

/// Fills collections and returns their ids.
fn fill(server: &Server, count: usize) -> Vec<String> {
    let mut client = Client::connect(&server.address);
    (0..count)
        .map(|number| {
            let id = client.create(&format!("collection-{number}"));
            client.done("POST", &format!("{V2}/{id}/add"), records(number));
            id
        })
        .collect()
}

fn check(server: &Server, ids: &[String]) {
    let mut client = Client::connect(&server.address);
    for (number, id) in ids.iter().enumerate() {
        assert_eq!(client.done("GET", &format!("{V1}/{id}/count"), ""), RECORDS, "collection {number}");
    }
    for (number, id) in ids.iter().enumerate().step_by(ids.len() / 50) {
        let body = format!("{{\"ids\":[\"{number}-3\"]}}");
        let got = client.done("POST", &format!("{V2}/{id}/get"), body);
        assert_eq!(got["documents"][0], format!("document 3 of collection {number}"));
    }
}

#[test]
fn many_collections_fit_few_open_files_and_little_memory() {
    let count = size(10_000, 300);
    let place = Place::new();
    // Small enough that some are flushed, others are not, and most are closed again.
    let arguments = format!("--write-memory-bytes-max {} --open-collections-max {}", count << 12, count / 4);
    let server = start(&place, &arguments);
    let before = own_memory(server.pid());
    let ids = fill(&server, count);
    check(&server, &ids);
    let each = own_memory(server.pid()).saturating_sub(before) / count;
    let files = open_files(server.pid());
    println!("{count} collections: {each} bytes and {files} open files in all");
    println!("resident in all: {} MB", memory(server.pid(), "VmRSS") >> 20);
    assert!(files < 300, "{files} open files");
    // All of the store's own memory is in this figure.
    assert!(each < 100_000, "{each} bytes a collection");
    server.signal(crate::process::Signal::TERM);
    assert_eq!(server.wait().code, Some(0));
    let again = start(&place, &arguments);
    check(&again, &ids);
}
