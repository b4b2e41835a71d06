//! Relative links of Markdown files: the file must exist, and so must the heading.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::tree::SourceFile;

/// A link as it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Line, from 1.
    pub line: usize,
    /// Target as written, with its `#heading` if it has one.
    pub target: String,
}

/// All relative links: inline ones and definitions, outside code.
pub fn links(text: &str) -> Vec<Link> {
    let mut found = Vec::new();
    for (line, content) in prose(text) {
        let content = without_code_spans(content);
        let targets = inline_targets(&content).into_iter().chain(definition_target(&content));
        for target in targets.filter(|target| !is_absolute(target)) {
            found.push(Link { line, target: target.to_owned() });
        }
    }
    found
}

/// Problems of all links between the given Markdown files and to `paths`, all files there are.
pub fn broken(files: &[SourceFile], paths: &[String]) -> Vec<String> {
    let mut places: BTreeSet<&str> = paths.iter().map(String::as_str).collect();
    for path in paths {
        places.extend(path.match_indices('/').map(|(at, _)| &path[..at]));
    }
    let headings: BTreeMap<&str, Vec<String>> =
        files.iter().map(|file| (file.path.as_str(), headings(&file.text))).collect();
    let mut problems = Vec::new();
    for file in files {
        for Link { line, target } in links(&file.text) {
            let (path, heading) = target.split_once('#').unwrap_or((&target, ""));
            let path = if path.is_empty() { file.path.clone() } else { resolve(&file.path, path) };
            if !path.is_empty() && !places.contains(path.as_str()) {
                problems.push(format!("{}:{line}: no such file: {target}", file.path));
            } else if !heading.is_empty()
                && headings.get(path.as_str()).is_some_and(|all| !all.iter().any(|slug| slug == heading))
            {
                problems.push(format!("{}:{line}: no such heading: {target}", file.path));
            }
        }
    }
    problems
}

/// The names by which headings are linked to: lower case, spaces as hyphens, no punctuation, and a
/// number when a name repeats.
fn headings(text: &str) -> Vec<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let titles = prose(text).filter_map(|(_, line)| {
        let title = line.trim_start_matches('#');
        (title.len() < line.len() && title.starts_with(' ')).then_some(title)
    });
    titles
        .map(|title| {
            let kept = title.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            let slug = kept.collect::<String>().to_lowercase().replace(' ', "-");
            let repeats = seen.entry(slug.clone()).or_insert(0);
            *repeats += 1;
            if *repeats > 1 { format!("{slug}-{}", *repeats - 1) } else { slug }
        })
        .collect()
}

/// Lines outside fenced code, with their numbers.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut in_fence = false;
    text.lines().enumerate().filter_map(move |(at, line)| {
        if line.trim_start().starts_with("```") {
            in_fence = !in_fence;
            return None;
        }
        (!in_fence).then_some((at + 1, line))
    })
}

fn without_code_spans(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("code")
}

fn inline_targets(line: &str) -> Vec<&str> {
    line.match_indices("](")
        .filter_map(|(at, mark)| {
            let rest = &line[at + mark.len()..];
            let inside = &rest[..rest.find(')')?];
            inside.split_whitespace().next() // what follows is a title
        })
        .collect()
}

/// The target of `[name]: target`.
fn definition_target(line: &str) -> Option<&str> {
    let (_, rest) = line.strip_prefix('[')?.split_once("]:")?;
    rest.split_whitespace().next()
}

fn is_absolute(target: &str) -> bool {
    target.contains("://") || target.starts_with("mailto:")
}

/// The path from the root of a link written in `from`.
fn resolve(from: &str, link: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                if parts.pop().is_none() {
                    return format!("(outside the repository) {link}");
                }
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}
