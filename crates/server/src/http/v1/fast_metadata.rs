//! Metadata of records, read straight from bytes when every value is a plain scalar.

use std::fmt;

use huedb_types::{MetadataPatch, MetadataValue};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};

/// Fails on anything but scalars that the store takes as they are; the slow way says what is wrong.
#[derive(Debug, Default, PartialEq)]
pub(super) struct FastMetadata(pub(super) MetadataPatch);

impl<'de> Deserialize<'de> for FastMetadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MetadataVisitor)
    }
}

struct MetadataVisitor;

impl<'de> Visitor<'de> for MetadataVisitor {
    type Value = FastMetadata;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of scalars")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<FastMetadata, A::Error> {
        let mut metadata = MetadataPatch::new();
        while let Some((key, FastValue(value))) = access.next_entry()? {
            metadata.insert(key, value);
        }
        Ok(FastMetadata(metadata))
    }
}

struct FastValue(Option<MetadataValue>);

impl<'de> Deserialize<'de> for FastValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor).map(Self)
    }
}

struct ValueVisitor;

impl Visitor<'_> for ValueVisitor {
    type Value = Option<MetadataValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a scalar")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(MetadataValue::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(MetadataValue::Int(value)))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        let value = i64::try_from(value).map_err(|_| E::custom("an integer beyond 64 bits"))?;
        Ok(Some(MetadataValue::Int(value)))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        // The integer `-0` comes as this float as well; the slow way can tell them apart.
        if value == 0.0 && value.is_sign_negative() {
            return Err(E::custom("a zero with a sign"));
        }
        Ok(Some(MetadataValue::Float(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Some(MetadataValue::Str(value.to_owned())))
    }

    fn visit_string<E>(self, value: String) -> Result<Self::Value, E> {
        Ok(Some(MetadataValue::Str(value)))
    }
}
