//! Conditions on documents.

mod like;

use huedb_types::limits::REGEX_BYTES_MAX;

pub use like::LikePattern;

/// Compiles a regular expression whose matching time is linear in the document.
///
/// # Errors
/// The parser's error, or that the compiled form would take more than [`REGEX_BYTES_MAX`].
pub fn compile_regex(pattern: &str) -> Result<regex::Regex, regex::Error> {
    regex::RegexBuilder::new(pattern).size_limit(REGEX_BYTES_MAX).dfa_size_limit(REGEX_BYTES_MAX).build()
}

#[cfg(test)]
mod tests;
