//! Reading records: by id and condition, and by distance.

use huedb_index::metadata::FilterMatcher;
use huedb_index::topk::{Neighbour, SharedBound, TopK};
use huedb_index::vector::{Flat, Kernels, Query, Scope};
use huedb_types::{Distance, DocId, Filter, Record};
use roaring::RoaringBitmap;

use super::select::{Selection, matcher, matching_rows, rows_with_ids, select};
use crate::error::Error;
use crate::memtable::Memtable;
use crate::segment::DocumentCache;
use crate::snapshot::{Location, Snapshot, SourceView};
use crate::source::{Include, Source};

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
    /// Only these records; an id that is not there is an error.
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
    let candidates = candidates(snapshot, request)?;
    let mut cache = DocumentCache::default();
    let search = |embedding: &Vec<f32>| {
        let query = Query::new(Kernels::detect(), space, embedding);
        let nearest = nearest(snapshot, &candidates, &query, request.k as usize)?;
        let hit = |near: Near| {
            let record = candidates[near.source].view.source.record(near.row, request.include, &mut cache)?;
            Ok(Hit { record, distance: near.distance })
        };
        nearest.into_iter().map(hit).collect()
    };
    request.embeddings.iter().map(search).collect()
}

fn check_dimensions(snapshot: &Snapshot, embeddings: &[Vec<f32>]) -> Result<(), Error> {
    let Some(expected) = snapshot.shape.dimension.map(|dimension| dimension as usize) else { return Ok(()) };
    match embeddings.iter().find(|embedding| embedding.len() != expected) {
        Some(embedding) => Err(Error::DimensionMismatch { expected, actual: embedding.len() }),
        None => Ok(()),
    }
}

/// The rows of one source that a query may find.
struct Candidates {
    view: SourceView,
    /// `None` for all visible rows.
    allowed: Option<RoaringBitmap>,
    /// Rows of a segment that are not visible or have no embedding.
    excluded: RoaringBitmap,
}

fn candidates(snapshot: &Snapshot, request: &QueryRequest) -> Result<Vec<Candidates>, Error> {
    let matcher = matcher(request.filter.as_ref())?;
    let named = request.ids.as_ref().map(|ids| named_rows(snapshot, ids, matcher.as_ref())).transpose()?;
    let mut candidates = Vec::new();
    for view in snapshot.sources() {
        let allowed = match (&named, &matcher) {
            (Some(rows), _) => {
                let here = rows.iter().filter(|(_, location)| location.place.is_same(&view.place));
                Some(here.map(|(_, location)| location.row).collect())
            }
            (None, Some(_)) => {
                let rows = matching_rows(&view, snapshot, matcher.as_ref())?;
                Some(rows.into_iter().map(|(_, row)| row).collect())
            }
            (None, None) => None,
        };
        let excluded = match &view.source {
            Source::Memtable(_) => RoaringBitmap::new(),
            Source::Segment(segment) => {
                view.tombstones.as_deref().unwrap_or(&RoaringBitmap::new()) | segment.missing()
            }
        };
        candidates.push(Candidates { view, allowed, excluded });
    }
    Ok(candidates)
}

/// The rows of the records with these ids that meet the condition.
fn named_rows(
    snapshot: &Snapshot,
    ids: &[String],
    matcher: Option<&FilterMatcher>,
) -> Result<Vec<(DocId, Location)>, Error> {
    for id in ids {
        if snapshot.find(id)?.is_none() {
            return Err(Error::RecordNotFound { id: id.clone() });
        }
    }
    rows_with_ids(snapshot, ids, matcher)
}

/// A row and its distance, ordered as results are: by distance, then by first insertion.
struct Near {
    distance: f32,
    doc_id: DocId,
    source: usize,
    row: u32,
}

fn nearest(
    snapshot: &Snapshot,
    candidates: &[Candidates],
    query: &Query<'_>,
    k: usize,
) -> Result<Vec<Near>, Error> {
    let bound = SharedBound::new();
    let mut found = Vec::new();
    for (number, candidate) in candidates.iter().enumerate() {
        let neighbours = candidate.nearest(snapshot, query, k, &bound)?;
        for Neighbour { distance, row } in neighbours {
            found.push(Near { distance, doc_id: candidate.view.source.doc_id(row)?, source: number, row });
        }
    }
    found.sort_unstable_by(|left, right| {
        left.distance.total_cmp(&right.distance).then(left.doc_id.cmp(&right.doc_id))
    });
    found.truncate(k);
    Ok(found)
}

impl Candidates {
    fn nearest(
        &self,
        snapshot: &Snapshot,
        query: &Query<'_>,
        k: usize,
        bound: &SharedBound,
    ) -> Result<Vec<Neighbour>, Error> {
        match &self.view.source {
            Source::Memtable(memtable) => self.nearest_in_memtable(memtable, snapshot, query, k),
            Source::Segment(segment) if segment.missing().len() == u64::from(segment.rows()) => {
                Ok(Vec::new())
            }
            Source::Segment(segment) => {
                let scope = Scope {
                    allowed: self.allowed.as_ref(),
                    excluded: Some(&self.excluded),
                    bound: Some(bound),
                    ..Scope::all(k)
                };
                segment.search(query, &scope)
            }
        }
    }

    /// Memtables are small and their rows lie apart, so each row is compared on its own.
    fn nearest_in_memtable(
        &self,
        memtable: &Memtable,
        snapshot: &Snapshot,
        query: &Query<'_>,
        k: usize,
    ) -> Result<Vec<Neighbour>, Error> {
        let mut nearest = TopK::new(k);
        for (index, row) in memtable.visible(snapshot.seq) {
            let is_allowed = self.allowed.as_ref().is_none_or(|allowed| allowed.contains(index));
            let Some(embedding) = row.embedding.as_deref().filter(|_| is_allowed) else { continue };
            let block = Flat::new(embedding.len(), embedding, Some(std::slice::from_ref(&row.inverse_norm)));
            let block = block.map_err(|error| Error::Corrupt { reason: error.to_string() })?;
            nearest.push(index, block.distance(query, 0));
        }
        Ok(nearest.into_sorted())
    }
}
