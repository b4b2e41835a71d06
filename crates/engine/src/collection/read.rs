//! Reading records: by id and condition, and by distance.

use huedb_types::{Distance, Filter, Record};

use super::select::{Selection, select};
use crate::error::Error;
use crate::segment::DocumentCache;
use crate::snapshot::Snapshot;
use crate::source::Include;

/// Records to read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GetRequest {
    /// Which records.
    pub selection: Selection,
    /// Which of their fields; the others come back empty.
    pub include: Include,
}

/// Embeddings to find the neighbours of.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QueryRequest {
    /// One search each.
    pub embeddings: Vec<Vec<f32>>,
    /// Neighbours per search, at most.
    pub k: u32,
    /// Only these records; unknown ids do not count.
    pub ids: Option<Vec<String>>,
    /// Only records that meet this condition.
    pub filter: Option<Filter>,
    /// Which fields of the records to read; the others come back empty.
    pub include: Include,
}

/// A record and how far it is from the query.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The record.
    pub record: Record,
    /// Its distance, computed from the full embeddings.
    pub distance: f32,
}

pub(super) fn get(snapshot: &Snapshot, request: &GetRequest) -> Result<Vec<Record>, Error> {
    let mut cache = DocumentCache::default();
    let rows = select(snapshot, &request.selection)?;
    rows.iter().map(|location| location.source.record(location.row, request.include, &mut cache)).collect()
}

pub(super) fn query(
    snapshot: &Snapshot,
    space: Distance,
    request: &QueryRequest,
) -> Result<Vec<Vec<Hit>>, Error> {
    check_dimensions(snapshot, &request.embeddings)?;
    let selection =
        Selection { ids: request.ids.clone(), filter: request.filter.clone(), ..Selection::default() };
    let rows = select(snapshot, &selection)?;
    let mut cache = DocumentCache::default();
    let mut results = Vec::new();
    for query in &request.embeddings {
        let mut hits = Vec::new();
        for location in &rows {
            if let Some(embedding) = location.source.embedding(location.row)? {
                hits.push((distance(space, query, embedding), location));
            }
        }
        hits.sort_by(|left, right| left.0.total_cmp(&right.0));
        hits.truncate(request.k as usize);
        let hit = |(distance, location): (f32, &crate::snapshot::Location)| {
            Ok(Hit { record: location.source.record(location.row, request.include, &mut cache)?, distance })
        };
        results.push(hits.into_iter().map(hit).collect::<Result<Vec<_>, Error>>()?);
    }
    Ok(results)
}

fn check_dimensions(snapshot: &Snapshot, embeddings: &[Vec<f32>]) -> Result<(), Error> {
    let Some(expected) = snapshot.dimension.map(|dimension| dimension as usize) else { return Ok(()) };
    match embeddings.iter().find(|embedding| embedding.len() != expected) {
        Some(embedding) => Err(Error::DimensionMismatch { expected, actual: embedding.len() }),
        None => Ok(()),
    }
}

fn distance(space: Distance, x: &[f32], y: &[f32]) -> f32 {
    let dot = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f32>();
    match space {
        Distance::L2 => x.iter().zip(y).map(|(x, y)| (x - y) * (x - y)).sum(),
        Distance::Ip => 1.0 - dot(x, y),
        Distance::Cosine => {
            let norms = (dot(x, x) * dot(y, y)).sqrt();
            if norms > 0.0 { (1.0 - dot(x, y) / norms).max(0.0) } else { 1.0 }
        }
    }
}
