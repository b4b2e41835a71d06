//! `where` and `where_document`: from JSON to a filter, with the texts for what is refused.

use huedb_types::{DocumentPredicate, Filter, Number, Predicate, Scalar, limits::FILTER_DEPTH_MAX};

use super::{
    error::ApiError,
    json::{Dict, Json, PyNumber},
    metadata::{DOCUMENT_KEY, overflow},
    python_repr::{display, type_name},
};

/// Both conditions as one; `{}` is no condition.
pub(super) fn filter(
    where_clause: Option<&Dict>,
    where_document: Option<&Dict>,
) -> Result<Option<Filter>, ApiError> {
    let metadata =
        where_clause.filter(|dict| !dict.is_empty()).map(|dict| where_dict(dict, 1)).transpose()?;
    let document =
        where_document.filter(|dict| !dict.is_empty()).map(|dict| document_dict(dict, 1)).transpose()?;
    Ok(match (metadata, document) {
        (Some(metadata), Some(document)) => Some(Filter::And(vec![metadata, document])),
        (metadata, document) => metadata.or(document),
    })
}

fn where_dict(dict: &Dict, depth: usize) -> Result<Filter, ApiError> {
    let [(key, value)] = dict.as_slice() else {
        return refuse("Expected where to have exactly one operator, got", &Json::Dict(dict.clone()));
    };
    match (key.as_str(), value) {
        ("$and", _) => where_list(value, depth).map(Filter::And),
        ("$or", _) => where_list(value, depth).map(Filter::Or),
        (_, Json::Dict(expression)) => operator_expression(key, expression),
        // These two names pass for operators where none belongs and then fail as expressions.
        ("$in" | "$nin", Json::Null | Json::List(_)) => Err(ApiError::raised(
            "AttributeError",
            format!("'{}' object has no attribute 'items'", type_name(value)),
        )),
        (_, Json::Null | Json::List(_)) => {
            refuse("Expected where value to be a str, int, float, or operator expression, got", value)
        }
        _ => Ok(on_key(key, Predicate::Eq(scalar(value)?))),
    }
}

fn where_list(value: &Json, depth: usize) -> Result<Vec<Filter>, ApiError> {
    check_depth(depth)?;
    let Json::List(clauses) = value else {
        return refuse("Expected where value for $and or $or to be a list of where expressions, got", value);
    };
    if clauses.len() < 2 {
        return refuse(
            "Expected where value for $and or $or to be a list with at least two where expressions, got",
            value,
        );
    }
    clauses
        .iter()
        .map(|clause| match clause {
            Json::Dict(dict) => where_dict(dict, depth + 1),
            other => refuse("Expected where to be a dict, got", other),
        })
        .collect()
}

fn operator_expression(key: &str, expression: &Dict) -> Result<Filter, ApiError> {
    let [(operator, operand)] = expression.as_slice() else {
        let whole = Json::Dict(expression.clone());
        return refuse("Expected operator expression to have exactly one operator, got", &whole);
    };
    let predicate = match operator.as_str() {
        "$gt" => Predicate::Gt(bound(operator, operand)?),
        "$gte" => Predicate::Ge(bound(operator, operand)?),
        "$lt" => Predicate::Lt(bound(operator, operand)?),
        "$lte" => Predicate::Le(bound(operator, operand)?),
        "$eq" => Predicate::Eq(equal_operand(operand)?),
        "$ne" => Predicate::Ne(equal_operand(operand)?),
        "$in" => Predicate::In(members(operator, operand)?),
        "$nin" => Predicate::NotIn(members(operator, operand)?),
        _ => {
            return Err(ApiError::value(format!(
                "Expected where operator to be one of $gt, $gte, $lt, $lte, $ne, $eq, $in, $nin, got {operator}"
            )));
        }
    };
    Ok(on_key(key, predicate))
}

fn bound(operator: &str, operand: &Json) -> Result<Number, ApiError> {
    match (operand.number(), operand) {
        (Some(PyNumber::Int(value)), _) => Ok(Number::Int(value)),
        (Some(PyNumber::Float(value)), _) => Ok(Number::Float(value)),
        (Some(PyNumber::Overflow), _) => Err(overflow()),
        // A truth value is an integer in Python and passed the check; the database then refused it.
        (None, Json::Bool(_)) => Err(ApiError::raised("OperationalError", "near \"?\": syntax error")),
        (None, _) => {
            let text = format!("Expected operand value to be an int or a float for operator {operator}, got");
            refuse(&text, operand)
        }
    }
}

fn equal_operand(operand: &Json) -> Result<Scalar, ApiError> {
    match operand {
        Json::Null | Json::Dict(_) => refuse(
            "Expected where operand value to be a str, int, float, or list of those type, got",
            operand,
        ),
        // A list of one was a value in brackets to the database, a longer one a row.
        Json::List(items) => {
            check_alike(operand, items)?;
            match items.as_slice() {
                [item] => scalar(item),
                _ => Err(ApiError::raised("OperationalError", "row value misused")),
            }
        }
        other => scalar(other),
    }
}

fn members(operator: &str, operand: &Json) -> Result<Vec<Scalar>, ApiError> {
    let Json::List(items) = operand else {
        let text = format!("Expected operand value to be an list for operator {operator}, got");
        return refuse(&text, operand);
    };
    check_alike(operand, items)?;
    // Among numbers a truth value counts as one; null is equal to nothing.
    let numeric = items.first().is_some_and(|item| item.number().is_some());
    items
        .iter()
        .filter(|item| **item != Json::Null)
        .map(|item| match item {
            Json::Bool(value) if numeric => Ok(Scalar::Int(i64::from(*value))),
            other => scalar(other),
        })
        .collect()
}

