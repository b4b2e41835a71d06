//! How a query was answered: an operation that Chroma does not have.

use std::time::Duration;

use axum::response::Response;
use huedb_engine::{Explanation, Hit, SourceKind, SourceSearch};
use schemars::JsonSchema;
use serde::Serialize;

use super::{error::ApiError, reads::QueryRequest, request::Call, response};

/// How a query was answered, and by what.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ExplainResponse")]
pub(super) struct ExplainResponse {
    /// Evaluating the filter and looking up the named records, in microseconds.
    selecting_us: u64,
    /// Reading the fields of the records that were found, in microseconds.
    loading_us: u64,
    /// One for each embedding.
    queries: Vec<ExplainedQuery>,
}

/// One embedding.
#[derive(Serialize, JsonSchema)]
struct ExplainedQuery {
    ids: Vec<String>,
    /// Null where a distance is beyond 32-bit floats.
    distances: Vec<Option<f32>>,
    /// What was searched, and how.
    searches: Vec<ExplainedSearch>,
}

/// The search of one part of the collection.
#[derive(Serialize, JsonSchema)]
struct ExplainedSearch {
    /// `memtable`, what was written last, or `segment`, a file.
    source: &'static str,
    /// Records there, those included that were deleted or replaced since.
    rows: u32,
    /// `flat` compares embeddings, `scan` codes, `cluster scan` codes of matching records near the query, `graph` follows
    /// links, `filtered graph` among matching records.
    plan: &'static str,
    /// Distances computed, from codes or from embeddings.
    compared: u64,
    /// Distances computed from whole embeddings.
    rescored: u64,
    /// Time, in microseconds.
    elapsed_us: u64,
}

pub(super) async fn explain(call: Call) -> Result<Response, ApiError> {
    let body = call
        .run(|call| {
            let request: QueryRequest = call.json()?;
            let collection = call.collection()?;
            let (query, _) = request.for_engine(&collection.descriptor(), call.dialect)?;
            let (hits, explanation) = collection.explain(&query)?;
            call.access.trail().count_records(hits.iter().map(Vec::len).sum::<usize>() as u64);
            Ok(response::to_bytes(&ExplainResponse::new(&hits, &explanation)))
        })
        .await?;
    Ok(response::ok(body))
}

impl ExplainResponse {
    fn new(hits: &[Vec<Hit>], explanation: &Explanation) -> Self {
        let queries = hits.iter().zip(&explanation.searches).map(|(hits, searches)| ExplainedQuery {
            ids: hits.iter().map(|hit| hit.record.id.clone()).collect(),
            distances: hits
                .iter()
                .map(|hit| Some(hit.distance).filter(|distance| distance.is_finite()))
                .collect(),
            searches: searches.iter().map(ExplainedSearch::new).collect(),
        });
        Self {
            selecting_us: microseconds(explanation.selecting),
            loading_us: microseconds(explanation.loading),
            queries: queries.collect(),
        }
    }
}

impl ExplainedSearch {
    fn new(search: &SourceSearch) -> Self {
        let source = match search.kind {
            SourceKind::Memtable => "memtable",
            SourceKind::Segment => "segment",
        };
        Self {
            source,
            rows: search.rows,
            plan: search.plan.name(),
            compared: search.compared,
            rescored: search.rescored,
            elapsed_us: microseconds(search.elapsed),
        }
    }
}

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
