//! Metadata of collections and records, checked and converted.

use huedb_types::{Metadata, MetadataPatch, MetadataValue};

use super::{
    error::ApiError,
    json::{Dict, Json, PyNumber},
    python_repr::{display, type_name},
};

/// The key under which this generation keeps a record's document.
pub(super) const DOCUMENT_KEY: &str = "chroma:document";
/// The key under which this generation keeps a record's uri.
pub(super) const URI_KEY: &str = "chroma:uri";
/// Keys of records that start so are stored but never shown.
pub(super) const HIDDEN_PREFIX: &str = "chroma:";

/// Metadata of a new collection: not empty, scalars only.
pub(super) fn of_new_collection(dict: &Dict) -> Result<Metadata, ApiError> {
    if dict.is_empty() {
        return Err(ApiError::value("Expected metadata to be a non-empty dict, got 0 metadata attributes"));
    }
    for (key, value) in dict {
        if key == DOCUMENT_KEY {
            return Err(ApiError::value(format!(
                "Expected metadata to not contain the reserved key {DOCUMENT_KEY}"
            )));
        }
        if matches!(value, Json::Null | Json::List(_) | Json::Dict(_)) {
            return Err(ApiError::value(format!(
                "Expected metadata value to be a str, int, float or bool, got {} which is a {}",
                display(value),
                type_name(value)
            )));
        }
    }
    scalars(dict)
}

/// Metadata that replaces a collection's; nulls are left out. `None` if nothing remains.
pub(super) fn of_changed_collection(dict: &Dict) -> Result<Option<Metadata>, ApiError> {
    if let Some((_, value)) = dict.iter().find(|(_, value)| matches!(value, Json::List(_) | Json::Dict(_))) {
        let value = display(value);
        return Err(ApiError::value(format!(
            "Expected metadata value to be a str, int, or float, got {value}"
        )));
    }
    Ok(Some(scalars(dict)?).filter(|metadata| !metadata.is_empty()))
}

/// Changes to the metadata of a record.
///
/// What the store has no place for is refused; the original server took such values and lost them, and
/// with them the other values of the record.
pub(super) fn of_record(dict: &Dict) -> Result<MetadataPatch, ApiError> {
    dict.iter().map(|(key, value)| Ok((key.clone(), record_value(key, value)?))).collect()
}

fn record_value(key: &str, value: &Json) -> Result<Option<MetadataValue>, ApiError> {
    let value = match scalar(value) {
        Some(Scalar::Value(value)) => value,
        Some(Scalar::Overflow) => {
            return Err(ApiError::raised(
                "OverflowError",
                format!("Metadata value {} of key {key} does not fit into 64 bits", display(value)),
            ));
        }
        None if *value == Json::Null => return Ok(None),
        None => {
            return Err(ApiError::value(format!(
                "Expected metadata value of key {key} to be a str, int, float, bool or None, got {} which is a {}",
                display(value),
                type_name(value)
            )));
        }
    };
    Ok(Some(value))
}

/// The scalars of a collection's metadata; everything else has been refused or is null.
fn scalars(dict: &Dict) -> Result<Metadata, ApiError> {
    let mut metadata = Metadata::new();
    for (key, value) in dict {
        match scalar(value) {
            Some(Scalar::Value(value)) => {
                metadata.insert(key.clone(), value);
            }
            Some(Scalar::Overflow) => return Err(overflow()),
            None => {}
        }
    }
    Ok(metadata)
}

/// What the original store said of an integer that it had no place for.
pub(super) fn overflow() -> ApiError {
    ApiError::raised("OverflowError", "Python int too large to convert to SQLite INTEGER")
}

enum Scalar {
    Value(MetadataValue),
    Overflow,
}

fn scalar(value: &Json) -> Option<Scalar> {
    let value = match value {
        Json::Bool(value) => MetadataValue::Bool(*value),
        Json::Str(value) => MetadataValue::Str(value.clone()),
        other => match other.number()? {
            PyNumber::Int(value) => MetadataValue::Int(value),
            PyNumber::Float(value) => MetadataValue::Float(value),
            PyNumber::Overflow => return Some(Scalar::Overflow),
        },
    };
    Some(Scalar::Value(value))
}

#[cfg(test)]
mod tests;
