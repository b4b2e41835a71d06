//! What a published binary consists of: a bill of materials in `CycloneDX` 1.5 and the licence texts of
//! every package that is linked into the server.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Map, Value, json};

#[cfg(test)]
mod tests;

/// One package that is linked into the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// As published.
    pub name: String,
    /// As published.
    pub version: String,
    /// SPDX expression of the manifest.
    pub licence: String,
    /// SHA-256 of the published package; none for our own.
    pub checksum: Option<String>,
    /// `name version` of the packages it uses.
    pub uses: Vec<String>,
    /// Directory of its manifest.
    pub directory: String,
}

impl Component {
    fn key(&self) -> String {
        format!("{} {}", self.name, self.version)
    }
}

/// The packages of `linked` (`name version` each) with what cargo's metadata and the lock file know of
/// them.
///
/// # Errors
/// When a linked package is missing from the metadata or names no licence.
pub fn components(linked: &[String], metadata: &Value, lock: &str) -> Result<Vec<Component>, String> {
    let checksums = checksums(lock);
    let packages = list(metadata, "/packages");
    let keys: BTreeMap<&str, String> =
        packages.iter().map(|package| (text(package, "id"), key(package))).collect();
    let nodes: BTreeMap<&str, &Value> =
        list(metadata, "/resolve/nodes").iter().map(|node| (text(node, "id"), node)).collect();
    let wanted: BTreeSet<&str> = linked.iter().map(String::as_str).collect();
    linked
        .iter()
        .map(|name| {
            let package = packages.iter().find(|package| key(package) == *name);
            let package = package.ok_or_else(|| format!("{name} is not in cargo's metadata"))?;
            let licence = text(package, "license").replace('/', " OR ");
            if licence.is_empty() {
                return Err(format!("{name} names no licence"));
            }
            let node = nodes.get(text(package, "id"));
            let used = node.map_or(&[][..], |node| list(node, "/dependencies"));
            let uses = used.iter().filter_map(|id| keys.get(id.as_str()?)).cloned();
            let directory = Path::new(text(package, "manifest_path")).parent();
            Ok(Component {
                name: text(package, "name").to_owned(),
                version: text(package, "version").to_owned(),
                licence,
                checksum: checksums.get(name).cloned(),
                uses: uses.filter(|key| wanted.contains(key.as_str())).collect(),
                directory: directory.unwrap_or(Path::new("")).display().to_string(),
            })
        })
        .collect()
}

/// The bill of materials. `product` is the name of the package whose binary it describes.
///
/// # Errors
/// When `product` is none of the components.
pub fn bill(product: &str, components: &[Component]) -> Result<Value, String> {
    let main = components.iter().find(|component| component.name == product);
    let main = main.ok_or_else(|| format!("{product} is not among the packages"))?;
    let (mut parts, mut edges) = (Vec::new(), Vec::new());
    for component in components {
        if component.name != product {
            parts.push(entry(component, "library"));
        }
        let uses: Vec<_> = component.uses.iter().map(|key| purl(key)).collect();
        edges.push(json!({ "ref": purl(&component.key()), "dependsOn": uses }));
    }
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": entry(main, "application") },
        "components": parts,
        "dependencies": edges,
    }))
}

fn entry(component: &Component, kind: &str) -> Value {
    let purl = purl(&component.key());
    let mut entry = Map::new();
    entry.insert("type".to_owned(), kind.into());
    entry.insert("bom-ref".to_owned(), purl.clone().into());
    entry.insert("name".to_owned(), component.name.clone().into());
    entry.insert("version".to_owned(), component.version.clone().into());
    entry.insert("purl".to_owned(), purl.into());
    entry.insert("licenses".to_owned(), json!([{ "expression": component.licence }]));
    if let Some(checksum) = &component.checksum {
        entry.insert("hashes".to_owned(), json!([{ "alg": "SHA-256", "content": checksum }]));
    }
    Value::Object(entry)
}

/// Address of a package in the form that scanners compare.
fn purl(key: &str) -> String {
    format!("pkg:cargo/{}", key.replace(' ', "@").replace('+', "%2B"))
}

/// Every distinct licence text once, under the packages that carry it. Packages without a text of
/// their own are listed with what their manifest names.
///
/// # Errors
/// When a directory or file cannot be read.
pub fn notices(components: &[Component]) -> Result<String, String> {
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut silent = Vec::new();
    for component in components {
        let found = licence_texts(Path::new(&component.directory))?;
        if found.is_empty() {
            silent.push(format!("{} ({})", component.key(), component.licence));
        }
        for text in found {
            texts.entry(text).or_default().push(component.key());
        }
    }
    let mut notices = String::from("Licences of the software that is part of this program.\n");
    for (text, keys) in &texts {
        let _ = write!(notices, "\n{rule}\n{}\n{rule}\n\n{text}\n", keys.join(", "), rule = "-".repeat(80));
    }
    if !silent.is_empty() {
        let _ = writeln!(notices, "\nWithout a text of their own: {}", silent.join(", "));
    }
    Ok(notices)
}

/// Names under which packages keep their licence.
const STEMS: [&str; 5] = ["license", "licence", "copying", "notice", "unlicense"];

fn licence_texts(directory: &Path) -> Result<Vec<String>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", directory.display());
    let mut paths: Vec<_> = std::fs::read_dir(directory)
        .map_err(failed)?
        .collect::<Result<Vec<_>, _>>()
        .map_err(failed)?
        .into_iter()
        .map(|entry| entry.path())
        .filter(|path| path.is_file() && is_licence_name(path))
        .collect();
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let bytes = std::fs::read(path).map_err(failed)?;
        Ok(String::from_utf8_lossy(&bytes).trim().replace("\r\n", "\n"))
    };
    paths.iter().map(read).collect()
}

fn is_licence_name(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    STEMS.iter().any(|stem| name.starts_with(stem))
        && path.extension().is_none_or(|extension| extension != "rs" && extension != "toml")
}

/// Checksums of the lock file by `name version`.
fn checksums(lock: &str) -> BTreeMap<String, String> {
    let value = |line: &str, key: &str| {
        let rest = line.strip_prefix(key)?.strip_prefix(" = \"")?;
        rest.strip_suffix('"').map(str::to_owned)
    };
    let mut checksums = BTreeMap::new();
    for block in lock.split("[[package]]") {
        let find = |key| block.lines().find_map(|line| value(line, key));
        if let (Some(name), Some(version), Some(checksum)) = (find("name"), find("version"), find("checksum"))
        {
            checksums.insert(format!("{name} {version}"), checksum);
        }
    }
    checksums
}

fn key(package: &Value) -> String {
    format!("{} {}", text(package, "name"), text(package, "version"))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
