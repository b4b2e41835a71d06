//! Patches of the benchmark that takes parts away: code that changes must take them along.

use std::process::Command;

use crate::tree::root;

/// What is wrong with a patch, if it does not apply to the code as it is.
pub fn misfit(path: &str) -> Option<String> {
    let output = Command::new("git").args(["apply", "-p0", "--check", path]).current_dir(root()).output();
    match output {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(format!("{path}: {}", String::from_utf8_lossy(&output.stderr).trim())),
        Err(error) => Some(format!("{path}: cannot run git: {error}")),
    }
}
