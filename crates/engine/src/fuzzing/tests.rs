//! Replays what the fuzzer found worth keeping.

use self::replay::replay;
use super::*;

#[path = "../../../../fuzz/replay.rs"]
mod replay;

#[test]
fn log_entries_hold_on_the_corpus() {
    replay("log_entry", log_entry);
}

#[test]
fn stored_metadata_holds_on_the_corpus() {
    replay("stored_metadata", stored_metadata);
}
