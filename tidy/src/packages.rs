//! How many packages the server is made of, which ones, and under which licences.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::licence;

/// Most packages that the server's default build may consist of, our own included.
pub const PACKAGES_MAX: usize = 220;

/// Packages that the server must not contain: a second async runtime, or a build that needs more
/// than a Rust and a C compiler.
pub const FORBIDDEN: [&str; 11] = [
    "arrow",
    "async-std",
    "bindgen",
    "cmake",
    "cxx",
    "datafusion",
    "openssl-sys",
    "prost-build",
    "protobuf-src",
    "smol",
    "sqlx",
];

/// Packages that are in the server in more than one version, with the reason and the day it was
/// looked at. A line that is no longer needed fails the test.
pub const SEVERAL_VERSIONS: [(&str, &str); 3] = [
    ("getrandom", "2026-11-24: ring 0.17, below rustls, still uses 0.2; uuid uses 0.4"),
    ("hashbrown", "2026-11-22: dashmap 6 and quick_cache, both below fjall 3, lag behind indexmap 2"),
    ("syn", "2026-11-22: enum_dispatch and tracing-attributes still use syn 2; runs at build time only"),
];

/// The packages of the server against the budget and the forbidden list; each is `name version`.
pub fn over_budget(packages: &[String]) -> Vec<String> {
    let mut problems = Vec::new();
    if packages.len() > PACKAGES_MAX {
        problems.push(format!("{} packages in the server, at most {PACKAGES_MAX} allowed", packages.len()));
    }
    let forbidden = packages.iter().filter(|package| FORBIDDEN.contains(&name_of(package)));
    problems.extend(forbidden.map(|package| format!("{package} must not be part of the server")));
    problems
}

/// Packages in several versions that `allowed` does not list, and lines of `allowed` without need.
pub fn several_versions(packages: &[String], allowed: &[(&str, &str)]) -> Vec<String> {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in packages {
        versions.entry(name_of(package)).or_default().push(package);
    }
    versions.retain(|_, versions| versions.len() > 1);
    let mut problems = Vec::new();
    for (name, versions) in &versions {
        if !allowed.iter().any(|(allowed, _)| allowed == name) {
            problems.push(format!("several versions of one package: {}", versions.join(", ")));
        }
    }
    for (name, _) in allowed {
        if !versions.contains_key(name) {
            problems.push(format!("{name} has one version now: delete its line from SEVERAL_VERSIONS"));
        }
    }
    problems
}

/// `name version: licence` for each package of the metadata whose licence is not allowed.
pub fn forbidden_licences(metadata: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let licence = package["license"].as_str().unwrap_or("none stated");
        if !licence::is_allowed(licence) {
            let name = package["name"].as_str().unwrap_or_default();
            let version = package["version"].as_str().unwrap_or_default();
            problems.push(format!("{name} {version}: {licence}"));
        }
    }
    problems
}

fn name_of(package: &str) -> &str {
    package.split(' ').next().unwrap_or(package)
}
