//! Replays what the fuzzer found worth keeping. Crates take this file into their tests by its path,
//! because none of them may depend on another for it.

use std::path::Path;

/// Gives every input in the corpus of `target` to `check`.
#[track_caller]
pub(super) fn replay(target: &str, check: fn(&[u8])) {
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
