//! The configuration of a collection: what clients send, what is kept, what clients read.

use huedb_engine::CollectionDescriptor;
use huedb_types::{Distance, HnswConfiguration, Metadata, MetadataValue};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{dialect::Dialect, error::ApiError};

/// `configuration` of a new collection. Unknown keys are ignored here and refused below `hnsw`.
#[derive(Deserialize, JsonSchema)]
pub(super) struct CollectionConfiguration {
    hnsw: Option<NewHnsw>,
    spann: Option<NewSpann>,
    pub(super) embedding_function: Option<EmbeddingFunction>,
    /// Where the older Python clients put their settings; an unknown key to all others.
    #[schemars(skip)]
    hnsw_configuration: Option<Value>,
}

#[derive(Clone, Copy, Deserialize, Default, PartialEq, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "HnswConfiguration")]
struct NewHnsw {
    space: Option<Space>,
    ef_construction: Option<usize>,
    ef_search: Option<usize>,
    max_neighbors: Option<usize>,
    num_threads: Option<usize>,
    resize_factor: Option<f64>,
    sync_threshold: Option<usize>,
    batch_size: Option<usize>,
}

/// Settings of Chroma's distributed index. As on Chroma's single node, only the space is used.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SpannConfiguration")]
#[expect(dead_code, reason = "the fields are parsed so that unknown ones and wrong types are refused")]
struct NewSpann {
    search_nprobe: Option<u32>,
    write_nprobe: Option<u32>,
    space: Option<Space>,
    ef_construction: Option<usize>,
    ef_search: Option<usize>,
    max_neighbors: Option<usize>,
    reassign_neighbor_count: Option<u32>,
    split_threshold: Option<u32>,
    merge_threshold: Option<u32>,
}

#[derive(Deserialize)]
struct Python06Hnsw {
    space: Option<Space>,
    ef_construction: Option<usize>,
    ef_search: Option<usize>,
    #[serde(rename = "M")]
    max_neighbors: Option<usize>,
    num_threads: Option<usize>,
    resize_factor: Option<f64>,
    sync_threshold: Option<usize>,
    batch_size: Option<usize>,
}

impl From<Python06Hnsw> for NewHnsw {
    fn from(older: Python06Hnsw) -> Self {
        Self {
            space: older.space,
            ef_construction: older.ef_construction,
            ef_search: older.ef_search,
            max_neighbors: older.max_neighbors,
            num_threads: older.num_threads,
            resize_factor: older.resize_factor,
            sync_threshold: older.sync_threshold,
            batch_size: older.batch_size,
        }
    }
}

/// The names of the distances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Space {
    L2,
    Cosine,
    Ip,
}

impl From<Space> for Distance {
    fn from(space: Space) -> Self {
        match space {
            Space::L2 => Self::L2,
            Space::Cosine => Self::Cosine,
            Space::Ip => Self::Ip,
        }
    }
}

impl From<Distance> for Space {
    fn from(distance: Distance) -> Self {
        match distance {
            Distance::L2 => Self::L2,
            Distance::Cosine => Self::Cosine,
            Distance::Ip => Self::Ip,
        }
    }
}

/// Which function made the embeddings. Clients run it; the server only keeps it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "EmbeddingFunctionConfiguration")]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum EmbeddingFunction {
    Legacy,
    Known { name: String, config: Value },
    Unknown,
}

impl EmbeddingFunction {
    /// Whether it is what clients send when the user has not named one.
    pub(super) fn is_default(&self) -> bool {
        match self {
            Self::Legacy | Self::Unknown => true,
            Self::Known { name, .. } => name == "default",
        }
    }

    /// The form in which the engine keeps it.
    pub(super) fn to_stored(&self) -> String {
        json!(self).to_string()
    }
}

