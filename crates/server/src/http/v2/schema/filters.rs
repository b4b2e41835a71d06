//! Filters that a schema switches off.

use huedb_engine::CollectionDescriptor;
use huedb_types::{Filter, Number, Predicate, Scalar};

use super::{DOCUMENT_KEY, Schema, ValueTypes, stored};
use crate::http::v2::error::ApiError;

/// Refuses a filter on an index that the collection's schema has off.
///
/// # Errors
/// 400 that names the key and the type of the value it is compared with.
pub(in crate::http::v2) fn check_filter(
    descriptor: &CollectionDescriptor,
    filter: &Filter,
) -> Result<(), ApiError> {
    check(stored(descriptor).as_ref(), filter)
}

fn check(schema: Option<&Schema>, filter: &Filter) -> Result<(), ApiError> {
    match filter {
        Filter::And(filters) | Filter::Or(filters) => {
            filters.iter().try_for_each(|filter| check(schema, filter))
        }
        Filter::Document(_) if schema.is_some_and(|schema| !schema.has_full_text()) => {
            Err(ApiError::invalid("Cannot filter using full-text search because FTS indexing is disabled"))
        }
        Filter::Document(_) => Ok(()),
        Filter::Metadata { key, predicate } => {
            match operand(predicate).filter(|value| !is_indexed(schema, key, *value)) {
                Some(value) => Err(ApiError::invalid(format!(
                    "Cannot filter using metadata key '{key}' with type '{}' because indexing is disabled",
                    value.name()
                ))),
                None => Ok(()),
            }
        }
    }
}

/// The types that an inverted index is kept for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ValueType {
    Bool,
    Int,
    Float,
    Str,
}

impl ValueType {
    fn name(self) -> &'static str {
        match self {
            Self::Bool => "Bool",
            Self::Int => "Int",
            Self::Float => "Float",
            Self::Str => "Str",
        }
    }

    fn of(scalar: &Scalar) -> Self {
        match scalar {
            Scalar::Bool(_) => Self::Bool,
            Scalar::Int(_) => Self::Int,
            Scalar::Float(_) => Self::Float,
            Scalar::Str(_) => Self::Str,
        }
    }

    fn of_number(number: Number) -> Self {
        match number {
            Number::Int(_) => Self::Int,
            Number::Float(_) => Self::Float,
        }
    }
}

/// The type of what `predicate` compares with; a list has one type, so its first member tells.
fn operand(predicate: &Predicate) -> Option<ValueType> {
    match predicate {
        Predicate::Eq(value)
        | Predicate::Ne(value)
        | Predicate::Contains(value)
        | Predicate::NotContains(value) => Some(ValueType::of(value)),
        Predicate::Gt(number) | Predicate::Ge(number) | Predicate::Lt(number) | Predicate::Le(number) => {
            Some(ValueType::of_number(*number))
        }
        Predicate::In(values) | Predicate::NotIn(values) => values.first().map(ValueType::of),
    }
}

/// Without a schema of its own a collection has every index but that of the document as a value.
fn is_indexed(schema: Option<&Schema>, key: &str, value: ValueType) -> bool {
    let Some(schema) = schema else { return key != DOCUMENT_KEY || value != ValueType::Str };
    let of_key = schema.keys.get(key).and_then(|types| types.is_indexed(value));
    of_key.or_else(|| schema.defaults.is_indexed(value)).unwrap_or(true)
}

impl ValueTypes {
    /// Whether values of the type are indexed; `None` if nothing is said of them.
    fn is_indexed(&self, value: ValueType) -> Option<bool> {
        let index = match value {
            ValueType::Bool => self.bool.as_ref()?.bool_inverted_index.as_ref(),
            ValueType::Int => self.int.as_ref()?.int_inverted_index.as_ref(),
            ValueType::Float => self.float.as_ref()?.float_inverted_index.as_ref(),
            ValueType::Str => self.string.as_ref()?.string_inverted_index.as_ref(),
        };
        index.map(|index| index.enabled)
    }

    fn has_full_text(&self) -> Option<bool> {
        self.string.as_ref()?.fts_index.as_ref().map(|index| index.enabled)
    }
}

impl Schema {
    fn has_full_text(&self) -> bool {
        let of_document = self.keys.get(DOCUMENT_KEY).and_then(ValueTypes::has_full_text);
        of_document.unwrap_or(true)
    }
}
