//! The reference page is the table, in words.

use super::*;
use crate::config::chroma_env::environment_names;

#[test]
fn the_page_in_docs_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == page(),
        "docs/configuration.md is not current; write it with `cargo run -- config docs > docs/configuration.md`"
    );
}

#[test]
fn the_page_names_every_option_and_every_setting_of_chroma() {
    let page = page();
    for OptionSpec { name, environment, default, .. } in OPTIONS {
        let default = if default.is_empty() { "none".to_owned() } else { format!("`{default}`") };
        for part in [format!("#### {name}\n"), format!("`{environment}`"), format!("Default: {default}")] {
            assert!(page.contains(&part), "missing: {part}");
        }
    }
    for row in ENVIRONMENT.iter().chain(FILE_KEYS).chain(STANDARD) {
        assert!(page.contains(&format!("| `{}` |", row.name)), "missing: {}", row.name);
    }
    assert!(environment_names().count() > 80);
}

#[test]
fn the_list_has_one_line_for_each_option() {
    let list = list();
    assert_eq!(list.lines().count(), OPTIONS.len() + groups().len());
    for option in OPTIONS {
        assert!(list.contains(&format!("  --{} ", option.name)), "missing: {}", option.name);
    }
}
