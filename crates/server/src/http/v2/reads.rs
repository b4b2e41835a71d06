//! Reading records: get, query, count.

use axum::response::Response;
use huedb_engine::{CollectionDescriptor, GetRequest as EngineGet, QueryRequest as EngineQuery, Selection};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    dialect::Dialect,
    embeddings::check_one_dimension,
    error::ApiError,
    filter::RawWhereFields,
    include::{self, Include},
    request::Call,
    response,
};

use crate::telemetry::request::note;

/// Results of a query that does not say how many it wants.
const N_RESULTS_DEFAULT: u32 = 10;

#[derive(Deserialize, JsonSchema)]
#[serde(expecting = "struct GetRequestPayload")]
#[schemars(rename = "GetRequestPayload")]
#[schemars(extend("examples" = [json!({ "where": { "year": { "$gte": 1990 } }, "limit": 10, "offset": 0, "include": ["documents", "metadatas"] })]))]
pub(super) struct GetRequest {
    ids: Option<Vec<String>>,
    #[serde(flatten)]
    filter: RawWhereFields,
    limit: Option<u32>,
    offset: Option<u32>,
    include: Option<Vec<Include>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(expecting = "struct QueryRequestPayload")]
#[schemars(rename = "QueryRequestPayload")]
#[schemars(extend("examples" = [json!({ "query_embeddings": [[0.1, 0.2, 0.3]], "n_results": 5, "include": ["documents", "metadatas", "distances"] })]))]
pub(super) struct QueryRequest {
    ids: Option<Vec<String>>,
    #[serde(flatten)]
    filter: RawWhereFields,
    query_embeddings: Vec<Vec<f32>>,
    n_results: Option<u32>,
    include: Option<Vec<Include>>,
}

impl QueryRequest {
    /// The query that the engine is asked, and which fields the answer has.
    pub(super) fn for_engine(
        self,
        descriptor: &CollectionDescriptor,
        dialect: Dialect,
    ) -> Result<(EngineQuery, Vec<Include>), ApiError> {
        let filter = self.filter.filter(descriptor, dialect)?;
        check_one_dimension(&self.query_embeddings)?;
        let include = self.include.unwrap_or_else(|| Include::OF_QUERY.to_vec());
        let k = self.n_results.unwrap_or(N_RESULTS_DEFAULT);
        note("n_results", k as usize);
        note("num_queries", self.query_embeddings.len());
        let query = EngineQuery {
            embeddings: self.query_embeddings,
            k,
            ids: self.ids,
            filter,
            include: include::of_records(&include),
        };
        Ok((query, include))
    }
}

/// How fresh a count has to be. Every read here sees all writes that were acknowledged before it.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::enum_variant_names, reason = "the names on the wire")]
pub(super) enum ReadLevel {
    IndexAndWal,
    IndexOnly,
    IndexAndBoundedWal,
}

#[derive(Deserialize)]
struct CountParameters {
    #[serde(rename = "read_level")]
    _read_level: Option<ReadLevel>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "IndexStatusResponse")]
pub(super) struct IndexStatus {
    num_indexed_ops: u64,
    num_unindexed_ops: u64,
    op_indexing_progress: f32,
    total_ops: u64,
}

pub(super) async fn get(call: Call) -> Result<Response, ApiError> {
    let body = call
        .run(|call| {
            let request: GetRequest = call.json()?;
            let collection = call.collection()?;
            let filter = request.filter.filter(&collection.descriptor(), call.dialect)?;
            let include = request.include.unwrap_or_else(|| Include::OF_GET.to_vec());
            note("ids_count", request.ids.as_ref().map_or(0, Vec::len));
            let records = collection.get(&EngineGet {
                selection: Selection {
                    ids: request.ids,
                    filter,
                    limit: request.limit.map(u64::from),
                    offset: request.offset.map_or(0, u64::from),
                },
                include: include::of_records(&include),
            })?;
            call.access.trail().count_records(records.len() as u64);
            Ok(response::records(&records, &include))
        })
        .await?;
    Ok(response::ok(body))
}

pub(super) async fn query(call: Call) -> Result<Response, ApiError> {
    let body = call
        .run(|call| {
            let request: QueryRequest = call.json()?;
            let collection = call.collection()?;
            let (query, include) = request.for_engine(&collection.descriptor(), call.dialect)?;
            let hits = collection.query(&query)?;
            call.access.trail().count_records(hits.iter().map(Vec::len).sum::<usize>() as u64);
            Ok(response::hits(&hits, &include))
        })
        .await?;
    Ok(response::ok(body))
}

pub(super) async fn count(call: Call) -> Result<Response, ApiError> {
    let body = call
        .run(|call| {
            let _: CountParameters = call.query()?;
            Ok(response::to_bytes(&call.collection()?.count()?))
        })
        .await?;
    Ok(response::ok(body))
}

/// What Chroma counts as operations are the records here. Those that wait for their place in an index are found
/// all the same, by comparing them one by one.
pub(super) async fn indexing_status(call: Call) -> Result<Response, ApiError> {
    let body = call
        .run(|call| {
            let status = call.collection()?.indexing()?;
            let progress =
                if status.records == 0 { 1.0 } else { status.indexed as f32 / status.records as f32 };
            Ok(response::to_bytes(&IndexStatus {
                num_indexed_ops: status.indexed,
                num_unindexed_ops: status.records - status.indexed,
                op_indexing_progress: progress,
                total_ops: status.records,
            }))
        })
        .await?;
    Ok(response::ok(body))
}
