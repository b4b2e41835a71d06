//! Bodies of add, update and upsert, and the records they mean.

use std::collections::HashMap;

use huedb_types::{MetadataPatch, MetadataValue, Patch, RecordPatch, limits::DIMENSION_MAX};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{
    embeddings::{self, FastEmbeddings},
    error::ApiError,
    fast_metadata::FastMetadata,
    json::Json,
    metadata::{self, DOCUMENT_KEY, URI_KEY},
    pydantic::{Fields, Noted, dict, nullable, string},
    request::RequestBody,
};

/// Parallel lists, one item per id. An empty list is an absent one.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "AddEmbeddingV1")]
#[schemars(extend("examples" = [json!({ "ids": ["a", "b"], "embeddings": [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]], "documents": ["a first text", "a second text"], "metadatas": [{ "year": 1990 }, { "year": 2020 }] })]))]
pub(super) struct WriteBody {
    ids: Vec<String>,
    embeddings: Option<Vec<Vec<f32>>>,
    #[schemars(with = "Option<Vec<Option<super::shapes::MetadataV1>>>")]
    metadatas: Option<Vec<MetadataPatch>>,
    documents: Option<Vec<Option<String>>>,
    uris: Option<Vec<Option<String>>>,
    /// A value that has the right place and the wrong content. It is reported after what is wrong with
    /// the collection and with the lengths of the lists.
    #[schemars(skip)]
    problem: Option<ApiError>,
}

/// Fields that nobody asks for would be passed over without a look, and a body may be refused for what is
/// in them: one that has some is read the slow way.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FastBody {
    ids: Vec<String>,
    embeddings: Option<FastEmbeddings>,
    metadatas: Option<Vec<Option<FastMetadata>>>,
    documents: Option<Vec<Option<String>>>,
    uris: Option<Vec<Option<String>>>,
}

impl RequestBody for WriteBody {
    fn read_fast(bytes: &[u8]) -> Option<Self> {
        let body: FastBody = serde_json::from_str(str::from_utf8(bytes).ok()?).ok()?;
        let metadatas =
            body.metadatas.map(|list| list.into_iter().map(|item| item.unwrap_or_default().0).collect());
        Some(Self {
            ids: body.ids,
            embeddings: body.embeddings.map(|embeddings| embeddings.0),
            metadatas,
            documents: body.documents,
            uris: body.uris,
            problem: None,
        })
    }

    fn read_fields(fields: &mut Fields<'_>) -> Result<Self, Noted> {
        let embeddings = fields.optional_list("embeddings", |value| Ok(embeddings::from_json(value)));
        let metadatas = fields.optional_list("metadatas", |value| match value {
            Json::Null => Ok(Ok(MetadataPatch::new())),
            other => dict(other).map(|dict| metadata::of_record(&dict)),
        });
        let documents = fields.optional_list("documents", |value| nullable(value, string));
        let uris = fields.optional_list("uris", |value| nullable(value, string));
        let ids = fields.required_list("ids", string);
        let mut problem = None;
        Ok(Self {
            ids: ids?,
            embeddings: embeddings?.map(|list| valid_items(list, &mut problem)),
            metadatas: metadatas?.map(|list| valid_items(list, &mut problem)),
            documents: documents?,
            uris: uris?,
            problem,
        })
    }
}

/// The items, with a default in the place of those that are not valid, and the first problem.
fn valid_items<T: Default>(list: Vec<Result<T, ApiError>>, problem: &mut Option<ApiError>) -> Vec<T> {
    let mut or_default = |item: Result<T, ApiError>| {
        item.unwrap_or_else(|error| {
            problem.get_or_insert(error);
            T::default()
        })
    };
    list.into_iter().map(&mut or_default).collect()
}

impl WriteBody {
    /// The changes to make, in the order of the ids. Of a repeated id the last item counts, at the
    /// place of the first.
    ///
    /// `dimension` is that of the collection, if it has one.
    pub(super) fn into_patches(self, dimension: Option<u32>) -> Result<Vec<RecordPatch>, ApiError> {
        let count = self.ids.len();
        let mut embeddings = items(self.embeddings, count)?;
        let mut metadatas = items(self.metadatas, count)?;
        let mut documents = items(self.documents, count)?;
        let mut uris = items(self.uris, count)?;
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        let mut patches = Vec::with_capacity(count);
        for id in self.ids {
            let mut patch = RecordPatch { id, ..RecordPatch::default() };
            patch.embedding = embeddings.as_mut().and_then(Iterator::next);
            if let Some(embedding) = &patch.embedding {
                check_dimension(embedding.len(), dimension)?;
            }
            patch.metadata = metadatas.as_mut().and_then(Iterator::next).unwrap_or_default();
            patch.document = take_key(&mut patch.metadata, DOCUMENT_KEY)?;
            patch.uri = take_key(&mut patch.metadata, URI_KEY)?;
            if let Some(document) = documents.as_mut().and_then(Iterator::next) {
                patch.document = document.map_or(Patch::Clear, Patch::Set);
            }
            if let Some(uri) = uris.as_mut().and_then(Iterator::next) {
                patch.uri = uri.map_or(Patch::Clear, Patch::Set);
            }
            patches.push(patch);
        }
        Ok(last_of_each_id(patches))
    }
}

/// The items of a list that is there and not empty. Items beyond `count` are ignored.
fn items<T>(list: Option<Vec<T>>, count: usize) -> Result<Option<std::vec::IntoIter<T>>, ApiError> {
    match list {
        Some(list) if !list.is_empty() => {
            if list.len() < count {
                return Err(ApiError::raised("IndexError", "list index out of range"));
            }
            Ok(Some(list.into_iter()))
        }
        _ => Ok(None),
    }
}

/// What no engine could store. Whether it is the right dimension is for the engine to say.
fn check_dimension(actual: usize, dimension: Option<u32>) -> Result<(), ApiError> {
    match actual {
        0 if dimension.is_none() => {
            Err(ApiError::value("Expected each embedding in the embeddings to have at least 1 value, got 0"))
        }
        1..=DIMENSION_MAX | 0 => Ok(()),
        _ => Err(ApiError::value(format!(
            "Embedding dimension {actual} exceeds maximum dimension {DIMENSION_MAX}"
        ))),
    }
}

/// The document or uri that a client wrote under its metadata key.
fn take_key(metadata: &mut MetadataPatch, key: &str) -> Result<Patch<String>, ApiError> {
    match metadata.remove(key) {
        None => Ok(Patch::Keep),
        Some(None) => Ok(Patch::Clear),
        Some(Some(MetadataValue::Str(text))) => Ok(Patch::Set(text)),
        Some(Some(_)) => {
            Err(ApiError::value(format!("Expected the value of the reserved key {key} to be a str")))
        }
    }
}

fn last_of_each_id(patches: Vec<RecordPatch>) -> Vec<RecordPatch> {
    let mut places: HashMap<&str, usize> = HashMap::with_capacity(patches.len());
    let mut unique = 0;
    // Where each item goes: a repeated id replaces the item at its first place.
    let targets: Vec<usize> = patches
        .iter()
        .map(|patch| {
            *places.entry(&patch.id).or_insert_with(|| {
                unique += 1;
                unique - 1
            })
        })
        .collect();
    if unique == patches.len() {
        return patches;
    }
    let mut kept: Vec<RecordPatch> = Vec::with_capacity(unique);
    for (patch, target) in patches.into_iter().zip(targets) {
        match kept.get_mut(target) {
            Some(place) => *place = patch,
            None => kept.push(patch),
        }
    }
    kept
}

#[cfg(test)]
mod tests;
