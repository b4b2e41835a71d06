//! Words that do not belong in the sources: leftovers, names that say nothing, foreign characters,
//! and paths of the machine that something was written on.

#[cfg(test)]
mod tests;

use crate::rust;
use crate::sizes::is_code;
use crate::tree::SourceFile;

/// Module names that say nothing about what the module holds.
const EMPTY_NAMES: [&str; 9] =
    ["util", "utils", "common", "commons", "helper", "helpers", "misc", "manager", "managers"];

/// Marks of unfinished work, as whole words. In pieces, so that this file does not hold them.
const LEFTOVER_WORDS: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Macros for unfinished work and for debugging.
const LEFTOVER_MACROS: [&str; 3] = ["dbg", "todo", "unimplemented"];

/// Paths that exist on one machine only. In pieces, so that this file does not hold them.
const MACHINE_PATHS: [&str; 8] = [
    concat!("/wo", "rk/"),
    concat!("/fa", "rm/"),
    concat!("/ro", "ot/"),
    concat!("sha", "red/research"),
    concat!("sha", "red/contract"),
    concat!("sha", "red/DES", "IGN"),
    concat!("HEL", "PERS.md"),
    concat!(".lib", "rary/"),
];

/// Names of documents that are no part of the repository, as whole words.
const FOREIGN_WORDS: [&str; 3] = [concat!("DES", "IGN"), concat!("ENG", "INE_API"), concat!("CE", "O")];

/// Unfinished work left in code.
pub fn leftovers(file: &SourceFile) -> Vec<String> {
    if !is_code(file) {
        return Vec::new();
    }
    let mut problems = whole_words(file, &LEFTOVER_WORDS);
    if file.has_extension("rs") {
        let calls = rust::macro_calls(&rust::code_only(&file.text));
        let left = calls.iter().filter(|(name, _)| LEFTOVER_MACROS.contains(&name.as_str()));
        problems.extend(left.map(|(name, line)| format!("{}:{line}: `{name}!` is left over", file.path)));
    }
    problems
}

/// Modules whose name says nothing, as a file, a directory or a `mod` item.
pub fn empty_names(file: &SourceFile) -> Vec<String> {
    if !file.has_extension("rs") && !file.has_extension("py") {
        return Vec::new();
    }
    let mut problems = Vec::new();
    for part in file.path.split('/') {
        let stem = part.split('.').next().unwrap_or(part);
        if EMPTY_NAMES.contains(&stem) {
            problems.push(format!("{}: `{stem}` does not say what the module holds", file.path));
        }
    }
    if file.has_extension("rs") {
        for (name, line) in rust::modules(&rust::code_only(&file.text)) {
            if EMPTY_NAMES.contains(&name.as_str()) {
                problems.push(format!("{}:{line}: `mod {name}` does not say what it holds", file.path));
            }
        }
    }
    problems
}

/// A crate whose root file does not open with its description.
pub fn missing_crate_docs(file: &SourceFile) -> Vec<String> {
    let is_root = file.path.ends_with("src/lib.rs") || file.path.ends_with("src/main.rs");
    if is_root && !file.text.starts_with("//!") {
        return vec![format!("{}: does not open with `//!` and what the crate is", file.path)];
    }
    Vec::new()
}

/// Characters outside ASCII in Rust code, where a look-alike can hide. Tests may hold any text.
pub fn foreign_characters(file: &SourceFile) -> Vec<String> {
    if !file.has_extension("rs") || file.is_test() {
        return Vec::new();
    }
    let lines = file.text.lines().enumerate();
    lines
        .filter_map(|(at, line)| line.chars().find(|c| !c.is_ascii()).map(|c| (at + 1, c)))
        .map(|(line, c)| format!("{}:{line}: `{c}` is not ASCII, write \\u{{{:x}}}", file.path, u32::from(c)))
        .collect()
}

/// Paths and documents that a reader of this repository does not have.
pub fn machine_paths(file: &SourceFile) -> Vec<String> {
    let mut problems = whole_words(file, &FOREIGN_WORDS);
    for (at, line) in file.text.lines().enumerate() {
        for path in MACHINE_PATHS {
            let found = line.match_indices(path).any(|(start, _)| begins_a_path(line, start));
            if found {
                problems.push(format!("{}:{}: names the path `{path}` of one machine", file.path, at + 1));
            }
        }
    }
    problems
}

/// Whether a path begins at `start`, rather than goes on there from a directory before it.
fn begins_a_path(line: &str, start: usize) -> bool {
    !line[..start].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '}' | ')'))
}

fn whole_words(file: &SourceFile, words: &[&str]) -> Vec<String> {
    let mut problems = Vec::new();
    for (at, line) in file.text.lines().enumerate() {
        let found = line.split(|c: char| !c.is_alphanumeric() && c != '_').find(|word| words.contains(word));
        if let Some(word) = found {
            problems.push(format!("{}:{}: `{word}` does not belong here", file.path, at + 1));
        }
    }
    problems
}
