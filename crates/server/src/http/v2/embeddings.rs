//! Embeddings on the wire: lists of numbers, or base64 of little-endian 32-bit floats.
//!
//! Numbers go straight into the vectors. A payload of another shape is consumed first and refused
//! then, so that the error names the position behind it, as Chroma's does.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use huedb_types::limits::DIMENSION_MAX;
use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::error::ApiError;

/// Numbers reserved at once for a vector of unknown length.
const RESERVE_NUMBERS_MAX: usize = 4096;

/// The embeddings of add and upsert: every record has one.
pub(super) struct EmbeddingsPayload(Payload);

/// The embeddings of update: null keeps what is stored.
pub(super) struct UpdateEmbeddingsPayload(Payload);

enum Payload {
    Numbers(Vec<Option<Vec<f32>>>),
    /// Decoded while it was read, so that the texts are never in memory twice.
    Base64(Texts),
}

impl EmbeddingsPayload {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The vectors.
    ///
    /// # Errors
    /// 400 for base64 that is none, and for a vector that is empty, too long, or not finite.
    pub(super) fn into_vectors(self) -> Result<Vec<Vec<f32>>, ApiError> {
        // Null elements do not parse in this payload, so nothing is dropped here.
        Ok(self.0.decode()?.into_iter().flatten().collect())
    }
}

impl UpdateEmbeddingsPayload {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The vectors, with `None` for null.
    ///
    /// # Errors
    /// As [`EmbeddingsPayload::into_vectors`].
    pub(super) fn into_vectors(self) -> Result<Vec<Option<Vec<f32>>>, ApiError> {
        self.0.decode()
    }
}

impl Payload {
    fn len(&self) -> usize {
        match self {
            Self::Numbers(vectors) => vectors.len(),
            Self::Base64(texts) => texts.vectors.len(),
        }
    }

    fn decode(self) -> Result<Vec<Option<Vec<f32>>>, ApiError> {
        let vectors = match self {
            Self::Numbers(vectors) => vectors,
            Self::Base64(Texts { error: Some(error), .. }) => return Err(error),
            Self::Base64(texts) => texts.vectors,
        };
        check(vectors.iter().flatten())?;
        Ok(vectors)
    }
}

/// Vectors given as texts.
#[derive(Default)]
struct Texts {
    vectors: Vec<Option<Vec<f32>>>,
    /// What was wrong with the first text that is no vector. It is told only if nothing else is wrong.
    error: Option<ApiError>,
}

impl Texts {
    fn push(&mut self, decoded: Result<Vec<f32>, ApiError>) {
        match decoded {
            Ok(vector) => self.vectors.push(Some(vector)),
            Err(error) => {
                self.error.get_or_insert(error);
                self.vectors.push(None);
            }
        }
    }
}

fn check<'a>(vectors: impl Iterator<Item = &'a Vec<f32>>) -> Result<(), ApiError> {
    for vector in vectors {
        if vector.is_empty() {
            return Err(ApiError::validation("embeddings", "Each embedding must have at least 1 dimension"));
        }
        if vector.len() > DIMENSION_MAX {
            let message = format!("Each embedding must have at most {DIMENSION_MAX} dimensions");
            return Err(ApiError::validation("embeddings", message));
        }
        if !vector.iter().all(|number| number.is_finite()) {
            let message = "Embeddings must not contain NaN or Infinity values";
            return Err(ApiError::validation("embeddings", message));
        }
    }
    Ok(())
}

/// Refuses vectors of different lengths in one request, whatever the collection's dimension is.
///
/// # Errors
/// 400 if two lengths differ.
pub(super) fn check_one_dimension<'a>(
    vectors: impl IntoIterator<Item = &'a Vec<f32>>,
) -> Result<(), ApiError> {
    let mut dimensions = vectors.into_iter().map(Vec::len);
    let first = dimensions.next();
    if dimensions.any(|dimension| Some(dimension) != first) {
        return Err(ApiError::invalid("Inconsistent dimensions in provided embeddings"));
    }
    Ok(())
}

/// The text that [`decode`] takes for `vector`.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn encode(vector: &[f32]) -> String {
    STANDARD.encode(vector.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>())
}

pub(super) fn decode(text: &str) -> Result<Vec<f32>, ApiError> {
    let bytes = STANDARD
        .decode(text)
        .map_err(|error| ApiError::invalid(format!("Invalid base64 string: {error}")))?;
    let (numbers, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(ApiError::invalid(format!(
            "Invalid byte length: {} bytes cannot be converted to f32 values (must be divisible by 4)",
            bytes.len()
        )));
    }
    let vector: Vec<f32> = numbers.iter().map(|number| f32::from_le_bytes(*number)).collect();
    match vector.iter().enumerate().find(|(_, number)| !number.is_finite()) {
        Some((index, number)) => {
            Err(ApiError::invalid(format!("Non-finite float value at embedding index {index}: {number}")))
        }
        None => Ok(vector),
    }
}

