//! Limits on the length of files and functions.

#[cfg(test)]
mod tests;

use crate::tree::SourceFile;
use crate::{python, rust};

/// Longest file of code allowed, in lines. The aim is 500.
pub const FILE_LINES_MAX: usize = 700;
/// Longest function allowed, in lines from its first to its closing line. The aim is 70, which
/// clippy keeps for Rust (it counts neither comments nor blank lines).
pub const FUNCTION_LINES_MAX: usize = 100;

/// Extensions of files that hold code.
const CODE: [&str; 7] = ["rs", "py", "sh", "js", "mjs", "ts", "css"];

/// A file's or function's length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Size {
    /// Lines, blank ones and comments included.
    pub lines: usize,
    /// Where: `path` or `path:line name`.
    pub place: String,
}

/// Whether the file holds code that a person reads, not data.
pub fn is_code(file: &SourceFile) -> bool {
    let is_data = file.path.split('/').any(|part| matches!(part, "data" | "fixtures" | "captures"));
    !is_data && CODE.iter().any(|extension| file.has_extension(extension))
}

/// Lengths of all code files, longest first.
pub fn file_sizes(files: &[SourceFile]) -> Vec<Size> {
    let sizes = files.iter().filter(|file| is_code(file));
    longest_first(
        sizes.map(|file| Size { lines: file.text.lines().count(), place: file.path.clone() }).collect(),
    )
}

/// Lengths of all functions in Rust and Python files, longest first.
pub fn function_sizes(files: &[SourceFile]) -> Vec<Size> {
    let mut sizes = Vec::new();
    for file in files.iter().filter(|file| is_code(file)) {
        let functions = if file.has_extension("rs") {
            rust::functions(&rust::code_only(&file.text))
        } else if file.has_extension("py") {
            python::functions(&file.text)
        } else {
            Vec::new()
        };
        sizes.extend(functions.into_iter().map(|function| Size {
            lines: function.lines,
            place: format!("{}:{} {}", file.path, function.line, function.name),
        }));
    }
    longest_first(sizes)
}

/// A problem for each size above the limit.
pub fn above(sizes: &[Size], limit: usize) -> Vec<String> {
    let above = sizes.iter().filter(|size| size.lines > limit);
    above.map(|size| format!("{}: {} lines, at most {limit} allowed", size.place, size.lines)).collect()
}

fn longest_first(mut sizes: Vec<Size>) -> Vec<Size> {
    sizes.sort_by(|a, b| b.lines.cmp(&a.lines).then_with(|| a.place.cmp(&b.place)));
    sizes
}
