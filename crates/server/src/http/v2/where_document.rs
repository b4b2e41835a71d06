//! `where_document`: conditions on the document.

use huedb_types::{DocumentPredicate, Filter, limits::FILTER_DEPTH_MAX};
use serde_json::Value;

use super::{
    error::ApiError,
    where_clause::{kind, only_entry, shown, too_deep},
};

/// Parses a `where_document`.
///
/// # Errors
/// 400 if the clause is malformed or nested too deeply. The text begins as that of Chroma, which says
/// nothing more, and goes on with what is wrong.
pub(super) fn parse(clause: &Value) -> Result<Filter, ApiError> {
    parse_at(clause, FILTER_DEPTH_MAX)
}

/// `depth_left` counts the levels that may follow.
fn parse_at(clause: &Value, depth_left: usize) -> Result<Filter, ApiError> {
    let Some((operator, operand)) = only_entry(clause) else {
        return Err(invalid(format!("expected an object with exactly one operator, got {}", kind(clause))));
    };
    match operator {
        "$and" => Ok(Filter::And(parse_all(operator, operand, depth_left)?)),
        "$or" => Ok(Filter::Or(parse_all(operator, operand, depth_left)?)),
        _ => predicate(operator, operand)
            .map(Filter::Document)
            .ok_or_else(|| invalid(wrong_operand(operator, operand))),
    }
}

fn parse_all(operator: &str, clauses: &Value, depth_left: usize) -> Result<Vec<Filter>, ApiError> {
    let Some(clauses) = clauses.as_array() else {
        return Err(invalid(format!("{operator} takes a list of clauses, got {}", kind(clauses))));
    };
    let depth_left = depth_left.checked_sub(1).ok_or_else(too_deep)?;
    clauses.iter().map(|clause| parse_at(clause, depth_left)).collect()
}

fn invalid(reason: impl std::fmt::Display) -> ApiError {
    ApiError::invalid(format!("Invalid where document clause: {reason}"))
}

/// Why `predicate` refused.
fn wrong_operand(operator: &str, operand: &Value) -> String {
    match operator {
        "$contains" | "$not_contains" | "$regex" | "$not_regex" => {
            format!("operator {operator} takes a string, got {}", kind(operand))
        }
        _ => {
            let operators = "$contains, $not_contains, $regex, $not_regex, $and, $or";
            format!("expected one of {operators}, got {}", shown(operator))
        }
    }
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