impl<'de> Deserialize<'de> for EmbeddingsPayload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        payload(deserializer, false, "EmbeddingsPayload").map(Self)
    }
}

impl<'de> Deserialize<'de> for UpdateEmbeddingsPayload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        payload(deserializer, true, "UpdateEmbeddingsPayload").map(Self)
    }
}

fn payload<'de, D: Deserializer<'de>>(
    deserializer: D,
    nulls_allowed: bool,
    type_name: &str,
) -> Result<Payload, D::Error> {
    let refused = || D::Error::custom(format!("data did not match any variant of untagged enum {type_name}"));
    match deserializer.deserialize_any(ElementsVisitor { nulls_allowed })? {
        Elements::Numbers(vectors) => Ok(Payload::Numbers(vectors)),
        Elements::Base64(texts) => Ok(Payload::Base64(texts)),
        Elements::Other => Err(refused()),
    }
}

/// What the payload turned out to be.
enum Elements {
    Numbers(Vec<Option<Vec<f32>>>),
    Base64(Texts),
    /// Consumed, but of no accepted shape.
    Other,
}

struct ElementsVisitor {
    nulls_allowed: bool,
}

impl Elements {
    fn push(&mut self, element: Element, nulls_allowed: bool) {
        match (&mut *self, element) {
            (Self::Numbers(vectors), Element::Numbers(vector)) => vectors.push(Some(vector)),
            (Self::Numbers(vectors), Element::Null) if nulls_allowed => vectors.push(None),
            (Self::Base64(texts), Element::Text(decoded)) => texts.push(decoded),
            (Self::Base64(texts), Element::Null) if nulls_allowed => texts.vectors.push(None),
            // Until the first text comes, it may be either kind.
            (Self::Numbers(vectors), Element::Text(decoded)) if vectors.iter().all(Option::is_none) => {
                let mut texts = Texts { vectors: vec![None; vectors.len()], error: None };
                texts.push(decoded);
                *self = Self::Base64(texts);
            }
            _ => *self = Self::Other,
        }
    }
}

impl<'de> Visitor<'de> for ElementsVisitor {
    type Value = Elements;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("embeddings")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Elements, E> {
        Ok(Elements::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Elements, E> {
        Ok(Elements::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Elements, E> {
        Ok(Elements::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Elements, E> {
        Ok(Elements::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Elements, E> {
        Ok(Elements::Other)
    }

    fn visit_unit<E>(self) -> Result<Elements, E> {
        Ok(Elements::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Elements, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Elements::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Elements, A::Error> {
        let mut elements = Elements::Numbers(Vec::new());
        while let Some(element) = sequence.next_element::<Element>()? {
            elements.push(element, self.nulls_allowed);
        }
        Ok(elements)
    }
}

/// One element of the payload.
enum Element {
    Numbers(Vec<f32>),
    Text(Result<Vec<f32>, ApiError>),
    Null,
    /// Consumed, but of no accepted shape.
    Other,
}

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ElementVisitor)
    }
}

struct ElementVisitor;

impl<'de> Visitor<'de> for ElementVisitor {
    type Value = Element;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an embedding")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Element, E> {
        Ok(Element::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Element, E> {
        Ok(Element::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Element, E> {
        Ok(Element::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Element, E> {
        Ok(Element::Other)
    }

    fn visit_str<E>(self, text: &str) -> Result<Element, E> {
        Ok(Element::Text(decode(text)))
    }

    fn visit_unit<E>(self) -> Result<Element, E> {
        Ok(Element::Null)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Element, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Element::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Element, A::Error> {
        let mut vector = Vec::with_capacity(sequence.size_hint().unwrap_or(0).min(RESERVE_NUMBERS_MAX));
        let mut all_numbers = true;
        while let Some(number) = sequence.next_element::<WireNumber>()? {
            match number.0 {
                Some(number) => vector.push(number),
                None => all_numbers = false,
            }
        }
        Ok(if all_numbers { Element::Numbers(vector) } else { Element::Other })
    }
}

/// A number; `None` is anything else.
struct WireNumber(Option<f32>);

impl<'de> Deserialize<'de> for WireNumber {
    #[inline]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor).map(Self)
    }
}

struct NumberVisitor;

impl<'de> Visitor<'de> for NumberVisitor {
    type Value = Option<f32>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Some(number as f32))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(number as f32))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(number as f32))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

#[cfg(test)]
mod speed;
#[cfg(test)]
mod tests;