/// The items must be of the type of the first, and no containers; in Python a truth value is an integer.
fn check_alike(operand: &Json, items: &[Json]) -> Result<(), ApiError> {
    let is_like = |first: &Json, item: &Json| match (first, item) {
        (Json::Int(_) | Json::BigInt(_), Json::Bool(_)) => true,
        (Json::List(_) | Json::Dict(_), _) => false,
        _ => type_name(first) == type_name(item),
    };
    match items.first() {
        Some(first) if items.iter().all(|item| is_like(first, item)) => Ok(()),
        _ => refuse(
            "Expected where operand value to be a non-empty list, and all values to be of the same type got",
            operand,
        ),
    }
}

fn scalar(value: &Json) -> Result<Scalar, ApiError> {
    match value {
        Json::Str(text) => Ok(Scalar::Str(text.clone())),
        Json::Bool(value) => Ok(Scalar::Bool(*value)),
        other => match other.number() {
            Some(PyNumber::Int(value)) => Ok(Scalar::Int(value)),
            Some(PyNumber::Float(value)) => Ok(Scalar::Float(value)),
            Some(PyNumber::Overflow) => Err(overflow()),
            None => refuse(
                "Expected where operand value to be a str, int, float, or list of those type, got",
                other,
            ),
        },
    }
}

/// The condition on the value under `key`; the document is under a key of its own.
fn on_key(key: &str, predicate: Predicate) -> Filter {
    if key == DOCUMENT_KEY {
        return on_document(predicate);
    }
    Filter::Metadata { key: key.to_owned(), predicate }
}

/// Equality of the whole document, which only an anchored expression can state.
fn on_document(predicate: Predicate) -> Filter {
    let is = |scalar: Scalar| match scalar {
        Scalar::Str(text) => Filter::Document(DocumentPredicate::Regex(exactly(&text))),
        _ => NOTHING,
    };
    let is_not = |scalar: Scalar| match scalar {
        Scalar::Str(text) => Filter::Document(DocumentPredicate::NotRegex(exactly(&text))),
        _ => EVERYTHING,
    };
    match predicate {
        Predicate::Eq(scalar) => is(scalar),
        Predicate::Ne(scalar) => is_not(scalar),
        Predicate::In(scalars) => Filter::Or(scalars.into_iter().map(is).collect()),
        Predicate::NotIn(scalars) => Filter::And(scalars.into_iter().map(is_not).collect()),
        _ => NOTHING,
    }
}

const EVERYTHING: Filter = Filter::And(Vec::new());
const NOTHING: Filter = Filter::Or(Vec::new());

/// A regular expression that matches a document that is `text` and no other.
fn exactly(text: &str) -> String {
    let mut pattern = String::from(r"\A");
    for c in text.chars() {
        if r"\.+*?()|[]{}^$#&-~".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern + r"\z"
}

fn document_dict(dict: &Dict, depth: usize) -> Result<Filter, ApiError> {
    let [(operator, operand)] = dict.as_slice() else {
        return refuse(
            "Expected where document to have exactly one operator, got",
            &Json::Dict(dict.clone()),
        );
    };
    match operator.as_str() {
        "$and" => document_list(operand, depth).map(Filter::And),
        "$or" => document_list(operand, depth).map(Filter::Or),
        "$contains" => searched(operand).map(|text| Filter::Document(containing(text))),
        "$not_contains" => searched(operand).map(|text| Filter::Document(not_containing(text))),
        _ => Err(ApiError::value(format!(
            "Expected where document operator to be one of $contains, $and, $or, got {operator}"
        ))),
    }
}

fn document_list(operand: &Json, depth: usize) -> Result<Vec<Filter>, ApiError> {
    check_depth(depth)?;
    let Json::List(clauses) = operand else {
        return refuse(
            "Expected document value for $and or $or to be a list of where document expressions, got",
            operand,
        );
    };
    if clauses.len() < 2 {
        return refuse(
            "Expected document value for $and or $or to be a list with at least two where document expressions, got",
            operand,
        );
    }
    clauses
        .iter()
        .map(|clause| match clause {
            Json::Dict(dict) => document_dict(dict, depth + 1),
            other => refuse("Expected where document to be a dictionary, got", other),
        })
        .collect()
}

fn searched(operand: &Json) -> Result<String, ApiError> {
    const PLACE: &str = "Expected where document operand value for operator $contains to be a";
    match operand {
        Json::Str(text) if text.is_empty() => Err(ApiError::value(format!("{PLACE} non-empty str"))),
        Json::Str(text) => Ok(text.clone()),
        other => refuse(&format!("{PLACE} str, got"), other),
    }
}

/// The search was SQL's LIKE, so its two wildcards are wildcards here.
fn has_wildcard(text: &str) -> bool {
    text.contains(['%', '_'])
}

fn containing(text: String) -> DocumentPredicate {
    if has_wildcard(&text) { DocumentPredicate::Like(text) } else { DocumentPredicate::Contains(text) }
}

fn not_containing(text: String) -> DocumentPredicate {
    if has_wildcard(&text) { DocumentPredicate::NotLike(text) } else { DocumentPredicate::NotContains(text) }
}

fn check_depth(depth: usize) -> Result<(), ApiError> {
    if depth >= FILTER_DEPTH_MAX {
        return Err(ApiError::value(format!(
            "Expected where to be nested at most {FILTER_DEPTH_MAX} levels deep"
        )));
    }
    Ok(())
}

fn refuse<T>(text: &str, value: &Json) -> Result<T, ApiError> {
    Err(ApiError::value(format!("{text} {}", display(value))))
}

#[cfg(test)]
mod tests;
