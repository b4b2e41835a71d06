//! Patches of the benchmark that takes parts away: code that changes must take them along.

use crate::tree::git;

/// What is wrong with a patch, if it does not apply to the code as it is.
pub fn misfit(path: &str) -> Option<String> {
    match git(&["apply", "-p0", "--check", path]) {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(format!("{path}: {}", String::from_utf8_lossy(&output.stderr).trim())),
        Err(error) => Some(format!("{path}: {error}")),
    }
}
