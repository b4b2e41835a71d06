//! `where`: conditions on metadata, and on the document under the key `#document`.

use huedb_types::{Filter, Number, Predicate, Scalar, limits::FILTER_DEPTH_MAX};
use serde_json::Value;

use super::{error::ApiError, where_document};

/// The key under which `where` speaks of the document.
pub(super) const DOCUMENT_KEY: &str = "#document";

/// What may stand beside a key of metadata.
const OPERATORS: &str = "$eq, $ne, $gt, $gte, $lt, $lte, $in, $nin, $contains, $not_contains";

/// Parses a `where`.
///
/// # Errors
/// 400 if the clause is malformed or nested too deeply. The text begins as that of Chroma, which says
/// nothing more, and goes on with what is wrong.
pub(super) fn parse(clause: &Value) -> Result<Filter, ApiError> {
    parse_at(clause, FILTER_DEPTH_MAX)
}

/// `depth_left` counts the levels that may follow.
fn parse_at(clause: &Value, depth_left: usize) -> Result<Filter, ApiError> {
    let Some((key, value)) = only_entry(clause) else {
        return Err(invalid(format!("expected an object with exactly one key, got {}", kind(clause))));
    };
    match key {
        "$and" => Ok(Filter::And(parse_all(key, value, depth_left)?)),
        "$or" => Ok(Filter::Or(parse_all(key, value, depth_left)?)),
        _ if key.starts_with('$') => {
            Err(invalid(format!("{} is no operator at this place; $and and $or are", shown(key))))
        }
        DOCUMENT_KEY => match document_condition(value) {
            Some(filter) => Ok(filter),
            None => metadata_condition(key, value),
        },
        _ => metadata_condition(key, value),
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
    ApiError::invalid(format!("Invalid where clause: {reason}"))
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

/// What a value is, for error texts: they name types and never repeat what may be large.
pub(super) fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "a boolean".to_owned(),
        Value::Number(_) => "a number".to_owned(),
        Value::String(_) => "a string".to_owned(),
        Value::Array(members) if members.is_empty() => "an empty list".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(entries) if entries.len() == 1 => "an object".to_owned(),
        Value::Object(entries) => format!("an object with {} keys", entries.len()),
    }
}

/// The beginning of a key or operator.
pub(super) fn shown(name: &str) -> String {
    const SHOWN_MAX: usize = 128;
    match name.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}...", &name[..end]),
        None => name.to_owned(),
    }
}

fn document_condition(value: &Value) -> Option<Filter> {
    let (operator, operand) = only_entry(value)?;
    where_document::predicate(operator, operand).map(Filter::Document)
}

fn metadata_condition(key: &str, value: &Value) -> Result<Filter, ApiError> {
    let predicate = if let Some(scalar) = scalar(value) {
        Predicate::Eq(scalar)
    } else {
        let Some((operator, operand)) = only_entry(value) else {
            let name = shown(key);
            let found = kind(value);
            return Err(invalid(format!("expected a scalar or one operator for key '{name}', got {found}")));
        };
        predicate(operator, operand).ok_or_else(|| invalid(wrong_operand(key, operator, operand)))?
    };
    Ok(Filter::Metadata { key: key.to_owned(), predicate })
}

/// Why `predicate` refused.
fn wrong_operand(key: &str, operator: &str, operand: &Value) -> String {
    let wanted = match operator {
        "$eq" | "$ne" | "$contains" | "$not_contains" => {
            "a string, a boolean, or a number of at most 64 bits"
        }
        "$gt" | "$gte" | "$lt" | "$lte" => "a number of at most 64 bits",
        "$in" | "$nin" => "a list with at least one member, all of the type of the first",
        _ => {
            let (operator, key) = (shown(operator), shown(key));
            return format!("expected one of {OPERATORS} for key '{key}', got {operator}");
        }
    };
    format!("operator {operator} of key '{}' takes {wanted}, got {}", shown(key), kind(operand))
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
