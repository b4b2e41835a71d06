//! Why a file of users, tokens or roles is refused. Never quotes a secret.

use std::fmt;

/// A refusal, with the line it is about where one line is to blame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileError {
    /// Counted from 1.
    pub(crate) line: Option<usize>,
    pub(crate) reason: String,
}

impl FileError {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self { line: None, reason: reason.into() }
    }

    pub(crate) fn at(line: usize, reason: impl Into<String>) -> Self {
        Self { line: Some(line), reason: reason.into() }
    }

    /// The refusal as a sentence about `place`, a file or a setting.
    pub(crate) fn within(&self, place: &str) -> String {
        format!("{place}{self}")
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        f.write_str(": ")?;
        // A name in quotes may hold what would begin a new line of the log.
        for part in self.reason.split_inclusive(char::is_control) {
            let text = part.trim_end_matches(char::is_control);
            write!(f, "{text}{}", part[text.len()..].escape_debug())?;
        }
        Ok(())
    }
}
