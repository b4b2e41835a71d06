//! `where_document`: conditions on the document.

use huedb_types::{DocumentPredicate, Filter, limits::FILTER_DEPTH_MAX};
use serde_json::Value;

use super::{
    error::ApiError,
    where_clause::{only_entry, too_deep},
};

/// Parses a `where_document`.
///
/// # Errors
/// 400 if the clause is malformed or nested too deeply.
pub(super) fn parse(clause: &Value) -> Result<Filter, ApiError> {
    parse_at(clause, FILTER_DEPTH_MAX)?.ok_or_else(|| ApiError::invalid("Invalid where document clause"))
}

/// `Ok(None)` for a malformed clause; `depth_left` counts the levels that may follow.
fn parse_at(clause: &Value, depth_left: usize) -> Result<Option<Filter>, ApiError> {
    let Some((operator, operand)) = only_entry(clause) else { return Ok(None) };
    match operator {
        "$and" => Ok(parse_all(operand, depth_left)?.map(Filter::And)),
        "$or" => Ok(parse_all(operand, depth_left)?.map(Filter::Or)),
        _ => Ok(predicate(operator, operand).map(Filter::Document)),
    }
}

fn parse_all(clauses: &Value, depth_left: usize) -> Result<Option<Vec<Filter>>, ApiError> {
    let Some(clauses) = clauses.as_array() else { return Ok(None) };
    let depth_left = depth_left.checked_sub(1).ok_or_else(too_deep)?;
    clauses.iter().map(|clause| parse_at(clause, depth_left)).collect()
}

/// One operator with its text; `where` uses the same ones under `#document`.
pub(super) fn predicate(operator: &str, operand: &Value) -> Option<DocumentPredicate> {
    let text = operand.as_str()?.to_owned();
    match operator {
        "$contains" => Some(DocumentPredicate::Contains(text)),
        "$not_contains" => Some(DocumentPredicate::NotContains(text)),
        "$regex" => Some(DocumentPredicate::Regex(text)),
        "$not_regex" => Some(DocumentPredicate::NotRegex(text)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
