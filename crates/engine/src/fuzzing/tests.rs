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
fn log_entries_hold_on_the_corpus() {
    replay("log_entry", log_entry);
}

#[test]
fn stored_metadata_holds_on_the_corpus() {
    replay("stored_metadata", stored_metadata);
}
