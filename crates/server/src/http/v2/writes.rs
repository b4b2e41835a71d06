//! Writing records: add, update, upsert, delete.

use axum::{http::StatusCode, response::Response};
use huedb_engine::Selection;
use huedb_types::{Metadata, Patch, Record, RecordPatch};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{
    embeddings::{EmbeddingsPayload, UpdateEmbeddingsPayload, check_one_dimension},
    error::ApiError,
    filter::RawWhereFields,
    metadata::{MetadataChanges, NewMetadata, WireMetadata},
    request::Call,
    response::{self, empty_object},
    where_clause::shown,
};

use crate::telemetry::request::durable;

/// Columns of records, index by index. An absent column says nothing of any record.
#[derive(Deserialize, JsonSchema)]
#[serde(expecting = "struct AddCollectionRecordsPayload")]
#[schemars(rename = "AddCollectionRecordsPayload")]
#[schemars(extend("examples" = [json!({ "ids": ["a", "b"], "embeddings": [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]], "documents": ["a first text", "a second text"], "metadatas": [{ "year": 1990 }, { "year": 2020 }] })]))]
pub(super) struct AddRequest {
    ids: Vec<String>,
    embeddings: EmbeddingsPayload,
    documents: Texts,
    uris: Texts,
    metadatas: Option<Vec<Option<NewMetadata>>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(expecting = "struct UpsertCollectionRecordsPayload")]
#[schemars(rename = "UpsertCollectionRecordsPayload")]
#[schemars(extend("examples" = [json!({ "ids": ["a", "b"], "embeddings": [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]], "documents": ["a first text", "a second text"], "metadatas": [{ "year": 1990 }, { "year": 2020 }] })]))]
pub(super) struct UpsertRequest {
    ids: Vec<String>,
    embeddings: EmbeddingsPayload,
    documents: Texts,
    uris: Texts,
    metadatas: Option<Vec<Option<MetadataChanges>>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(expecting = "struct UpdateCollectionRecordsPayload")]
#[schemars(rename = "UpdateCollectionRecordsPayload")]
#[schemars(extend("examples" = [json!({ "ids": ["a"], "embeddings": [[0.1, 0.2, 0.3]], "documents": ["another text"], "metadatas": [{ "year": 1991 }] })]))]
pub(super) struct UpdateRequest {
    ids: Vec<String>,
    embeddings: Option<UpdateEmbeddingsPayload>,
    documents: Texts,
    uris: Texts,
    metadatas: Option<Vec<Option<MetadataChanges>>>,
}

type Texts = Option<Vec<Option<String>>>;

#[derive(Deserialize, JsonSchema)]
#[serde(expecting = "struct DeleteCollectionRecordsPayload")]
#[schemars(rename = "DeleteCollectionRecordsPayload")]
#[schemars(extend("examples" = [json!({ "ids": ["a"] })]))]
pub(super) struct DeleteRequest {
    ids: Option<Vec<String>>,
    #[serde(flatten)]
    filter: RawWhereFields,
    limit: Option<u32>,
}

pub(super) async fn add(call: Call) -> Result<Response, ApiError> {
    let ticket = call
        .run(|call| {
            let request: AddRequest = call.json()?;
            let collection = call.collection()?;
            Ok(collection.add(request.into_records()?)?)
        })
        .await?;
    durable(ticket).await?;
    Ok(empty_object(StatusCode::CREATED))
}

pub(super) async fn upsert(call: Call) -> Result<Response, ApiError> {
    let ticket = call
        .run(|call| {
            let request: UpsertRequest = call.json()?;
            let collection = call.collection()?;
            Ok(collection.upsert(request.into_patches()?)?)
        })
        .await?;
    durable(ticket).await?;
    Ok(empty_object(StatusCode::OK))
}

pub(super) async fn update(call: Call) -> Result<Response, ApiError> {
    let ticket = call
        .run(|call| {
            let request: UpdateRequest = call.json()?;
            let collection = call.collection()?;
            Ok(collection.update(request.into_patches()?)?)
        })
        .await?;
    durable(ticket).await?;
    Ok(empty_object(StatusCode::OK))
}

pub(super) async fn delete(call: Call) -> Result<Response, ApiError> {
    let ticket = call
        .run(|call| {
            let request: DeleteRequest = call.json()?;
            let collection = call.collection()?;
            let filter = request.filter.filter(&collection.descriptor(), call.dialect)?;
            let selection = request.selection(filter)?;
            Ok(selection.map(|selection| collection.delete(&selection)).transpose()?)
        })
        .await?;
    let deleted = match ticket {
        Some(ticket) => durable(ticket).await?,
        None => 0,
    };
    Ok(response::json(StatusCode::OK, &json!({ "deleted": deleted })))
}

