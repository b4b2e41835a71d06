//! What cargo says about the workspace and its packages.

use std::process::Command;

use serde_json::Value;

use crate::tree::root;

/// Which packages are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The members of this workspace, without resolving anything.
    Members,
    /// Every package of the lock file that is used on this machine's platform, tests included.
    Platform,
    /// Every package of the lock file.
    Everything,
}

/// The answer of `cargo metadata`.
///
/// # Errors
/// When cargo fails, for instance because `Cargo.lock` does not match the manifests.
pub fn metadata(scope: Scope) -> Result<Value, String> {
    let host = host()?;
    let mut arguments = vec!["metadata", "--format-version", "1"];
    match scope {
        Scope::Members => arguments.push("--no-deps"),
        Scope::Platform => arguments.extend(["--filter-platform", &host]),
        Scope::Everything => {}
    }
    let answer = locked(&arguments)?;
    serde_json::from_str(&answer).map_err(|error| format!("cargo metadata: {error}"))
}

/// `name version` of every package that is compiled into the server or runs while it is built, on
/// this machine's platform, sorted.
///
/// # Errors
/// As [`metadata`].
pub fn server_packages() -> Result<Vec<String>, String> {
    server_tree(&["-e", "normal,build"])
}

/// `name version` of every package whose code is in the server's binary for a target triple, by
/// default this machine's, sorted.
///
/// # Errors
/// As [`metadata`].
pub fn linked_packages(target: Option<&str>) -> Result<Vec<String>, String> {
    match target {
        Some(target) => server_tree(&["-e", "normal,no-proc-macro", "--target", target]),
        None => server_tree(&["-e", "normal,no-proc-macro"]),
    }
}

fn server_tree(choice: &[&str]) -> Result<Vec<String>, String> {
    let tree = ["tree", "-p", "huedb-server", "--prefix", "none", "--format", "{p}"];
    let answer = locked(&[&tree, choice].concat())?;
    let mut packages: Vec<String> = answer
        .lines()
        .filter_map(|line| {
            let mut parts = line.split(' ');
            Some(format!("{} {}", parts.next()?, parts.next()?.trim_start_matches('v')))
        })
        .collect();
    packages.sort();
    packages.dedup();
    Ok(packages)
}

/// Runs cargo without touching the lock file: first from its cache, so that the answer comes at
/// once and without a network, then with downloads.
fn locked(arguments: &[&str]) -> Result<String, String> {
    run(&[arguments, &["--locked", "--offline"]].concat())
        .or_else(|_| run(&[arguments, &["--locked"]].concat()))
}

fn run(arguments: &[&str]) -> Result<String, String> {
    let program = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    output(&program, arguments)
}

fn host() -> Result<String, String> {
    let version = output("rustc", &["-vV"])?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc -vV names no host".to_owned())
}

fn output(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(root())
        .output()
        .map_err(|error| format!("cannot run {program}: {error}"))?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{program} {}: {reason}", arguments.join(" ")));
    }
    String::from_utf8(output.stdout).map_err(|error| format!("{program}: {error}"))
}
