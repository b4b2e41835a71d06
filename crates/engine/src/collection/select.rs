//! Which records a request means.

use std::collections::HashSet;

use huedb_index::metadata::FilterMatcher;
use huedb_types::{DocId, Filter};

use crate::error::Error;
use crate::segment::DocumentCache;
use crate::snapshot::{Location, Snapshot, SourceView};
use crate::source::RowView;

/// Records named by id, by a condition, or by both.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Selection {
    /// Only these ids; `None` for any, nothing for an empty list. Unknown and repeated ids do not count.
    pub ids: Option<Vec<String>>,
    /// Only records that meet this condition.
    pub filter: Option<Filter>,
    /// At most so many records.
    pub limit: Option<u64>,
    /// Leaves out so many records first.
    pub offset: u64,
}

/// Makes `filter` ready.
pub(super) fn matcher(filter: Option<&Filter>) -> Result<Option<FilterMatcher>, Error> {
    let matcher = filter.map(FilterMatcher::new).transpose();
    matcher.map_err(|error| Error::InvalidFilter { reason: error.to_string() })
}

/// The visible rows that `selection` means, in the order of their records' first insertion.
pub(super) fn select(snapshot: &Snapshot, selection: &Selection) -> Result<Vec<Location>, Error> {
    let matcher = matcher(selection.filter.as_ref())?;
    match &selection.ids {
        Some(ids) => {
            let mut rows = rows_with_ids(snapshot, ids, matcher.as_ref())?;
            rows.sort_by_key(|(doc_id, _)| *doc_id);
            Ok(window(rows, selection).map(|(_, location)| location).collect())
        }
        None => rows_that_match(snapshot, matcher.as_ref(), selection),
    }
}

/// The part of `rows` that limit and offset leave.
fn window<T>(rows: Vec<T>, selection: &Selection) -> impl Iterator<Item = T> {
    let offset = usize::try_from(selection.offset).unwrap_or(usize::MAX);
    let limit = selection.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    rows.into_iter().skip(offset).take(limit)
}

/// The visible rows of the records with these ids that meet the condition; unknown and repeated ids do
/// not count.
pub(super) fn rows_with_ids(
    snapshot: &Snapshot,
    ids: &[String],
    matcher: Option<&FilterMatcher>,
) -> Result<Vec<(DocId, Location)>, Error> {
    let mut cache = DocumentCache::default();
    let mut seen = HashSet::with_capacity(ids.len());
    let mut rows = Vec::with_capacity(ids.len());
    for id in ids {
        if !seen.insert(id.as_str()) {
            continue;
        }
        let Some(location) = snapshot.find(id)? else { continue };
        let mut view = RowView { source: &location.source, row: location.row, cache: &mut cache };
        if matcher.is_none_or_match(&mut view)? {
            rows.push((location.source.doc_id(location.row)?, location));
        }
    }
    Ok(rows)
}

fn rows_that_match(
    snapshot: &Snapshot,
    matcher: Option<&FilterMatcher>,
    selection: &Selection,
) -> Result<Vec<Location>, Error> {
    let sources = snapshot.sources();
    let mut rows = Vec::new();
    for (number, view) in sources.iter().enumerate() {
        let matching = matching_rows(view, snapshot, matcher)?;
        rows.extend(matching.into_iter().map(|(doc_id, row)| (doc_id, number, row)));
    }
    // Segments are sorted already, which a stable sort makes use of.
    rows.sort_by_key(|(doc_id, _, _)| *doc_id);
    let location = |(_, number, row)| {
        let view: &SourceView = &sources[number];
        Location { place: view.place.clone(), source: view.source.clone(), row }
    };
    Ok(window(rows, selection).map(location).collect())
}

/// The visible rows of one source that meet the condition.
pub(super) fn matching_rows(
    view: &SourceView,
    snapshot: &Snapshot,
    matcher: Option<&FilterMatcher>,
) -> Result<Vec<(DocId, u32)>, Error> {
    let mut cache = DocumentCache::default();
    let mut rows = Vec::new();
    for (doc_id, row) in view.visible_rows(snapshot.seq) {
        let mut record = RowView { source: &view.source, row, cache: &mut cache };
        if matcher.is_none_or_match(&mut record)? {
            rows.push((doc_id, row));
        }
    }
    Ok(rows)
}

/// An absent condition is met by every record.
trait OptionalMatcher {
    fn is_none_or_match(&self, record: &mut RowView<'_>) -> Result<bool, Error>;
}

impl OptionalMatcher for Option<&FilterMatcher> {
    fn is_none_or_match(&self, record: &mut RowView<'_>) -> Result<bool, Error> {
        self.map_or(Ok(true), |matcher| matcher.matches(record))
    }
}