impl AddRequest {
    pub(super) fn into_records(self) -> Result<Vec<Record>, ApiError> {
        let count = self.ids.len();
        let lengths = [
            self.embeddings.len(),
            length(self.documents.as_ref(), count),
            length(self.uris.as_ref(), count),
            length(self.metadatas.as_ref(), count),
        ];
        let vectors = self.embeddings.into_vectors()?;
        check_metadata(self.metadatas.as_deref())?;
        check_batch(&self.ids, &lengths)?;
        check_one_dimension(&vectors)?;
        let mut documents = column(self.documents);
        let mut uris = column(self.uris);
        let mut metadatas = column(self.metadatas);
        let records = self.ids.into_iter().zip(vectors).map(|(id, vector)| Record {
            id,
            embedding: Some(vector),
            document: documents.next().flatten(),
            uri: uris.next().flatten(),
            metadata: metadatas.next().flatten().map(Metadata::from).unwrap_or_default(),
        });
        Ok(records.collect())
    }
}

impl UpsertRequest {
    pub(super) fn into_patches(self) -> Result<Vec<RecordPatch>, ApiError> {
        let count = self.embeddings.len();
        let vectors = self.embeddings.into_vectors()?.into_iter().map(Some).collect();
        patches(self.ids, (count, vectors), self.documents, self.uris, self.metadatas)
    }
}

impl UpdateRequest {
    pub(super) fn into_patches(self) -> Result<Vec<RecordPatch>, ApiError> {
        let (count, vectors) = match self.embeddings {
            Some(embeddings) => (embeddings.len(), embeddings.into_vectors()?),
            None => (self.ids.len(), vec![None; self.ids.len()]),
        };
        patches(self.ids, (count, vectors), self.documents, self.uris, self.metadatas)
    }
}

fn patches(
    ids: Vec<String>,
    (embeddings_count, vectors): (usize, Vec<Option<Vec<f32>>>),
    documents: Texts,
    uris: Texts,
    metadatas: Option<Vec<Option<MetadataChanges>>>,
) -> Result<Vec<RecordPatch>, ApiError> {
    let count = ids.len();
    let lengths = [
        embeddings_count,
        length(documents.as_ref(), count),
        length(uris.as_ref(), count),
        length(metadatas.as_ref(), count),
    ];
    check_metadata(metadatas.as_deref())?;
    check_batch(&ids, &lengths)?;
    check_one_dimension(vectors.iter().flatten())?;
    let (mut documents, mut uris) = (column(documents), column(uris));
    let mut metadatas = column(metadatas);
    // A null text keeps the stored one; only metadata has a way to say "remove".
    let text = |text: Option<Option<String>>| text.flatten().map_or(Patch::Keep, Patch::Set);
    let patches = ids.into_iter().zip(vectors).map(|(id, embedding)| RecordPatch {
        id,
        embedding,
        document: text(documents.next()),
        uri: text(uris.next()),
        metadata: metadatas.next().flatten().map(Into::into).unwrap_or_default(),
    });
    Ok(patches.collect())
}

/// Length of a column; an absent one fits any number of records.
fn length<T>(column: Option<&Vec<T>>, count: usize) -> usize {
    column.map_or(count, Vec::len)
}

fn column<T>(column: Option<Vec<T>>) -> impl Iterator<Item = T> {
    column.into_iter().flatten()
}

fn check_metadata<N>(metadatas: Option<&[Option<WireMetadata<N>>]>) -> Result<(), ApiError> {
    let said = || metadatas.unwrap_or_default().iter().enumerate();
    for (index, metadata) in said() {
        if let Some(Err(reason)) = metadata.as_ref().map(WireMetadata::check) {
            let reason = format!("Invalid metadata at index {index}: {}", shown(&reason.to_string()));
            return Err(ApiError::validation("metadatas", reason));
        }
    }
    match said().find_map(|(_, metadata)| metadata.as_ref()?.sparse_key()) {
        Some(key) => Err(sparse_unsupported(key)),
        None => Ok(()),
    }
}

/// 501 for a sparse vector among metadata values.
pub(super) fn sparse_unsupported(key: &str) -> ApiError {
    ApiError::unimplemented(format!("Unimplemented: Sparse vector is not supported for local chroma: {key}"))
}

fn check_batch(ids: &[String], lengths: &[usize]) -> Result<(), ApiError> {
    if lengths.iter().any(|length| *length != ids.len()) {
        return Err(ApiError::invalid(
            "Inconsistent number of IDs, embeddings, documents, URIs and metadatas",
        ));
    }
    if ids.iter().any(String::is_empty) {
        return Err(ApiError::invalid("Empty ID, ID must have at least one character"));
    }
    Ok(())
}

impl DeleteRequest {
    /// What to delete; `None` if the request names nothing at all.
    fn selection(self, filter: Option<huedb_types::Filter>) -> Result<Option<Selection>, ApiError> {
        if filter.is_none() && self.ids.as_ref().is_some_and(Vec::is_empty) {
            return Err(ApiError::validation("ids, where", "Either ids or where must be specified"));
        }
        if filter.is_none() && self.limit.is_some() {
            let message = "limit can only be specified when a where clause is provided";
            return Err(ApiError::validation("limit, where", message));
        }
        if filter.is_none() && self.ids.is_none() {
            return Ok(None);
        }
        Ok(Some(Selection { ids: self.ids, filter, limit: self.limit.map(u64::from), offset: 0 }))
    }
}

#[cfg(test)]
mod tests;
