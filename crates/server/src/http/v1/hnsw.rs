//! Index settings: the `hnsw:*` metadata that rules the index, and the configuration document that
//! this generation stores and shows but never obeyed.

use huedb_types::{Distance, HnswConfiguration};

use super::{
    error::ApiError,
    json::{Dict, Json, PyNumber, field},
    python_repr::display,
};

const COLLECTION_TYPE: &str = "CollectionConfigurationInternal";
const HNSW_TYPE: &str = "HNSWConfigurationInternal";

const EF_CONSTRUCTION: u32 = 100;
const EF_SEARCH: u32 = 10;
const MAX_NEIGHBORS: u32 = 16;
const RESIZE_FACTOR: f64 = 1.2;
const BATCH_SIZE: u32 = 100;
const SYNC_THRESHOLD: u32 = 1000;

/// Settings of a collection that asks for nothing. `num_threads` is the processor count.
fn defaults() -> HnswConfiguration {
    HnswConfiguration {
        space: Distance::L2,
        ef_construction: EF_CONSTRUCTION,
        ef_search: EF_SEARCH,
        max_neighbors: MAX_NEIGHBORS,
        num_threads: std::thread::available_parallelism().map_or(1, |count| count.get() as u32),
        resize_factor: RESIZE_FACTOR,
        sync_threshold: SYNC_THRESHOLD,
        batch_size: BATCH_SIZE,
    }
}

/// The settings that the metadata of a new collection asks for.
///
/// Zero and negative numbers pass, as they always did, and mean the default.
pub(super) fn from_metadata(metadata: &Dict) -> Result<HnswConfiguration, ApiError> {
    let mut hnsw = defaults();
    for (key, value) in metadata {
        let Some(name) = key.strip_prefix("hnsw:") else { continue };
        let Some(accepted) = apply(&mut hnsw, name, value) else {
            return Err(ApiError::value(format!("Unknown HNSW parameter: {key}")));
        };
        if !accepted {
            let value = display(value);
            return Err(ApiError::value(format!("Invalid value for HNSW parameter: {key} = {value}")));
        }
    }
    Ok(hnsw)
}

/// Sets one parameter. `None` if there is no such parameter, false if the value does not fit it.
fn apply(hnsw: &mut HnswConfiguration, name: &str, value: &Json) -> Option<bool> {
    let integer = python_int(value);
    let positive = |default: u32| integer.map(|value| if value > 0 { clamp(value) } else { default });
    let above_two = integer.filter(|value| *value > 2).map(clamp);
    let accepted = match name {
        "space" => match value {
            Json::Str(space) => set(&mut hnsw.space, Distance::parse(space)),
            _ => false,
        },
        "construction_ef" => set(&mut hnsw.ef_construction, positive(EF_CONSTRUCTION)),
        "search_ef" => set(&mut hnsw.ef_search, positive(EF_SEARCH)),
        "M" => set(&mut hnsw.max_neighbors, positive(MAX_NEIGHBORS)),
        "num_threads" => {
            let processors = hnsw.num_threads;
            set(&mut hnsw.num_threads, positive(processors))
        }
        "resize_factor" => set(&mut hnsw.resize_factor, python_float(value)),
        "batch_size" => set(&mut hnsw.batch_size, above_two),
        "sync_threshold" => set(&mut hnsw.sync_threshold, above_two),
        _ => return None,
    };
    Some(accepted)
}

fn set<T>(place: &mut T, value: Option<T>) -> bool {
    match value {
        Some(value) => {
            *place = value;
            true
        }
        None => false,
    }
}

