//! A JSON value as Python sees one: keys keep their order and integers are exact.

use std::{
    collections::{HashMap, hash_map::Entry},
    fmt, io,
};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, SeqAccess, Visitor},
    ser::{SerializeMap, SerializeSeq},
};
use serde_json::ser::Formatter;

/// Pairs of a JSON object in the order of Python's `dict`: a repeated key keeps its first place and
/// its last value.
pub(super) type Dict = Vec<(String, Json)>;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Int(i64),
    /// An integer outside of `i64`, in decimal.
    BigInt(String),
    /// May be NaN or infinite where Python's parser made it.
    Float(f64),
    Str(String),
    List(Vec<Json>),
    Dict(Dict),
}

/// A number as the record store takes it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum PyNumber {
    Int(i64),
    Float(f64),
    /// An integer of 64 bits that is too large for a signed one.
    Overflow,
}

impl Json {
    /// The number that this is, if it is one. Integers beyond 64 bits are read as floats.
    pub(super) fn number(&self) -> Option<PyNumber> {
        match self {
            Self::Int(value) => Some(PyNumber::Int(*value)),
            Self::Float(value) => Some(PyNumber::Float(*value)),
            Self::BigInt(digits) if digits.parse::<u64>().is_ok() => Some(PyNumber::Overflow),
            Self::BigInt(digits) => digits.parse().ok().map(PyNumber::Float),
            _ => None,
        }
    }

    /// Whether a number in it has no place in JSON.
    pub(super) fn has_non_finite(&self) -> bool {
        match self {
            Self::Float(value) => !value.is_finite(),
            Self::List(items) => items.iter().any(Self::has_non_finite),
            Self::Dict(pairs) => pairs.iter().any(|(_, value)| value.has_non_finite()),
            _ => false,
        }
    }
}

/// The value under `key`.
pub(super) fn field<'a>(dict: &'a Dict, key: &str) -> Option<&'a Json> {
    dict.iter().find(|(name, _)| name == key).map(|(_, value)| value)
}

/// Pairs as they were written, made into a `Dict`.
pub(super) fn dict_from_pairs(pairs: Vec<(String, Json)>) -> Dict {
    if pairs.len() < 2 {
        return pairs;
    }
    let mut places: HashMap<String, usize> = HashMap::with_capacity(pairs.len());
    let mut dict = Dict::with_capacity(pairs.len());
    for (key, value) in pairs {
        match places.entry(key) {
            Entry::Occupied(place) => dict[*place.get()].1 = value,
            Entry::Vacant(place) => {
                dict.push((place.key().clone(), value));
                place.insert(dict.len() - 1);
            }
        }
    }
    dict
}

/// `value` as JSON, in which the digits of large integers are those that were read.
///
/// # Errors
/// Those of the value's own `Serialize`; the values of this module have none.
pub(super) fn to_vec<T: Serialize>(value: &T) -> serde_json::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, WithDigits))?;
    Ok(bytes)
}

/// No number type holds every integer, and no answer holds bytes: the digits travel as bytes.
struct WithDigits;

impl Formatter for WithDigits {
    fn write_byte_array<W: ?Sized + io::Write>(&mut self, writer: &mut W, digits: &[u8]) -> io::Result<()> {
        writer.write_all(digits)
    }
}

/// Only [`to_vec`] writes it: other writers know no integers of any size.
impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::BigInt(digits) => serializer.serialize_bytes(digits.as_bytes()),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::Str(value) => serializer.serialize_str(value),
            Self::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| list.serialize_element(item))?;
                list.end()
            }
            Self::Dict(pairs) => {
                let mut map = serializer.serialize_map(Some(pairs.len()))?;
                pairs.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(i64::try_from(value).map_or_else(|_| Json::BigInt(value.to_string()), Json::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Str(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::Str(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = access.next_entry()? {
            pairs.push(pair);
        }
        Ok(Json::Dict(dict_from_pairs(pairs)))
    }
}

#[cfg(test)]
mod tests;
