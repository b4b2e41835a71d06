//! The configuration file: YAML with the keys of the option table or of Chroma 1.x.

use std::path::Path;

use serde_yaml_ng::{Mapping, Value};

use super::{
    chroma_env,
    chroma_env::Row,
    error::ConfigError,
    options::{OPTIONS, OptionSpec, option_named},
    suggest::nearest,
};

/// Larger files are somebody's data, not a configuration.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// One key of the file, with its value as the option's rule reads it.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) meaning: Meaning,
}

/// What a key stands for. Ours go first: where both have a name, it means the same.
#[derive(Debug)]
pub(crate) enum Meaning {
    Ours(&'static OptionSpec),
    Chroma(&'static Row),
}

/// Reads a file. Keys without a value (`key:`) are left out.
///
/// # Errors
/// [`ConfigError::File`] if it cannot be read or is not YAML, [`ConfigError::UnknownKey`] for a key
/// that nobody knows, [`ConfigError::BadValue`] for a list or mapping where a plain value belongs.
pub(crate) fn read(path: &Path) -> Result<Vec<Entry>, ConfigError> {
    let failed = |reason: String| ConfigError::File { path: path.to_owned(), reason };
    let metadata = std::fs::metadata(path).map_err(|error| failed(error.to_string()))?;
    if metadata.len() > FILE_BYTES_MAX {
        return Err(failed("it is larger than 1 MiB".to_owned()));
    }
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    parse(&text, path)
}

fn parse(text: &str, path: &Path) -> Result<Vec<Entry>, ConfigError> {
    let failed = |reason: String| ConfigError::File { path: path.to_owned(), reason };
    let mapping = match serde_yaml_ng::from_str(text).map_err(|error| failed(error.to_string()))? {
        Value::Null => return Ok(Vec::new()),
        Value::Mapping(mapping) => mapping,
        _ => return Err(failed("it does not hold `key: value` lines".to_owned())),
    };
    let mut entries = Vec::with_capacity(mapping.len());
    for (key, value) in flattened(mapping).ok_or_else(|| failed("a key is not text".to_owned()))? {
        let meaning = key_meaning(&key).ok_or_else(|| unknown_key(&key, path))?;
        if value.is_null() {
            continue;
        }
        let takes_parts =
            matches!(&meaning, Meaning::Chroma(row) if !matches!(row.effect, chroma_env::Effect::Sets(_)));
        let value = match text_of(&value) {
            Some(text) => text,
            None if takes_parts => String::new(),
            None => {
                let reason = "is neither a plain value nor a list of them".to_owned();
                return Err(ConfigError::BadValue { name: key, value: "{...}".to_owned(), reason });
            }
        };
        entries.push(Entry { key, value, meaning });
    }
    Ok(entries)
}

/// The keys with their values; of a mapping whose keys are known one by one, as `outer.inner`. None
/// if a key is not text.
fn flattened(mapping: Mapping) -> Option<Vec<(String, Value)>> {
    let mut flat = Vec::with_capacity(mapping.len());
    for (key, value) in mapping {
        let key = key.as_str()?.to_owned();
        let prefix = format!("{key}.");
        match value {
            Value::Mapping(inner)
                if chroma_env::FILE_KEYS.iter().any(|row| row.name.starts_with(&prefix)) =>
            {
                for (inner, value) in inner {
                    flat.push((format!("{prefix}{}", inner.as_str()?), value));
                }
            }
            value => flat.push((key, value)),
        }
    }
    Some(flat)
}

fn key_meaning(key: &str) -> Option<Meaning> {
    option_named(key).map(Meaning::Ours).or_else(|| chroma_env::row_for_file_key(key).map(Meaning::Chroma))
}

fn unknown_key(key: &str, path: &Path) -> ConfigError {
    let ours = OPTIONS.iter().map(|option| option.name.replace('-', "_"));
    let chroma = chroma_env::FILE_KEYS.iter().map(|row| row.name.to_owned());
    let (nearest, _) = nearest(key, ours.chain(chroma)).unwrap_or_default();
    ConfigError::UnknownKey { key: key.to_owned(), path: path.to_owned(), nearest }
}

/// A plain value as written, a list of plain values as JSON.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(value) => Some(value.to_string()),
        Value::String(value) => Some(value.clone()),
        Value::Sequence(values) => {
            let values = values.iter().map(text_of).collect::<Option<Vec<_>>>()?;
            Some(serde_json::Value::from(values).to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