/// `new_configuration`: what may change after creation.
#[derive(Deserialize, JsonSchema)]
pub(super) struct UpdateCollectionConfiguration {
    pub(super) hnsw: Option<HnswChange>,
    #[serde(rename = "spann")]
    _spann: Option<SpannChange>,
    pub(super) embedding_function: Option<EmbeddingFunction>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UpdateHnswConfiguration")]
pub(super) struct HnswChange {
    ef_search: Option<usize>,
    max_neighbors: Option<usize>,
    num_threads: Option<usize>,
    resize_factor: Option<f64>,
    sync_threshold: Option<usize>,
    batch_size: Option<usize>,
}

/// Accepted and without effect, as on Chroma's single node.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UpdateSpannConfiguration")]
#[expect(dead_code, reason = "the fields are parsed so that unknown ones and wrong types are refused")]
struct SpannChange {
    search_nprobe: Option<u32>,
    ef_search: Option<usize>,
}

/// What a collection has when nothing is said.
pub(super) fn default_hnsw() -> HnswConfiguration {
    HnswConfiguration {
        space: Distance::L2,
        ef_construction: 100,
        ef_search: 100,
        max_neighbors: 16,
        num_threads: std::thread::available_parallelism().map_or(1, |threads| bounded(threads.get())),
        resize_factor: 1.2,
        sync_threshold: 1000,
        batch_size: 100,
    }
}

/// The settings of a new collection: from `configuration`, or from `hnsw:*` keys in its metadata if
/// the configuration says nothing of an index.
///
/// # Errors
/// 400 for two indexes at once, and for metadata keys with values that are none of their settings.
pub(super) fn new_hnsw(
    configuration: Option<CollectionConfiguration>,
    metadata: Option<&Metadata>,
    dialect: Dialect,
) -> Result<HnswConfiguration, ApiError> {
    let configuration = configuration.unwrap_or(CollectionConfiguration {
        hnsw: None,
        spann: None,
        embedding_function: None,
        hnsw_configuration: None,
    });
    match (configuration.hnsw, configuration.spann) {
        (Some(_), Some(_)) => Err(ApiError::invalid("Multiple vector index configurations provided")),
        (None, Some(spann)) => Ok(NewHnsw { space: spann.space, ..NewHnsw::default() }.over(default_hnsw())),
        (Some(hnsw), None) if hnsw != NewHnsw::default() => Ok(hnsw.over(default_hnsw())),
        _ => match configuration.hnsw_configuration.filter(|_| dialect == Dialect::Python06) {
            Some(older) => python06_hnsw(older),
            None => hnsw_of_metadata(metadata, dialect),
        },
    }
}

fn python06_hnsw(sent: Value) -> Result<HnswConfiguration, ApiError> {
    let older: Python06Hnsw = serde_json::from_value(sent)
        .map_err(|error| ApiError::validation("configuration.hnsw_configuration", error))?;
    Ok(NewHnsw::from(older).over(default_hnsw()))
}

impl CollectionConfiguration {
    /// Whether it says nothing but the defaults.
    pub(super) fn is_default(&self) -> bool {
        self.hnsw.is_none_or(|hnsw| hnsw.over(default_hnsw()) == default_hnsw())
            && self.spann.is_none()
            && self.embedding_function.as_ref().is_none_or(EmbeddingFunction::is_default)
    }
}

impl NewHnsw {
    fn over(self, base: HnswConfiguration) -> HnswConfiguration {
        HnswConfiguration {
            space: self.space.map_or(base.space, Distance::from),
            ef_construction: self.ef_construction.map_or(base.ef_construction, bounded),
            ef_search: self.ef_search.map_or(base.ef_search, bounded),
            max_neighbors: self.max_neighbors.map_or(base.max_neighbors, bounded),
            num_threads: self.num_threads.map_or(base.num_threads, bounded),
            resize_factor: self.resize_factor.unwrap_or(base.resize_factor),
            sync_threshold: self.sync_threshold.map_or(base.sync_threshold, bounded),
            batch_size: self.batch_size.map_or(base.batch_size, bounded),
        }
    }
}

impl HnswChange {
    pub(super) fn over(&self, base: HnswConfiguration) -> HnswConfiguration {
        HnswConfiguration {
            ef_search: self.ef_search.map_or(base.ef_search, bounded),
            max_neighbors: self.max_neighbors.map_or(base.max_neighbors, bounded),
            num_threads: self.num_threads.map_or(base.num_threads, bounded),
            resize_factor: self.resize_factor.unwrap_or(base.resize_factor),
            sync_threshold: self.sync_threshold.map_or(base.sync_threshold, bounded),
            batch_size: self.batch_size.map_or(base.batch_size, bounded),
            ..base
        }
    }
}

/// More than 32 bits of any setting means "as much as there is".
pub(super) fn bounded(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// Settings as clients before configurations wrote them.
fn hnsw_of_metadata(metadata: Option<&Metadata>, dialect: Dialect) -> Result<HnswConfiguration, ApiError> {
    let mut hnsw = default_hnsw();
    let Some(metadata) = metadata else { return Ok(hnsw) };
    for (key, value) in metadata {
        let accepted = match (key.as_str(), value) {
            ("hnsw:space", MetadataValue::Str(name)) => set(&mut hnsw.space, Distance::parse(name)),
            ("hnsw:construction_ef", value) => set(&mut hnsw.ef_construction, size(value)),
            ("hnsw:search_ef", value) => set(&mut hnsw.ef_search, size(value)),
            ("hnsw:M", value) => set(&mut hnsw.max_neighbors, size(value)),
            ("hnsw:num_threads", value) => set(&mut hnsw.num_threads, size(value)),
            ("hnsw:sync_threshold", value) => set(&mut hnsw.sync_threshold, size(value)),
            ("hnsw:batch_size", value) => set(&mut hnsw.batch_size, size(value)),
            ("hnsw:resize_factor", MetadataValue::Float(factor)) => {
                set(&mut hnsw.resize_factor, Some(*factor))
            }
            ("hnsw:resize_factor", MetadataValue::Int(factor)) => {
                set(&mut hnsw.resize_factor, Some(*factor as f64))
            }
            ("hnsw:space" | "hnsw:resize_factor", _) => false,
            // Servers before 1.0 knew no other keys of this kind; later ones let them pass.
            (name, _) if name.starts_with("hnsw:") && dialect == Dialect::Python06 => {
                return Err(ApiError::invalid(format!("Unknown HNSW parameter: {key}")));
            }
            _ => true,
        };
        if !accepted {
            return Err(ApiError::invalid(format!("Invalid value for HNSW parameter in metadata: {key}")));
        }
    }
    Ok(hnsw)
}

fn set<T>(setting: &mut T, value: Option<T>) -> bool {
    value.map(|value| *setting = value).is_some()
}

fn size(value: &MetadataValue) -> Option<u32> {
    match value {
        MetadataValue::Int(value) => usize::try_from(*value).ok().map(bounded),
        _ => None,
    }
}

/// `configuration_json` for clients since 1.0.
pub(super) fn current_json(descriptor: &CollectionDescriptor) -> Value {
    let hnsw = &descriptor.hnsw;
    json!({
        "hnsw": {
            "space": Space::from(hnsw.space),
            "ef_construction": hnsw.ef_construction,
            "ef_search": hnsw.ef_search,
            "max_neighbors": hnsw.max_neighbors,
            "resize_factor": hnsw.resize_factor,
            "sync_threshold": hnsw.sync_threshold,
        },
        "spann": null,
        "embedding_function": embedding_function(descriptor),
    })
}

/// The kept embedding function; null if there is none.
pub(super) fn embedding_function(descriptor: &CollectionDescriptor) -> Option<Value> {
    descriptor.embedding_function.as_deref().and_then(|stored| serde_json::from_str(stored).ok())
}

/// `configuration_json` for the Python clients before 1.0.
pub(super) fn python06_json(hnsw: &HnswConfiguration) -> Value {
    json!({
        "hnsw_configuration": {
            "space": Space::from(hnsw.space),
            "ef_construction": hnsw.ef_construction,
            "ef_search": hnsw.ef_search,
            "num_threads": hnsw.num_threads,
            "M": hnsw.max_neighbors,
            "resize_factor": hnsw.resize_factor,
            // Those clients refuse to read a batch that is larger than the threshold.
            "batch_size": hnsw.batch_size.min(hnsw.sync_threshold),
            "sync_threshold": hnsw.sync_threshold,
            "_type": "HNSWConfigurationInternal",
        },
        "_type": "CollectionConfigurationInternal",
    })
}

#[cfg(test)]
mod tests;
