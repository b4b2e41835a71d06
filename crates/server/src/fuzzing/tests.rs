//! Replays what the fuzzer found worth keeping.

use std::path::Path;

use super::*;

#[track_caller]
fn replay(target: &str, check: fn(&[u8])) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut replayed = 0;
    for entry in std::fs::read_dir(&directory).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let outcome = std::panic::catch_unwind(|| check(&bytes));
        assert!(outcome.is_ok(), "{}", path.display());
        replayed += 1;
    }
    assert!(replayed > 0, "nothing in {}", directory.display());
}

#[test]
fn v1_bodies_hold_on_the_corpus() {
    replay("v1_bodies", v1_bodies);
}

#[test]
fn v1_filters_hold_on_the_corpus() {
    replay("v1_filters", v1_filters);
}

#[test]
fn v1_metadata_holds_on_the_corpus() {
    replay("v1_metadata", v1_metadata);
}

#[test]
fn v2_bodies_hold_on_the_corpus() {
    replay("v2_bodies", v2_bodies);
}

#[test]
fn v2_where_holds_on_the_corpus() {
    replay("v2_where", v2_where);
}

#[test]
fn v2_where_document_holds_on_the_corpus() {
    replay("v2_where_document", v2_where_document);
}

#[test]
fn v2_base64_holds_on_the_corpus() {
    replay("v2_base64", v2_base64);
}

#[test]
fn v2_metadata_holds_on_the_corpus() {
    replay("v2_metadata", v2_metadata);
}

#[test]
fn names_hold_on_the_corpus() {
    replay("names", names);
}
