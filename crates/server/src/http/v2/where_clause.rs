//! `where`: conditions on metadata, and on the document under the key `#document`.

use huedb_types::{Filter, Number, Predicate, Scalar, limits::FILTER_DEPTH_MAX};
use serde_json::Value;

use super::{error::ApiError, where_document};

/// The key under which `where` speaks of the document.
pub(super) const DOCUMENT_KEY: &str = "#document";

/// Parses a `where`.
///
/// # Errors
/// 400 if the clause is malformed or nested too deeply.
pub(super) fn parse(clause: &Value) -> Result<Filter, ApiError> {
    parse_at(clause, FILTER_DEPTH_MAX)?.ok_or_else(|| ApiError::invalid("Invalid where clause"))
}

/// `Ok(None)` for a malformed clause; `depth_left` counts the levels that may follow.
fn parse_at(clause: &Value, depth_left: usize) -> Result<Option<Filter>, ApiError> {
    let Some((key, value)) = only_entry(clause) else { return Ok(None) };
    match key {
        "$and" => Ok(parse_all(value, depth_left)?.map(Filter::And)),
        "$or" => Ok(parse_all(value, depth_left)?.map(Filter::Or)),
        _ if key.starts_with('$') => Ok(None),
        DOCUMENT_KEY => Ok(document_condition(value).or_else(|| metadata_condition(key, value))),
        _ => Ok(metadata_condition(key, value)),
    }
}

fn parse_all(clauses: &Value, depth_left: usize) -> Result<Option<Vec<Filter>>, ApiError> {
    let Some(clauses) = clauses.as_array() else { return Ok(None) };
    let depth_left = depth_left.checked_sub(1).ok_or_else(too_deep)?;
    clauses.iter().map(|clause| parse_at(clause, depth_left)).collect()
}

/// 400 for both kinds of clauses.
pub(super) fn too_deep() -> ApiError {
    ApiError::invalid(format!("Filters may be nested {FILTER_DEPTH_MAX} levels deep"))
}

/// The key and value of an object that has just one.
pub(super) fn only_entry(value: &Value) -> Option<(&str, &Value)> {
    let object = value.as_object()?;
    let mut entries = object.iter();
    let (key, value) = entries.next()?;
    entries.next().is_none().then_some((key.as_str(), value))
}

fn document_condition(value: &Value) -> Option<Filter> {
    let (operator, operand) = only_entry(value)?;
    where_document::predicate(operator, operand).map(Filter::Document)
}

fn metadata_condition(key: &str, value: &Value) -> Option<Filter> {
    let predicate = if let Some(scalar) = scalar(value) {
        Predicate::Eq(scalar)
    } else {
        let (operator, operand) = only_entry(value)?;
        predicate(operator, operand)?
    };
    Some(Filter::Metadata { key: key.to_owned(), predicate })
}

fn predicate(operator: &str, operand: &Value) -> Option<Predicate> {
    match operator {
        "$eq" => scalar(operand).map(Predicate::Eq),
        "$ne" => scalar(operand).map(Predicate::Ne),
        "$gt" => number(operand).map(Predicate::Gt),
        "$gte" => number(operand).map(Predicate::Ge),
        "$lt" => number(operand).map(Predicate::Lt),
        "$lte" => number(operand).map(Predicate::Le),
        "$in" => scalars(operand).map(Predicate::In),
        "$nin" => scalars(operand).map(Predicate::NotIn),
        "$contains" => scalar(operand).map(Predicate::Contains),
        "$not_contains" => scalar(operand).map(Predicate::NotContains),
        _ => None,
    }
}

fn scalar(value: &Value) -> Option<Scalar> {
    match value {
        Value::Bool(value) => Some(Scalar::Bool(*value)),
        Value::String(value) => Some(Scalar::Str(value.clone())),
        Value::Number(_) => number(value).map(|number| match number {
            Number::Int(value) => Scalar::Int(value),
            Number::Float(value) => Scalar::Float(value),
        }),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Integers beyond 64 signed bits are refused: as floats they would match their neighbours too.
fn number(value: &Value) -> Option<Number> {
    let number = value.as_number()?;
    if number.is_f64() { number.as_f64().map(Number::Float) } else { number.as_i64().map(Number::Int) }
}

/// A non-empty list of the first member's type. After a float, integers count as floats.
fn scalars(value: &Value) -> Option<Vec<Scalar>> {
    let members = value.as_array()?;
    let read: fn(&Value) -> Option<Scalar> = match scalar(members.first()?)? {
        Scalar::Bool(_) => |member| member.as_bool().map(Scalar::Bool),
        Scalar::Int(_) => |member| member.as_i64().map(Scalar::Int),
        Scalar::Float(_) => |member| member.as_f64().map(Scalar::Float),
        Scalar::Str(_) => |member| member.as_str().map(|text| Scalar::Str(text.to_owned())),
    };
    members.iter().map(read).collect()
}

#[cfg(test)]
mod tests;
