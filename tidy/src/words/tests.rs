use super::*;

#[track_caller]
fn check(rule: fn(&SourceFile) -> Vec<String>, path: &str, text: &str, problems: usize) {
    let found = rule(&SourceFile { path: path.to_owned(), text: text.to_owned() });
    assert_eq!(found.len(), problems, "path=`{path}`, text=`{text}`, found={found:?}");
}

#[test]
fn unfinished_work_is_found_in_code() {
    let mark = LEFTOVER_WORDS[0];
    check(leftovers, "a.rs", &format!("// {mark}: later"), 1);
    check(leftovers, "a.py", &format!("# {mark} later"), 1);
    check(leftovers, "a.rs", &format!("let {mark}_LIST = 1;"), 0);
    check(leftovers, "a.rs", "fn f() { todo!() }", 1);
    check(leftovers, "a.rs", "// todo!() is not allowed\nlet todo = 1; todo != 2;", 0);
}

#[test]
fn a_module_name_says_what_it_holds() {
    check(empty_names, "crates/a/src/util.rs", "", 1);
    check(empty_names, "crates/a/src/helpers/mod.rs", "", 1);
    check(empty_names, "crates/a/src/lib.rs", "mod common;", 1);
    check(empty_names, "conformance/utils.py", "", 1);
    check(empty_names, "crates/a/src/lib.rs", "mod common_prefix;", 0);
}

#[test]
fn a_crate_opens_with_its_description() {
    check(missing_crate_docs, "crates/a/src/lib.rs", "pub mod b;", 1);
    check(missing_crate_docs, "crates/a/src/lib.rs", "//! What it is.\npub mod b;", 0);
    check(missing_crate_docs, "crates/a/src/b.rs", "pub fn c() {}", 0);
}

#[test]
fn only_tests_may_hold_characters_outside_ascii() {
    check(foreign_characters, "crates/a/src/b.rs", "// caf\u{e9}", 1);
    check(foreign_characters, "crates/a/src/b/tests.rs", "// caf\u{e9}", 0);
    check(foreign_characters, "crates/a/tests/it/main.rs", "// caf\u{e9}", 0);
}

#[test]
fn a_path_of_one_machine_is_found_in_any_file() {
    let path = MACHINE_PATHS[0];
    check(machine_paths, "a.md", &format!("see {path}x"), 1);
    check(machine_paths, "a.json", &format!("\"{path}x\""), 1);
    check(machine_paths, "a.md", &format!("see docs{path}x and $HOME{path}"), 0);
    check(machine_paths, "a.md", &format!("as {} says", FOREIGN_WORDS[0]), 1);
}
