//! Rules for the names of tenants, databases and collections.

use std::net::Ipv4Addr;

use super::error::ApiError;

const NAME_CHARS_MIN: usize = 3;
const NAME_CHARS_MAX: usize = 512;

/// A new tenant's name: any characters, at least three.
pub(super) fn check_tenant(name: &str) -> Result<(), ApiError> {
    if name.chars().count() < NAME_CHARS_MIN {
        let message = format!(
            "Validation error: length [{{\"min\": Number({NAME_CHARS_MIN}), \"value\": String({name:?})}}]"
        );
        return Err(ApiError::validation("name", message));
    }
    Ok(())
}

/// A new database's name.
pub(super) fn check_database(name: &str) -> Result<(), ApiError> {
    check(name).map_err(ApiError::invalid)
}

/// A collection's name in the body's field `field`.
pub(super) fn check_collection(field: &str, name: &str) -> Result<(), ApiError> {
    check(name).map_err(|message| ApiError::validation(field, message))
}

/// A database's name in a path, which is only looked up.
pub(super) fn check_database_lookup(name: &str) -> Result<(), ApiError> {
    if name.chars().count() < NAME_CHARS_MIN {
        return Err(ApiError::invalid("database name must be at least 3 characters"));
    }
    Ok(())
}

fn check(name: &str) -> Result<(), String> {
    if !has_pattern(name) {
        return Err(format!(
            "Expected a name containing {NAME_CHARS_MIN}-{NAME_CHARS_MAX} characters from [a-zA-Z0-9._-], \
             starting and ending with a character in [a-zA-Z0-9]. Got: {name}"
        ));
    }
    if name.contains("..") {
        return Err(format!(
            "Expected a name that does not contains two consecutive periods (..). Got {name}"
        ));
    }
    if name.parse::<Ipv4Addr>().is_ok() {
        return Err(format!("Expected a name that is not a valid ip address. Got {name}"));
    }
    Ok(())
}

/// The pattern, after an optional `topology+` that clients of the cloud put before a name.
fn has_pattern(name: &str) -> bool {
    let (topology, name) = match name.split_once('+') {
        Some((topology, name)) => (Some(topology), name),
        None => (None, name),
    };
    topology.is_none_or(has_characters)
        && has_characters(name)
        && (NAME_CHARS_MIN..=NAME_CHARS_MAX).contains(&name.len())
}

fn has_characters(part: &str) -> bool {
    let bytes = part.as_bytes();
    let ends = [bytes.first(), bytes.last()];
    ends.iter().all(|end| end.is_some_and(u8::is_ascii_alphanumeric))
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte))
}

#[cfg(test)]
mod tests;
