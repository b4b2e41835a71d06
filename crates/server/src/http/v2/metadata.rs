//! Metadata on the wire: parsing, rules for keys and values, serialising.
//!
//! Values parse without an intermediate tree. A value of no accepted shape is consumed first and
//! refused then, so that the error names the position behind it, as Chroma's does.

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use huedb_types::{Metadata, MetadataPatch, MetadataValue, SparseVector};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
    ser::SerializeMap,
};

/// Metadata of a new record or collection: null values are refused.
pub(super) type NewMetadata = WireMetadata<NotNull>;

/// Changes to metadata: a null value removes its key.
pub(super) type MetadataChanges = WireMetadata<Nullable>;

/// Entries as they came, in the order of the body; a repeated key counts once, with its last value.
pub(super) struct WireMetadata<N> {
    entries: Vec<(String, Option<MetadataValue>)>,
    nulls: PhantomData<N>,
}

/// Whether null is a value, and the type's name in errors.
pub(super) trait Nulls {
    const ALLOWED: bool;
    const TYPE_NAME: &'static str;
}

pub(super) struct NotNull;
pub(super) struct Nullable;

impl Nulls for NotNull {
    const ALLOWED: bool = false;
    const TYPE_NAME: &'static str = "MetadataValue";
}

impl Nulls for Nullable {
    const ALLOWED: bool = true;
    const TYPE_NAME: &'static str = "UpdateMetadataValue";
}

/// Why metadata of the right shape is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum MetadataError {
    EmptyKey,
    ReservedKey(String),
    SparseVector(String),
}

impl fmt::Display for MetadataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyKey => f.write_str("Metadata key cannot be empty"),
            Self::ReservedKey(key) => write!(f, "Metadata key cannot start with '#' or '$': {key}"),
            Self::SparseVector(key) => write!(
                f,
                "Sparse vector must have as many values as indices, and indices in ascending order: {key}"
            ),
        }
    }
}

impl<N> WireMetadata<N> {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The key of the first sparse vector, if there is one.
    pub(super) fn sparse_key(&self) -> Option<&str> {
        self.entries.iter().find_map(|(key, value)| match value {
            Some(MetadataValue::Sparse(_)) => Some(key.as_str()),
            _ => None,
        })
    }

    /// Checks keys and sparse vectors.
    ///
    /// # Errors
    /// The first rule that is broken, in the order of the body.
    pub(super) fn check(&self) -> Result<(), MetadataError> {
        self.entries.iter().try_for_each(|(key, value)| check_entry(key, value.as_ref()))
    }
}

fn check_entry(key: &str, value: Option<&MetadataValue>) -> Result<(), MetadataError> {
    if key.is_empty() {
        return Err(MetadataError::EmptyKey);
    }
    if key.starts_with(['#', '$']) {
        return Err(MetadataError::ReservedKey(key.to_owned()));
    }
    match value {
        Some(MetadataValue::Sparse(vector)) if !is_well_formed(vector) => {
            Err(MetadataError::SparseVector(key.to_owned()))
        }
        _ => Ok(()),
    }
}

fn is_well_formed(vector: &SparseVector) -> bool {
    let lengths_agree = vector.indices.len() == vector.values.len()
        && vector.tokens.as_ref().is_none_or(|tokens| tokens.len() == vector.indices.len());
    lengths_agree
        && vector.indices.is_sorted_by(|lower, higher| lower < higher)
        && vector.values.iter().all(|value| value.is_finite())
}

/// An empty list holds no value: its key is absent, as it is in Chroma.
fn stored(value: Option<MetadataValue>) -> Option<MetadataValue> {
    value.filter(|value| !matches!(value, MetadataValue::BoolArray(items) if items.is_empty()))
}

impl<N> From<WireMetadata<N>> for Metadata {
    /// Entries that are null or an empty list are left out.
    fn from(wire: WireMetadata<N>) -> Self {
        let patch = MetadataPatch::from(wire);
        patch.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
    }
}

impl<N> From<WireMetadata<N>> for MetadataPatch {
    fn from(wire: WireMetadata<N>) -> Self {
        wire.entries.into_iter().map(|(key, value)| (key, stored(value))).collect()
    }
}

impl<'de, N: Nulls> Deserialize<'de> for WireMetadata<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor(PhantomData))
    }
}

struct EntriesVisitor<N>(PhantomData<N>);

impl<'de, N: Nulls> Visitor<'de> for EntriesVisitor<N> {
    type Value = WireMetadata<N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key()? {
            let Entry(value, _) = map.next_value::<Entry<N>>()?;
            entries.push((key, value));
        }
        Ok(WireMetadata { entries, nulls: PhantomData })
    }
}

/// One value; `None` is null.
struct Entry<N>(Option<MetadataValue>, PhantomData<N>);

impl<'de, N: Nulls> Deserialize<'de> for Entry<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = match deserializer.deserialize_any(ValueVisitor)? {
            Parsed::Value(value) => Some(value),
            Parsed::Null if N::ALLOWED => None,
            Parsed::Null | Parsed::Other => {
                let name = N::TYPE_NAME;
                return Err(D::Error::custom(format!(
                    "data did not match any variant of untagged enum {name}"
                )));
            }
        };
        Ok(Self(value, PhantomData))
    }
}

