//! Shapes of what succeeds.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use huedb_engine::{CollectionDescriptor, Database, Hit};
use huedb_types::{Metadata, MetadataValue, Record};
use schemars::JsonSchema;
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{
    bodies::Field,
    hnsw,
    json::{self, Json},
    metadata::HIDDEN_PREFIX,
};

/// An answer with `value` as its JSON body.
pub(super) fn json<T: Serialize>(status: StatusCode, value: &T) -> Response {
    // Shapes of this module hold texts, numbers and lists of them; none of these can fail.
    let bytes = json::to_vec(value).unwrap_or_default();
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

pub(super) fn ok<T: Serialize>(value: &T) -> Response {
    json(StatusCode::OK, value)
}

/// The answer of what returns nothing: the JSON literal, because clients parse every body.
pub(super) fn null() -> Response {
    ok(&())
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DatabaseV1")]
pub(super) struct DatabaseResponse<'a> {
    id: String,
    name: &'a str,
    tenant: &'a str,
}

impl<'a> From<&'a Database> for DatabaseResponse<'a> {
    fn from(database: &'a Database) -> Self {
        Self { id: database.id.to_string(), name: &database.name, tenant: &database.tenant }
    }
}

/// A collection. Old clients take exactly these keys: one more or one less is an error in them.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CollectionV1")]
pub(super) struct CollectionResponse {
    id: String,
    name: String,
    #[schemars(with = "super::shapes::AnyObject")]
    configuration_json: Json,
    metadata: Option<MetadataResponse>,
    dimension: Option<u32>,
    tenant: String,
    database: String,
    version: u32,
    log_position: u32,
}

impl From<&CollectionDescriptor> for CollectionResponse {
    fn from(collection: &CollectionDescriptor) -> Self {
        let stored = collection.v1_configuration.as_deref().and_then(|text| serde_json::from_str(text).ok());
        Self {
            id: collection.id.to_string(),
            name: collection.name.clone(),
            configuration_json: stored.unwrap_or_else(|| hnsw::effective_document(&collection.hnsw)),
            metadata: collection.metadata.clone().map(MetadataResponse),
            dimension: collection.shape.dimension,
            tenant: collection.tenant.clone(),
            database: collection.database.clone(),
            version: 0,
            log_position: 0,
        }
    }
}

/// Records as parallel lists. What was not asked for is null.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "GetResultV1")]
pub(super) struct GetResponse {
    ids: Vec<String>,
    embeddings: Option<Vec<Option<Vec<f32>>>>,
    metadatas: Option<Vec<Option<MetadataResponse>>>,
    documents: Option<Vec<Option<String>>>,
    uris: Option<Vec<Option<String>>>,
    #[schemars(with = "Option<Vec<()>>")]
    data: Option<[(); 0]>,
    included: Vec<Field>,
}

impl GetResponse {
    pub(super) fn new(records: Vec<Record>, included: Vec<Field>) -> Self {
        let has = |field| included.contains(&field);
        // Data lies with the clients; only an empty answer has some, and it is empty.
        let data = (records.is_empty() && has(Field::Data)).then_some([]);
        let lists = Lists::new(records);
        Self {
            ids: lists.ids,
            embeddings: has(Field::Embeddings).then_some(lists.embeddings),
            metadatas: has(Field::Metadatas).then_some(lists.metadatas),
            documents: has(Field::Documents).then_some(lists.documents),
            uris: has(Field::Uris).then_some(lists.uris),
            data,
            included,
        }
    }
}

/// Nearest records, one list per query.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "QueryResultV1")]
pub(super) struct QueryResponse {
    ids: Vec<Vec<String>>,
    /// Null where the distance is beyond 32-bit floats.
    #[schemars(with = "Option<Vec<Vec<Option<f32>>>>")]
    distances: Option<Vec<Vec<f32>>>,
    metadatas: Option<Vec<Vec<Option<MetadataResponse>>>>,
    embeddings: Option<Vec<Vec<Option<Vec<f32>>>>>,
    documents: Option<Vec<Vec<Option<String>>>>,
    uris: Option<Vec<Vec<Option<String>>>>,
    data: (),
    included: Vec<Field>,
}

