//! Embeddings in requests: lists of numbers, read straight into `f32` where nothing is unusual.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, SeqAccess, Visitor},
};

use super::{
    error::ApiError,
    json::{Json, PyNumber},
    python_repr::text_repr,
};

/// Embeddings read by the fast way, which takes JSON numbers in the range of `f32` and nothing else.
#[derive(Debug, PartialEq)]
pub(super) struct FastEmbeddings(pub(super) Vec<Vec<f32>>);

impl<'de> Deserialize<'de> for FastEmbeddings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(EmbeddingsVisitor).map(Self)
    }
}

struct EmbeddingsVisitor;

impl<'de> Visitor<'de> for EmbeddingsVisitor {
    type Value = Vec<Vec<f32>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of lists of numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut embeddings: Vec<Vec<f32>> = Vec::new();
        // All embeddings of a request have one length, so the last one tells how much room to make.
        while let Some(embedding) =
            access.next_element_seed(OfAbout(embeddings.last().map_or(0, Vec::len)))?
        {
            embeddings.push(embedding);
        }
        Ok(embeddings)
    }
}

/// One embedding of about so many numbers.
struct OfAbout(usize);

impl<'de> DeserializeSeed<'de> for OfAbout {
    type Value = Vec<f32>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<f32>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for OfAbout {
    type Value = Vec<f32>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Vec<f32>, A::Error> {
        let mut embedding = Vec::with_capacity(self.0);
        // Rounded twice, as the slow way and the original server do; reading 64 bits is faster, too.
        while let Some(value) = access.next_element::<f64>()? {
            let narrow = value as f32;
            if !narrow.is_finite() {
                return Err(A::Error::custom("a number beyond 32-bit floats"));
            }
            embedding.push(narrow);
        }
        Ok(embedding)
    }
}

/// One embedding read by the slow way: truth values are numbers too, and what is wrong has a name.
pub(super) fn from_json(item: &Json) -> Result<Vec<f32>, ApiError> {
    match item {
        Json::List(values) => values.iter().map(value).collect(),
        _ => Err(ApiError::raised("TypeError", "len() of unsized object")),
    }
}

/// NaN and numbers beyond `f32` are refused: no distance to them means anything.
fn value(value: &Json) -> Result<f32, ApiError> {
    let number = match value {
        Json::Bool(value) => f64::from(u8::from(*value)),
        Json::Str(text) => {
            let text = text_repr(text);
            return Err(ApiError::value(format!("could not convert string to float: np.str_({text})")));
        }
        Json::BigInt(digits) => digits.parse().unwrap_or(f64::INFINITY),
        other => match other.number() {
            Some(PyNumber::Int(value)) => value as f64,
            Some(PyNumber::Float(value)) => value,
            Some(PyNumber::Overflow) | None => f64::NAN,
        },
    };
    let narrow = number as f32;
    if narrow.is_finite() {
        return Ok(narrow);
    }
    let shown = super::python_repr::repr(value);
    let shown = if shown.chars().count() > 40 { "one that is none".to_owned() } else { shown };
    Err(ApiError::value(format!(
        "Expected each value in the embedding to be a finite 32-bit float, got {shown}"
    )))
}

#[cfg(test)]
mod tests;