/// What a value turned out to be.
enum Parsed {
    Value(MetadataValue),
    Null,
    /// Consumed, but of no accepted shape.
    Other,
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Parsed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a metadata value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Parsed, E> {
        Ok(Parsed::Value(MetadataValue::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Parsed, E> {
        Ok(Parsed::Value(MetadataValue::Int(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Parsed, E> {
        // Beyond 64 signed bits the nearest float is kept, as Chroma does.
        let value = i64::try_from(value).map_or(MetadataValue::Float(value as f64), MetadataValue::Int);
        Ok(Parsed::Value(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Parsed, E> {
        Ok(Parsed::Value(MetadataValue::Float(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Parsed, E> {
        Ok(Parsed::Value(MetadataValue::Str(value.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Parsed, E> {
        Ok(Parsed::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Parsed, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element::<Item>()? {
            items.push(item.0);
        }
        Ok(list_of(&items).map_or(Parsed::Other, Parsed::Value))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parsed, A::Error> {
        let mut fields = serde_json::Map::new();
        while let Some((key, value)) = map.next_entry()? {
            fields.insert(key, value);
        }
        let sparse = serde_json::from_value::<SparseFields>(fields.into()).ok();
        Ok(sparse.map_or(Parsed::Other, |fields| Parsed::Value(MetadataValue::Sparse(fields.into()))))
    }
}

/// A member of a list; `None` is what a list may not hold.
struct Item(Option<MetadataValue>);

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ItemVisitor).map(Self)
    }
}

struct ItemVisitor;

impl<'de> Visitor<'de> for ItemVisitor {
    type Value = Option<MetadataValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member of a list")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(MetadataValue::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(MetadataValue::Int(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(i64::try_from(value).map_or(MetadataValue::Float(value as f64), MetadataValue::Int)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Some(MetadataValue::Float(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Some(MetadataValue::Str(value.to_owned())))
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

/// A list of one type; integers among floats become floats. The empty list is a list of truth values.
fn list_of(items: &[Option<MetadataValue>]) -> Option<MetadataValue> {
    fn all<T>(items: &[Option<MetadataValue>], get: fn(&MetadataValue) -> Option<T>) -> Option<Vec<T>> {
        items.iter().map(|item| item.as_ref().and_then(get)).collect()
    }
    let bools = all(items, |item| if let MetadataValue::Bool(value) = item { Some(*value) } else { None });
    let ints = || all(items, |item| if let MetadataValue::Int(value) = item { Some(*value) } else { None });
    let floats = || {
        all(items, |item| match item {
            MetadataValue::Int(value) => Some(*value as f64),
            MetadataValue::Float(value) => Some(*value),
            _ => None,
        })
    };
    let texts =
        || all(items, |item| if let MetadataValue::Str(value) = item { Some(value.clone()) } else { None });
    bools
        .map(MetadataValue::BoolArray)
        .or_else(|| ints().map(MetadataValue::IntArray))
        .or_else(|| floats().map(MetadataValue::FloatArray))
        .or_else(|| texts().map(MetadataValue::StrArray))
}

#[derive(Deserialize)]
struct SparseFields {
    #[serde(rename = "#type")]
    _type: Option<SparseTag>,
    indices: Vec<u32>,
    values: Vec<f32>,
    tokens: Option<Vec<String>>,
}

#[derive(Deserialize)]
enum SparseTag {
    #[serde(rename = "sparse_vector")]
    SparseVector,
}

impl From<SparseFields> for SparseVector {
    fn from(fields: SparseFields) -> Self {
        Self { indices: fields.indices, values: fields.values, tokens: fields.tokens }
    }
}

/// Metadata as clients read it.
pub(super) struct MetadataView<'a>(&'a Metadata);

impl<'a> MetadataView<'a> {
    /// `None` if there are no entries: clients read null then.
    pub(super) fn of(metadata: &'a Metadata) -> Option<Self> {
        (!metadata.is_empty()).then_some(Self(metadata))
    }
}

impl Serialize for MetadataView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in self.0 {
            map.serialize_entry(key, &ValueView(value))?;
        }
        map.end()
    }
}

struct ValueView<'a>(&'a MetadataValue);

impl Serialize for ValueView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            MetadataValue::Bool(value) => value.serialize(serializer),
            MetadataValue::Int(value) => value.serialize(serializer),
            MetadataValue::Float(value) => value.serialize(serializer),
            MetadataValue::Str(value) => value.serialize(serializer),
            MetadataValue::BoolArray(values) => values.serialize(serializer),
            MetadataValue::IntArray(values) => values.serialize(serializer),
            MetadataValue::FloatArray(values) => values.serialize(serializer),
            MetadataValue::StrArray(values) => values.serialize(serializer),
            MetadataValue::Sparse(vector) => serialize_sparse(vector, serializer),
        }
    }
}

fn serialize_sparse<S: Serializer>(vector: &SparseVector, serializer: S) -> Result<S::Ok, S::Error> {
    let mut fields = BTreeMap::from([
        ("#type", serde_json::json!("sparse_vector")),
        ("indices", serde_json::json!(vector.indices)),
        ("values", serde_json::json!(vector.values)),
    ]);
    if let Some(tokens) = &vector.tokens {
        fields.insert("tokens", serde_json::json!(tokens));
    }
    fields.serialize(serializer)
}

#[cfg(test)]
mod tests;