fn clamp(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// In Python a truth value is an integer. One beyond 64 bits is a float by the time it gets here.
fn python_int(value: &Json) -> Option<i64> {
    match (value, value.number()) {
        (Json::Bool(value), _) => Some(i64::from(*value)),
        (_, Some(PyNumber::Int(value))) => Some(value),
        (_, Some(PyNumber::Overflow)) => Some(i64::MAX),
        _ => None,
    }
}

fn python_float(value: &Json) -> Option<f64> {
    match value.number() {
        Some(PyNumber::Float(value)) => Some(value),
        _ => python_int(value).map(|value| value as f64),
    }
}

/// The configuration document of a new collection: what the client sent, checked, then the defaults.
///
/// `None` and `{}` ask for the defaults.
pub(super) fn configuration_document(sent: Option<&Dict>) -> Result<Json, ApiError> {
    let mut hnsw = None;
    let sent = sent.filter(|sent| !sent.is_empty());
    if let Some(sent) = sent {
        check_type(field(sent, "_type"))?;
    }
    for (name, value) in sent.into_iter().flatten() {
        match name.as_str() {
            "_type" => {}
            "hnsw_configuration" => hnsw = Some(hnsw_document(value)?),
            _ => return Err(ApiError::value(format!("Invalid parameter name: {name}"))),
        }
    }
    Ok(collection_document(hnsw.unwrap_or_else(|| hnsw_pairs(&defaults()))))
}

/// The configuration document of a collection that was not made through this generation.
pub(super) fn effective_document(hnsw: &HnswConfiguration) -> Json {
    // Old clients refuse a document with an index setting below 1, or a batch above the threshold.
    let shown = HnswConfiguration {
        ef_construction: hnsw.ef_construction.max(1),
        ef_search: hnsw.ef_search.max(1),
        max_neighbors: hnsw.max_neighbors.max(1),
        num_threads: hnsw.num_threads.max(1),
        resize_factor: hnsw.resize_factor.max(1.0),
        batch_size: hnsw.batch_size.min(hnsw.sync_threshold).max(1),
        sync_threshold: hnsw.sync_threshold.max(1),
        ..*hnsw
    };
    collection_document(hnsw_pairs(&shown))
}

fn check_type(sent: Option<&Json>) -> Result<(), ApiError> {
    match sent {
        None => Err(ApiError::raised("KeyError", "_type")),
        Some(Json::Str(name)) if name == COLLECTION_TYPE => Ok(()),
        Some(other) => Err(ApiError::value(format!(
            "Trying to instantiate configuration of type {COLLECTION_TYPE} from JSON with type {}",
            display(other)
        ))),
    }
}

fn hnsw_document(value: &Json) -> Result<Dict, ApiError> {
    let Json::Dict(sent) = value else { return Err(invalid_value(value)) };
    if !matches!(field(sent, "_type"), Some(Json::Str(name)) if name == HNSW_TYPE) {
        return Err(ApiError::value(format!("Invalid configuration type: {}", display(value))));
    }
    let defaults = hnsw_pairs(&defaults());
    let mut pairs: Dict = sent.iter().filter(|(name, _)| name != "_type").cloned().collect();
    for (name, value) in &pairs {
        match field(&defaults, name) {
            None => return Err(ApiError::value(format!("Invalid parameter name: {name}"))),
            Some(_) if matches!(value, Json::Dict(_)) => {
                return Err(ApiError::value(format!("Invalid configuration type: {}", display(value))));
            }
            Some(default) if !fits(default, value) => return Err(invalid_value(value)),
            Some(_) => {}
        }
    }
    let missing: Vec<_> = defaults.into_iter().filter(|(name, _)| field(&pairs, name).is_none()).collect();
    pairs.extend(missing);
    if int_field(&pairs, "batch_size") > int_field(&pairs, "sync_threshold") {
        return Err(ApiError::raised(
            "InvalidConfigurationError",
            "batch_size must be less than or equal to sync_threshold",
        ));
    }
    Ok(pairs)
}

fn invalid_value(value: &Json) -> ApiError {
    ApiError::value(format!("Invalid parameter value: {}", display(value)))
}

/// Whether `value` has the type of `default` and is in its range.
fn fits(default: &Json, value: &Json) -> bool {
    match (default, value) {
        (Json::Str(_), Json::Str(space)) => Distance::parse(space).is_some(),
        (Json::Int(_), value) => python_int(value).is_some_and(|value| value >= 1),
        (Json::Float(_), Json::Float(value)) => *value >= 1.0,
        _ => false,
    }
}

fn int_field(pairs: &Dict, name: &str) -> Option<i64> {
    field(pairs, name).and_then(python_int)
}

fn hnsw_pairs(hnsw: &HnswConfiguration) -> Dict {
    let int = |value: u32| Json::Int(value.into());
    [
        ("space", Json::Str(hnsw.space.name().to_owned())),
        ("ef_construction", int(hnsw.ef_construction)),
        ("ef_search", int(hnsw.ef_search)),
        ("num_threads", int(hnsw.num_threads)),
        ("M", int(hnsw.max_neighbors)),
        ("resize_factor", Json::Float(hnsw.resize_factor)),
        ("batch_size", int(hnsw.batch_size)),
        ("sync_threshold", int(hnsw.sync_threshold)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

fn collection_document(mut hnsw: Dict) -> Json {
    let type_name = |name: &str| ("_type".to_owned(), Json::Str(name.to_owned()));
    hnsw.push(type_name(HNSW_TYPE));
    Json::Dict(vec![("hnsw_configuration".to_owned(), Json::Dict(hnsw)), type_name(COLLECTION_TYPE)])
}

#[cfg(test)]
mod tests;
