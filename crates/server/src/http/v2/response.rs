//! Answers of `/api/v2`, serialised straight to bytes.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use huedb_engine::{CollectionDescriptor, Database, Hit};
use huedb_types::Record;
use schemars::JsonSchema;
use serde::Serialize;

use super::{configuration, dialect::Dialect, include::Include, metadata::MetadataView, schema};

/// An answer with `body` as JSON.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    bytes(status, to_bytes(body))
}

/// 200 with JSON that was serialised on the CPU pool.
pub(super) fn ok(body: Vec<u8>) -> Response {
    bytes(StatusCode::OK, body)
}

/// `{}`, the answer of every route that only acknowledges.
pub(super) fn empty_object(status: StatusCode) -> Response {
    bytes(status, b"{}".to_vec())
}

/// `body` as JSON text.
#[expect(clippy::expect_used, reason = "bodies are structs with text keys, written to memory")]
pub(super) fn to_bytes(body: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(body).expect("serialising to memory fails only for map keys that are not text")
}

fn bytes(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Database")]
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

/// A collection as clients read it. `log_position` and `version` are always 0 on one node.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Collection")]
pub(super) struct CollectionResponse<'a> {
    id: String,
    name: &'a str,
    #[schemars(with = "configuration::CollectionConfiguration")]
    configuration_json: serde_json::Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schema::Schema>")]
    schema: Option<serde_json::Value>,
    metadata: Option<MetadataView<'a>>,
    dimension: Option<u32>,
    tenant: &'a str,
    database: &'a str,
    log_position: u64,
    version: u64,
}

pub(super) fn collection(descriptor: &CollectionDescriptor, dialect: Dialect) -> Vec<u8> {
    to_bytes(&collection_response(descriptor, dialect))
}

pub(super) fn collections(descriptors: &[Arc<CollectionDescriptor>], dialect: Dialect) -> Vec<u8> {
    let views: Vec<_> =
        descriptors.iter().map(|descriptor| collection_response(descriptor, dialect)).collect();
    to_bytes(&views)
}

fn collection_response(descriptor: &CollectionDescriptor, dialect: Dialect) -> CollectionResponse<'_> {
    let (configuration_json, schema) = match dialect {
        Dialect::Current => (configuration::current_json(descriptor), Some(schema::json_of(descriptor))),
        Dialect::Python06 => (configuration::python06_json(&descriptor.hnsw), None),
    };
    CollectionResponse {
        id: descriptor.id.to_string(),
        name: &descriptor.name,
        configuration_json,
        schema,
        metadata: descriptor.metadata.as_ref().and_then(MetadataView::of),
        dimension: descriptor.shape.dimension,
        tenant: &descriptor.tenant,
        database: &descriptor.database,
        log_position: 0,
        version: 0,
    }
}

/// Columns of records; a column that was not asked for is null.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "GetResponse")]
pub(super) struct GetResponse<'a> {
    ids: Vec<&'a str>,
    embeddings: Option<Vec<Option<&'a [f32]>>>,
    documents: Option<Vec<Option<&'a str>>>,
    uris: Option<Vec<Option<&'a str>>>,
    metadatas: Option<Vec<Option<MetadataView<'a>>>>,
    include: &'a [Include],
}

pub(super) fn records(records: &[Record], include: &[Include]) -> Vec<u8> {
    to_bytes(&GetResponse {
        ids: records.iter().map(|record| record.id.as_str()).collect(),
        embeddings: Include::Embeddings.column(include, || records.iter().map(embedding).collect()),
        documents: Include::Documents.column(include, || records.iter().map(document).collect()),
        uris: Include::Uris.column(include, || records.iter().map(uri).collect()),
        metadatas: Include::Metadatas.column(include, || records.iter().map(metadata).collect()),
        include,
    })
}

/// The same columns once for each query embedding.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "QueryResponse")]
pub(super) struct QueryResponse<'a> {
    ids: Vec<Vec<&'a str>>,
    embeddings: Option<Vec<Vec<Option<&'a [f32]>>>>,
    documents: Option<Vec<Vec<Option<&'a str>>>>,
    uris: Option<Vec<Vec<Option<&'a str>>>>,
    metadatas: Option<Vec<Vec<Option<MetadataView<'a>>>>>,
    /// Null where the distance is beyond 32-bit floats.
    #[schemars(with = "Option<Vec<Vec<Option<f32>>>>")]
    distances: Option<Vec<Vec<f32>>>,
    include: &'a [Include],
}

pub(super) fn hits(lists: &[Vec<Hit>], include: &[Include]) -> Vec<u8> {
    to_bytes(&QueryResponse {
        ids: nested(lists, |hit| hit.record.id.as_str()),
        embeddings: Include::Embeddings.column(include, || nested(lists, |hit| embedding(&hit.record))),
        documents: Include::Documents.column(include, || nested(lists, |hit| document(&hit.record))),
        uris: Include::Uris.column(include, || nested(lists, |hit| uri(&hit.record))),
        metadatas: Include::Metadatas.column(include, || nested(lists, |hit| metadata(&hit.record))),
        distances: Include::Distances.column(include, || nested(lists, |hit| hit.distance)),
        include,
    })
}

fn nested<'a, T>(lists: &'a [Vec<Hit>], field: impl Fn(&'a Hit) -> T) -> Vec<Vec<T>> {
    lists.iter().map(|hits| hits.iter().map(&field).collect()).collect()
}

fn embedding(record: &Record) -> Option<&[f32]> {
    record.embedding.as_deref()
}

fn document(record: &Record) -> Option<&str> {
    record.document.as_deref()
}

fn uri(record: &Record) -> Option<&str> {
    record.uri.as_deref()
}

fn metadata(record: &Record) -> Option<MetadataView<'_>> {
    MetadataView::of(&record.metadata)
}
