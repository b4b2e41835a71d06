//! Reading records: by id and condition, and by distance.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use huedb_index::metadata::FilterMatcher;
use huedb_index::topk::{Neighbour, SharedBound, TopK};
use huedb_index::vector::{Flat, Found, Kernels, Query, Scope};
use huedb_types::{Distance, DocId, Filter, Record};
use roaring::RoaringBitmap;

use super::explain::{Explanation, SourceKind, SourceSearch};
use super::select::{Selection, matcher, matching_rows, rows_with_ids, select};
use crate::error::Error;
use crate::memtable::Memtable;
use crate::phase::{self, Phase};
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
    let filtering = phase::begin(Phase::Filter);
    let rows = select(snapshot, &request.selection)?;
    filtering.end(snapshot.live, rows.len() as u64);
    let fetching = phase::begin(Phase::Fetch);
    let record = |location: &Location| location.source.record(location.row, request.include, &mut cache);
    let records = rows.iter().map(record).collect::<Result<Vec<_>, _>>()?;
    fetching.end(rows.len() as u64, records.len() as u64);
    Ok(records)
}

pub(super) fn query(
    snapshot: &Snapshot,
    (space, ef_search): (Distance, u32),
    request: &QueryRequest,
    mut explanation: Option<&mut Explanation>,
) -> Result<Vec<Vec<Hit>>, Error> {
    check_dimensions(snapshot, &request.embeddings)?;
    let start = explanation.is_some().then(Instant::now);
    let filtering = phase::begin(Phase::Filter);
    let sources = snapshot.sources();
    let candidates = candidates(snapshot, &sources, request)?;
    if request.filter.is_some() || request.ids.is_some() {
        let allowed = candidates.iter().filter_map(|candidates| candidates.allowed.as_ref());
        filtering.end(snapshot.live, allowed.map(RoaringBitmap::len).sum());
    }
    if let Some((explanation, start)) = explanation.as_mut().zip(start) {
        explanation.selecting = start.elapsed();
    }
    let mut cache = DocumentCache::default();
    let mut answers = Vec::with_capacity(request.embeddings.len());
    for embedding in &request.embeddings {
        let query = Query::new(Kernels::detect(), space, embedding);
        let mut searches = Vec::new();
        let wanted = (request.k as usize, ef_search);
        let nearest =
            nearest(snapshot, &candidates, &query, wanted, explanation.is_some().then_some(&mut searches))?;
        let start = explanation.is_some().then(Instant::now);
        let fetching = phase::begin(Phase::Fetch);
        prefetch_ids(&candidates, &nearest);
        // At once as long as it gets, which collecting results would not know.
        let mut hits = Vec::with_capacity(nearest.len());
        for Near { distance, source, row } in nearest {
            let record = candidates[source].view.source.record(row, request.include, &mut cache)?;
            hits.push(Hit { record, distance });
        }
        fetching.end(hits.len() as u64, hits.len() as u64);
        answers.push(hits);
        if let Some((explanation, start)) = explanation.as_mut().zip(start) {
            explanation.searches.push(searches);
            explanation.loading += start.elapsed();
        }
    }
    Ok(answers)
}

fn check_dimensions(snapshot: &Snapshot, embeddings: &[Vec<f32>]) -> Result<(), Error> {
    let Some(expected) = snapshot.shape.dimension.map(|dimension| dimension as usize) else { return Ok(()) };
    match embeddings.iter().find(|embedding| embedding.len() != expected) {
        Some(embedding) => Err(Error::DimensionMismatch { expected, actual: embedding.len() }),
        None => Ok(()),
    }
}

/// The rows of one source that a query may find.
struct Candidates<'s> {
    view: &'s SourceView,
    /// `None` for all visible rows.
    allowed: Option<RoaringBitmap>,
    /// Rows of a segment that are not visible or have no embedding, if there are any.
    excluded: Option<Cow<'s, RoaringBitmap>>,
}

fn candidates<'s>(
    snapshot: &Snapshot,
    sources: &'s [SourceView],
    request: &QueryRequest,
) -> Result<Vec<Candidates<'s>>, Error> {
    let matcher = matcher(request.filter.as_ref())?;
    let named = request.ids.as_ref().map(|ids| named_rows(snapshot, ids, matcher.as_ref())).transpose()?;
    let mut candidates = Vec::with_capacity(sources.len());
    for view in sources {
        let allowed = match (&named, &matcher) {
            (Some(rows), _) => {
                let here = rows.iter().filter(|(_, location)| location.place.is_same(&view.place));
                Some(here.map(|(_, location)| location.row).collect())
            }
            (None, Some(_)) => {
                let rows = matching_rows(view, snapshot, matcher.as_ref())?;
                Some(rows.into_iter().map(|(_, row)| row).collect())
            }
            (None, None) => None,
        };
        let excluded = excluded(view);
        candidates.push(Candidates { view, allowed, excluded });
    }
    Ok(candidates)
}