impl QueryResponse {
    pub(super) fn new(hits: Vec<Vec<Hit>>, included: Vec<Field>) -> Self {
        let has = |field| included.contains(&field);
        let mut response = Self {
            ids: Vec::with_capacity(hits.len()),
            distances: has(Field::Distances).then(Vec::new),
            metadatas: has(Field::Metadatas).then(Vec::new),
            embeddings: has(Field::Embeddings).then(Vec::new),
            documents: has(Field::Documents).then(Vec::new),
            uris: has(Field::Uris).then(Vec::new),
            data: (),
            included: Vec::new(),
        };
        for hits in hits {
            let (distances, records) = hits.into_iter().map(|hit| (hit.distance, hit.record)).unzip();
            let lists = Lists::new(records);
            response.ids.push(lists.ids);
            push(&mut response.distances, distances);
            push(&mut response.metadatas, lists.metadatas);
            push(&mut response.embeddings, lists.embeddings);
            push(&mut response.documents, lists.documents);
            push(&mut response.uris, lists.uris);
        }
        response.included = included;
        response
    }
}

fn push<T>(lists: &mut Option<Vec<T>>, list: T) {
    if let Some(lists) = lists {
        lists.push(list);
    }
}

/// Records taken apart into parallel lists.
struct Lists {
    ids: Vec<String>,
    embeddings: Vec<Option<Vec<f32>>>,
    metadatas: Vec<Option<MetadataResponse>>,
    documents: Vec<Option<String>>,
    uris: Vec<Option<String>>,
}

impl Lists {
    fn new(records: Vec<Record>) -> Self {
        let mut lists = Self {
            ids: Vec::with_capacity(records.len()),
            embeddings: Vec::with_capacity(records.len()),
            metadatas: Vec::with_capacity(records.len()),
            documents: Vec::with_capacity(records.len()),
            uris: Vec::with_capacity(records.len()),
        };
        for record in records {
            lists.ids.push(record.id);
            lists.embeddings.push(record.embedding);
            lists.metadatas.push(MetadataResponse::of_record(record.metadata));
            lists.documents.push(record.document);
            lists.uris.push(record.uri);
        }
        lists
    }
}

/// Metadata as an object.
pub(super) struct MetadataResponse(pub(super) Metadata);

impl MetadataResponse {
    /// Without the keys that records hide; a record without metadata has null.
    fn of_record(mut metadata: Metadata) -> Option<Self> {
        metadata.retain(|key, _| !key.starts_with(HIDDEN_PREFIX));
        (!metadata.is_empty()).then_some(Self(metadata))
    }
}

impl Serialize for MetadataResponse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, ValueResponse(value))))
    }
}

struct ValueResponse<'a>(&'a MetadataValue);

impl Serialize for ValueResponse<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            MetadataValue::Bool(value) => serializer.serialize_bool(*value),
            MetadataValue::Int(value) => serializer.serialize_i64(*value),
            MetadataValue::Float(value) => serializer.serialize_f64(*value),
            MetadataValue::Str(value) => serializer.serialize_str(value),
            // Only the second generation writes what follows; it is shown as there.
            MetadataValue::BoolArray(values) => values.serialize(serializer),
            MetadataValue::IntArray(values) => values.serialize(serializer),
            MetadataValue::FloatArray(values) => values.serialize(serializer),
            MetadataValue::StrArray(values) => values.serialize(serializer),
            MetadataValue::Sparse(sparse) => {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("#type", "sparse_vector")?;
                map.serialize_entry("indices", &sparse.indices)?;
                map.serialize_entry("values", &sparse.values)?;
                if let Some(tokens) = &sparse.tokens {
                    map.serialize_entry("tokens", tokens)?;
                }
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests;
