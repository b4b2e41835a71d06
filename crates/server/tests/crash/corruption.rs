//! A damaged segment file: reported by name, never answered from, and no reason for the rest to stop.

use std::fs;

use serde_json::{Value, json};

use crate::http::{Answer, Request};
use crate::model::DATABASE;
use crate::process::{Place, Server};
use crate::random::Random;
use crate::writer::DIMENSIONS;

/// More than a memtable holds, so that a segment is written.
const RECORDS: usize = 400;
const WORDS_PER_DOCUMENT: u64 = 300;
/// Damaged bytes, spread evenly over the file, one at a time.
const POSITIONS: u64 = 12;

#[test]
fn a_damaged_byte_in_a_segment_is_reported_and_never_answered_from() -> Result<(), String> {
    let place = Place::new()?;
    let server = Server::start(&place)?;
    let damaged = fill(&server, "damaged", RECORDS)?;
    let intact = fill(&server, "intact", 1)?;
    let expected = read(&server, &damaged)?;
    assert_eq!(expected.status, 200, "{}", expected.text);
    server.terminate()?;

    let file = place.segments().pop().ok_or("no segment file was written")?;
    let bytes = fs::read(&file).map_err(|error| error.to_string())?;
    let mut reported = 0;
    for number in 0..POSITIONS {
        let position = bytes.len() * number as usize / POSITIONS as usize;
        let mut changed = bytes.clone();
        changed[position] ^= 0x10;
        fs::write(&file, &changed).map_err(|error| error.to_string())?;
        let found = check(&place, &damaged, &intact, &expected)
            .map_err(|error| place.explain(&format!("byte {position} of {}: {error}", bytes.len())))?;
        reported += u64::from(found);
    }
    // Padding between sections means nothing; most of a segment is not padding.
    assert!(reported * 2 > POSITIONS, "{reported} of {POSITIONS} damaged bytes were reported");
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    assert!(place.log().contains(&name), "{}", place.explain(&format!("the log does not name {name}")));
    Ok(())
}

/// Starts the server on the damaged file. Returns whether the damage was reported.
fn check(place: &Place, damaged: &str, intact: &str, expected: &Answer) -> Result<bool, String> {
    let server = Server::start(place)?;
    let answer = read(&server, damaged)?;
    let reported = match answer.status {
        200 if answer.text == expected.text => false,
        200 => return Err("records that differ from those stored were returned".to_owned()),
        500 => true,
        status => return Err(format!("the damaged collection was answered {status}: {}", answer.text)),
    };
    let other = read(&server, intact)?;
    if other.status != 200 {
        return Err(format!("the other collection was answered {}: {}", other.status, other.text));
    }
    server.terminate()?;
    if let Some(panic) = place.panic() {
        return Err(format!("a thread of the server panicked: {panic}"));
    }
    Ok(reported)
}

/// Creates a collection with so many records. Returns its id.
fn fill(server: &Server, name: &str, records: usize) -> Result<String, String> {
    let collection =
        Request::post(format!("{DATABASE}/collections"), &json!({"name": name})).json(&server.address)?;
    let id = collection["id"].as_str().ok_or("the collection has no id")?.to_owned();
    let mut random = Random::of(1, records as u64);
    let ids: Vec<String> = (0..records).map(|number| format!("record-{number}")).collect();
    let embeddings: Vec<Value> = ids.iter().map(|_| json!(random.unit_vector(DIMENSIONS))).collect();
    let documents: Vec<String> = ids.iter().map(|_| random.text(WORDS_PER_DOCUMENT)).collect();
    let body = json!({"ids": ids, "embeddings": embeddings, "documents": documents});
    Request::post(format!("{DATABASE}/collections/{id}/add"), &body).json(&server.address)?;
    Ok(id)
}

fn read(server: &Server, collection: &str) -> Result<Answer, String> {
    let include = json!({"include": ["documents", "metadatas", "embeddings"]});
    Request::post(format!("{DATABASE}/collections/{collection}/get"), &include).send(&server.address)
}
