//! Attributes of spans and of the server itself.

use crate::telemetry::otlp::endpoint::percent_decode;

/// Longer texts are cut: a span is a note, not a store.
pub(crate) const TEXT_CHARS_MAX: usize = 256;

/// A name and a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attribute {
    pub(crate) name: String,
    pub(crate) value: AttributeValue,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AttributeValue {
    Text(String),
    Number(i64),
    Switch(bool),
}

impl Attribute {
    /// Cut at [`TEXT_CHARS_MAX`].
    pub(crate) fn text(name: &str, value: &str) -> Self {
        let value = AttributeValue::Text(value.chars().take(TEXT_CHARS_MAX).collect());
        Self { name: name.to_owned(), value }
    }

    pub(crate) fn number(name: &str, value: u64) -> Self {
        let value = AttributeValue::Number(i64::try_from(value).unwrap_or(i64::MAX));
        Self { name: name.to_owned(), value }
    }

    pub(crate) fn switch(name: &str, value: bool) -> Self {
        Self { name: name.to_owned(), value: AttributeValue::Switch(value) }
    }
}

/// Reads `name=value,name=value` with percent-encoded values, as `OTEL_RESOURCE_ATTRIBUTES` has it.
///
/// # Errors
/// A phrase that follows "because it ".
pub(crate) fn resource_attributes(text: &str) -> Result<Vec<Attribute>, String> {
    let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    let read = |pair: &str| {
        let (name, value) = pair.split_once('=').filter(|(name, _)| !name.trim().is_empty())?;
        Some(Attribute::text(name.trim(), &percent_decode(value.trim())))
    };
    pairs.map(|pair| read(pair).ok_or_else(|| format!("holds `{pair}`, which is not name=value"))).collect()
}
