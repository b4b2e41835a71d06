//! The files of this repository, as git sees them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// One text file of the repository.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Path from the repository's root, with `/` between its parts.
    pub path: String,
    /// The whole content.
    pub text: String,
}

impl SourceFile {
    /// Whether the name ends in `.extension`.
    pub fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|found| found == extension)
    }

    /// Whether the file holds tests only: it lies in a `tests` directory or is a `tests` module.
    pub fn is_test(&self) -> bool {
        self.path.split('/').any(|part| part == "tests" || part == "tests.rs")
    }
}

/// The repository's root directory.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What git answers in the repository's root.
///
/// # Errors
/// When git cannot be run.
pub fn git(arguments: &[&str]) -> Result<Output, String> {
    let output = Command::new("git").args(arguments).current_dir(root()).output();
    output.map_err(|error| format!("cannot run git: {error}"))
}

/// Paths of all files that are tracked, or would be after `git add`: what is ignored is left out,
/// what is new and not yet added is held to the same rules.
///
/// # Errors
/// When git cannot list the files.
pub fn paths() -> Result<Vec<String>, String> {
    let output = git(&["ls-files", "-z", "--cached", "--others", "--exclude-standard"])?;
    if !output.status.success() {
        return Err(format!("git ls-files: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let mut paths: Vec<String> = String::from_utf8_lossy(&output.stdout)
        .split('\0')
        .filter(|path| !path.is_empty() && root().join(path).is_file())
        .map(str::to_owned)
        .collect();
    paths.sort();
    paths.dedup();
    Ok(paths)
}

/// All files whose content is UTF-8. Other files hold data, to which no rule here applies.
///
/// # Errors
/// When git cannot list the files, or lists none, which would let every check pass unseen.
pub fn text_files() -> Result<Vec<SourceFile>, String> {
    let files: Vec<SourceFile> = paths()?
        .into_iter()
        .filter_map(|path| {
            let text = std::fs::read_to_string(root().join(&path)).ok()?;
            Some(SourceFile { path, text })
        })
        .collect();
    if files.is_empty() { Err("git lists no file".to_owned()) } else { Ok(files) }
}
