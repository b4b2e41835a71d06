//! The project's rules, applied to this repository. `make tidy` shows what each test looked at.

use std::collections::BTreeSet;

use huedb_tidy::cargo::Scope;
use huedb_tidy::tree::SourceFile;
use huedb_tidy::{arrows, cargo, licence, links, packages, patches, sizes, tree, words};

/// Says what was looked at and fails with all problems at once.
#[track_caller]
fn accept(checked: &str, problems: &[String]) {
    eprintln!("tidy: {checked}");
    assert!(problems.is_empty(), "{checked}: {} problems\n  {}", problems.len(), problems.join("\n  "));
}

#[track_caller]
fn accept_files(checked: &str, rule: fn(&SourceFile) -> Vec<String>) {
    match tree::text_files() {
        Ok(files) => {
            let problems: Vec<String> = files.iter().flat_map(rule).collect();
            accept(&format!("{checked} in {} text files", files.len()), &problems);
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn crates_use_only_what_lies_below_them() {
    let found = arrows::arrows(&cargo::metadata(Scope::Members).unwrap());
    let drawn: Vec<String> = found.iter().map(|arrow| format!("{} -> {}", arrow.from, arrow.to)).collect();
    assert!(!found.is_empty(), "cargo metadata names no dependency between the crates");
    accept(
        &format!("arrows between crates: {}", drawn.join(", ").replace("huedb-", "")),
        &arrows::forbidden(&found),
    );
}

#[test]
fn files_are_short() {
    let found = sizes::file_sizes(&tree::text_files().unwrap());
    let checked = format!("{} files of code, the longest: {}", found.len(), worst(&found));
    accept(&checked, &sizes::above(&found, sizes::FILE_LINES_MAX));
}

#[test]
fn functions_are_short() {
    let found = sizes::function_sizes(&tree::text_files().unwrap());
    let checked = format!("{} functions, the longest: {}", found.len(), worst(&found));
    accept(&checked, &sizes::above(&found, sizes::FUNCTION_LINES_MAX));
}

#[test]
fn nothing_is_left_unfinished() {
    accept_files("leftovers", words::leftovers);
}

#[test]
fn module_names_say_what_they_hold() {
    accept_files("module names", words::empty_names);
}

#[test]
fn crates_say_what_they_are() {
    accept_files("crate descriptions", words::missing_crate_docs);
}

#[test]
fn rust_code_is_ascii() {
    accept_files("characters of Rust code", words::foreign_characters);
}

#[test]
fn nothing_names_a_path_of_one_machine() {
    accept_files("paths of one machine", words::machine_paths);
}

#[test]
fn the_server_stays_within_its_package_budget() {
    let found = cargo::server_packages().unwrap();
    assert!(found.iter().any(|package| package.starts_with("huedb-server ")), "cargo tree names no server");
    let checked = format!("{} of {} packages in the server", found.len(), packages::PACKAGES_MAX);
    accept(&checked, &packages::over_budget(&found));
}

#[test]
fn the_server_has_one_version_of_each_package() {
    let found = cargo::server_packages().unwrap();
    let allowed = packages::SEVERAL_VERSIONS;
    let checked = format!("versions of {} packages, {} of them allowed several", found.len(), allowed.len());
    accept(&checked, &packages::several_versions(&found, &allowed));
}

#[test]
fn every_package_has_an_allowed_licence() {
    let metadata = cargo::metadata(Scope::Platform).unwrap();
    let count = metadata["packages"].as_array().map_or(0, Vec::len);
    assert!(count > packages::SEVERAL_VERSIONS.len(), "cargo metadata names {count} packages");
    accept(
        &format!("licences of {count} packages, tests and tools included"),
        &packages::forbidden_licences(&metadata),
    );
}

#[test]
fn cargo_deny_keeps_the_same_lists() {
    let text = std::fs::read_to_string(tree::root().join("deny.toml")).unwrap();
    let problems = [
        difference("licences", &quoted(&text, "allow"), &licence::ALLOWED),
        difference("forbidden packages", &quoted(&text, "deny"), &packages::FORBIDDEN),
        difference(
            "packages in several versions",
            &quoted(&text, "skip"),
            &packages::SEVERAL_VERSIONS.map(|(name, _)| name),
        ),
    ];
    accept("lists of deny.toml", &problems.concat());
}

#[test]
fn links_between_documents_work() {
    let mut documents = tree::text_files().unwrap();
    documents.retain(|file| file.has_extension("md"));
    let count: usize = documents.iter().map(|file| links::links(&file.text).len()).sum();
    let checked = format!("{count} relative links in {} documents", documents.len());
    accept(&checked, &links::broken(&documents, &tree::paths().unwrap()));
}

#[test]
fn patches_fit_the_code() {
    let mut files = tree::text_files().unwrap();
    files.retain(|file| file.has_extension("patch"));
    assert!(!files.is_empty(), "the patches of bench/ablate.sh are gone");
    let problems: Vec<String> = files.iter().filter_map(|file| patches::misfit(&file.path)).collect();
    accept(&format!("{} patches", files.len()), &problems);
}

fn worst(sizes: &[sizes::Size]) -> String {
    let worst: Vec<String> =
        sizes.iter().take(3).map(|size| format!("{} ({})", size.place, size.lines)).collect();
    worst.join(", ")
}

/// First quoted text of each line in the list `name = [`, without a version.
fn quoted<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!("{name} = [");
    let lines = text.lines().skip_while(|line| *line != start).skip(1).take_while(|line| *line != "]");
    lines.filter_map(|line| line.split('"').nth(1)?.split('@').next()).collect()
}

fn difference(what: &str, found: &[&str], expected: &[&str]) -> Vec<String> {
    let found: BTreeSet<&str> = found.iter().copied().collect();
    let expected: BTreeSet<&str> = expected.iter().copied().collect();
    let differing = found.symmetric_difference(&expected);
    differing.map(|name| format!("{what}: `{name}` is in one list only")).collect()
}
