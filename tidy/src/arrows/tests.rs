use serde_json::json;

use super::*;

#[track_caller]
fn check(from: &str, to: &str, allowed: bool) {
    let metadata = json!({"packages": [{"name": from, "dependencies": [
        {"name": to, "kind": null, "path": "crates/x"},
        {"name": "serde", "kind": null},
    ]}]});
    let found = arrows(&metadata);
    assert_eq!(found, [Arrow { from: from.to_owned(), to: to.to_owned() }]);
    assert_eq!(forbidden(&found).is_empty(), allowed, "from=`{from}`, to=`{to}`");
}

#[test]
fn arrows_point_down_and_skip_what_they_must_not_know() {
    check("huedb-server", "huedb-engine", true);
    check("huedb-server", "huedb-storage", false);
    check("huedb-server", "huedb-index", false);
    check("huedb-index", "huedb-storage", false);
    check("huedb-storage", "huedb-index", false);
    check("huedb-types", "huedb-kernels", false);
    check("huedb-engine", "huedb-server", false);
}

#[test]
fn tools_may_use_the_product_and_nothing_may_use_tools() {
    check("huedb-bench", "huedb-engine", true);
    check("huedb-tidy", "huedb-bench", false);
    check("huedb-engine", "huedb-bench", false);
}

#[test]
fn a_new_crate_needs_its_arrows_listed() {
    check("huedb-engine", "huedb-novelty", false);
    check("huedb-novelty", "huedb-types", false);
}
