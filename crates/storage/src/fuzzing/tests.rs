//! Replays what the fuzzer found worth keeping.

use self::replay::replay;
use super::*;

#[path = "../../../../fuzz/replay.rs"]
mod replay;

#[test]
fn segments_hold_on_the_corpus() {
    replay("segment", segment);
}
