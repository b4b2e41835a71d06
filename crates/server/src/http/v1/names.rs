//! Which names collections, tenants and databases may have.

use super::error::ApiError;

const COLLECTION_NAME_LENGTHS: std::ops::RangeInclusive<usize> = 3..=63;
const NAMESPACE_NAME_LENGTH_MIN: usize = 3;

/// A collection name is 3 to 63 letters, digits, dots, underscores and hyphens, has a letter or digit
/// at both ends, no two dots in a row, and does not look like an IPv4 address.
pub(super) fn check_collection_name(name: &str) -> Result<(), ApiError> {
    // Python's `$` also matches before a last line break, so such names have always been accepted.
    let line = name.strip_suffix('\n').unwrap_or(name);
    let is_end = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let fits = COLLECTION_NAME_LENGTHS.contains(&name.chars().count())
        && line.len() >= 2
        && is_end(line.as_bytes().first())
        && is_end(line.as_bytes().last())
        && line.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        && !line.contains("..")
        && !is_ipv4_like(line);
    if fits {
        return Ok(());
    }
    Err(ApiError::value(format!(
        "Expected collection name that (1) contains 3-63 characters, (2) starts and ends with an \
         alphanumeric character, (3) otherwise contains only alphanumeric characters, underscores or \
         hyphens (-), (4) contains no two consecutive periods (..) and (5) is not a valid IPv4 address, \
         got {name}"
    )))
}

/// `what` is `Tenant` or `Database`.
pub(super) fn check_namespace_name(what: &str, name: &str) -> Result<(), ApiError> {
    if name.chars().count() < NAMESPACE_NAME_LENGTH_MIN {
        return Err(ApiError::value(format!("{what} name must be at least 3 characters long")));
    }
    Ok(())
}

/// Four groups of one to three digits, whatever their values.
fn is_ipv4_like(name: &str) -> bool {
    let is_group =
        |group: &str| (1..=3).contains(&group.len()) && group.bytes().all(|byte| byte.is_ascii_digit());
    name.split('.').count() == 4 && name.split('.').all(is_group)
}

#[cfg(test)]
mod tests;