/// Hardly any query meets both kinds of such rows, so that bitmaps are seldom made for one.
fn excluded(view: &SourceView) -> Option<Cow<'_, RoaringBitmap>> {
    let Source::Segment(segment) = &view.source else { return None };
    let (missing, tombstones) = (segment.missing(), view.tombstones.as_deref());
    match tombstones.filter(|tombstones| !tombstones.is_empty()) {
        None => (!missing.is_empty()).then_some(Cow::Borrowed(missing)),
        Some(tombstones) if missing.is_empty() => Some(Cow::Borrowed(tombstones)),
        Some(tombstones) => Some(Cow::Owned(tombstones | missing)),
    }
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

/// Places for found rows that are made before any is.
const FOUND_AT_FIRST: usize = 64;

/// A row and its distance.
struct Near {
    distance: f32,
    source: usize,
    row: u32,
}

fn nearest(
    snapshot: &Snapshot,
    candidates: &[Candidates<'_>],
    query: &Query<'_>,
    (k, ef_search): (usize, u32),
    mut searches: Option<&mut Vec<SourceSearch>>,
) -> Result<Vec<Near>, Error> {
    let bound = SharedBound::new();
    let mut found = Vec::with_capacity(k.min(FOUND_AT_FIRST));
    for (number, candidate) in candidates.iter().enumerate() {
        let start = searches.is_some().then(Instant::now);
        let searching = phase::begin(candidate.phase());
        let in_source = candidate.nearest(snapshot, query, (k, ef_search), &bound)?;
        searching.end(candidate.rows(), in_source.neighbours.len() as u64);
        if let (Some(searches), Some(start)) = (&mut searches, start) {
            searches.push(candidate.report(&in_source, start.elapsed()));
        }
        for Neighbour { distance, row } in in_source.neighbours {
            found.push(Near { distance, source: number, row });
        }
    }
    // By distance, then by first insertion, which lies far from anything else that a search reads.
    let doc_id = |near: &Near| candidates[near.source].view.source.doc_id(near.row).ok();
    found.sort_unstable_by(|left, right| {
        left.distance.total_cmp(&right.distance).then_with(|| doc_id(left).cmp(&doc_id(right)))
    });
    found.truncate(k);
    Ok(found)
}

fn prefetch_ids(candidates: &[Candidates<'_>], nearest: &[Near]) {
    for (number, candidate) in candidates.iter().enumerate() {
        if let Source::Segment(segment) = &candidate.view.source {
            segment.prefetch_ids(nearest.iter().filter(|near| near.source == number).map(|near| near.row));
        }
    }
}

impl Candidates<'_> {
    fn phase(&self) -> Phase {
        match &self.view.source {
            Source::Memtable(_) => Phase::SearchMemtable,
            Source::Segment(_) => Phase::SearchSegment,
        }
    }

    /// Rows that may be looked at, visible or not.
    fn rows(&self) -> u64 {
        match (&self.allowed, &self.view.source) {
            (Some(allowed), _) => allowed.len(),
            (None, Source::Memtable(memtable)) => u64::from(memtable.rows()),
            (None, Source::Segment(segment)) => u64::from(segment.rows()),
        }
    }

    fn nearest(
        &self,
        snapshot: &Snapshot,
        query: &Query<'_>,
        (k, ef_search): (usize, u32),
        bound: &SharedBound,
    ) -> Result<Found, Error> {
        match &self.view.source {
            Source::Memtable(memtable) => self.nearest_in_memtable(memtable, snapshot, query, k),
            Source::Segment(segment) if segment.missing().len() == u64::from(segment.rows()) => {
                Ok(Found::default())
            }
            Source::Segment(segment) => {
                let scope = Scope {
                    allowed: self.allowed.as_ref(),
                    excluded: self.excluded.as_deref(),
                    bound: Some(bound),
                    ..Scope::all(k)
                };
                segment.search(query, &scope, ef_search)
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
    ) -> Result<Found, Error> {
        let mut nearest = TopK::new(k);
        let mut compared = 0;
        for (index, row) in memtable.visible(snapshot.seq) {
            let is_allowed = self.allowed.as_ref().is_none_or(|allowed| allowed.contains(index));
            let Some(embedding) = row.embedding.as_deref().filter(|_| is_allowed) else { continue };
            let block = Flat::new(embedding.len(), embedding, Some(std::slice::from_ref(&row.inverse_norm)));
            let block = block.map_err(|error| Error::Corrupt { reason: error.to_string() })?;
            nearest.push(index, block.distance(query, 0));
            compared += 1;
        }
        let neighbours = nearest.into_sorted();
        Ok(Found { neighbours, scanned_rows: compared, rescored_rows: compared, ..Found::default() })
    }

    fn report(&self, found: &Found, elapsed: Duration) -> SourceSearch {
        let (kind, rows) = match &self.view.source {
            Source::Memtable(memtable) => (SourceKind::Memtable, memtable.rows()),
            Source::Segment(segment) => (SourceKind::Segment, segment.rows()),
        };
        SourceSearch {
            kind,
            rows,
            plan: found.plan,
            compared: found.scanned_rows,
            rescored: found.rescored_rows,
            elapsed,
        }
    }
}
