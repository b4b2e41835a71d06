//! Attributes of spans and of the server itself.

use std::borrow::Cow;

use crate::telemetry::otlp::endpoint::percent_decode;

/// Longer texts are cut: a span is a note, not a store.
pub(crate) const TEXT_CHARS_MAX: usize = 256;

/// A name and a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attribute {
    /// Mostly a word of the code: a traced request has some dozens of these.
    pub(crate) name: Cow<'static, str>,
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
    pub(crate) fn text(name: impl Into<Cow<'static, str>>, value: &str) -> Self {
        let end = match value.len() {
            // So few bytes have no more characters.
            0..=TEXT_CHARS_MAX => None,
            _ => value.char_indices().nth(TEXT_CHARS_MAX),
        };
        let cut = end.map_or(value, |(end, _)| &value[..end]);
        Self { name: name.into(), value: AttributeValue::Text(cut.to_owned()) }
    }

    pub(crate) fn number(name: &'static str, value: u64) -> Self {
        let value = AttributeValue::Number(i64::try_from(value).unwrap_or(i64::MAX));
        Self { name: name.into(), value }
    }

    pub(crate) fn switch(name: &'static str, value: bool) -> Self {
        Self { name: name.into(), value: AttributeValue::Switch(value) }
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
        Some(Attribute::text(name.trim().to_owned(), &percent_decode(value.trim())))
    };
    pairs.map(|pair| read(pair).ok_or_else(|| format!("holds `{pair}`, which is not name=value"))).collect()
}
