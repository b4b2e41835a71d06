//! Which of our crates may use which: an allow-list, so that a new arrow is a decision.

#[cfg(test)]
mod tests;

use serde_json::Value;

/// Every allowed arrow between the crates of the product. Tests follow the same arrows.
const ALLOWED: [(&str, &str); 8] = [
    ("huedb-server", "huedb-engine"),
    ("huedb-server", "huedb-types"),
    ("huedb-engine", "huedb-index"),
    ("huedb-engine", "huedb-storage"),
    ("huedb-engine", "huedb-types"),
    ("huedb-index", "huedb-kernels"),
    ("huedb-index", "huedb-types"),
    ("huedb-storage", "huedb-types"),
];

/// Tools beside the product: they may use any crate, and no crate may use them.
const TOOLS: [&str; 2] = ["huedb-bench", "huedb-tidy"];

/// One crate's use of another of ours.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrow {
    /// The crate that uses.
    pub from: String,
    /// The crate that is used.
    pub to: String,
}

/// All arrows between members, read from `cargo metadata --no-deps`: dependencies of every kind and
/// for every platform.
pub fn arrows(metadata: &Value) -> Vec<Arrow> {
    let mut found = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let (Some(from), Some(to)) = (package["name"].as_str(), dependency["name"].as_str()) else {
                continue;
            };
            if dependency["path"].is_string() {
                found.push(Arrow { from: from.to_owned(), to: to.to_owned() });
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// A problem for each arrow that is not on the list.
pub fn forbidden(arrows: &[Arrow]) -> Vec<String> {
    let is_allowed = |arrow: &&Arrow| {
        let (from, to) = (arrow.from.as_str(), arrow.to.as_str());
        ALLOWED.contains(&(from, to)) || (TOOLS.contains(&from) && !TOOLS.contains(&to))
    };
    let forbidden = arrows.iter().filter(|arrow| !is_allowed(arrow));
    forbidden.map(|arrow| format!("{} must not use {}", arrow.from, arrow.to)).collect()
}
