//! A collection at one moment.
//!
//! A reader takes one reference to a [`Snapshot`] and needs nothing else: rows that are written,
//! superseded, flushed or compacted later do not change what it sees.

use std::sync::Arc;

use huedb_types::{DocId, SeqNo};
use roaring::RoaringBitmap;

use crate::error::Error;
use crate::memtable::Memtable;
use crate::segment::RecordSegment;
use crate::shape::Shape;
use crate::source::Source;

/// A segment and which of its rows are superseded or deleted.
#[derive(Debug, Clone)]
pub(crate) struct SegmentView {
    pub(crate) segment: Arc<RecordSegment>,
    pub(crate) tombstones: Arc<RoaringBitmap>,
}

impl SegmentView {
    pub(crate) fn live_rows(&self) -> u64 {
        u64::from(self.segment.rows()) - self.tombstones.len()
    }
}

/// The state of a collection after the write `seq`.
///
/// Every record has exactly one visible row in all of the sources together.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    pub(crate) seq: SeqNo,
    /// Takes the next writes.
    pub(crate) active: Arc<Memtable>,
    /// Full memtables that wait to be flushed, oldest first.
    pub(crate) frozen: Vec<FrozenMemtable>,
    pub(crate) segments: Vec<SegmentView>,
    /// Records.
    pub(crate) live: u64,
    pub(crate) shape: Arc<Shape>,
}

/// A memtable that takes no more rows.
#[derive(Debug, Clone)]
pub(crate) struct FrozenMemtable {
    pub(crate) memtable: Arc<Memtable>,
    /// The last write that it holds rows of.
    pub(crate) last_seq: SeqNo,
}

/// The visible row of a record.
#[derive(Debug, Clone)]
pub(crate) struct Location {
    pub(crate) place: Place,
    pub(crate) source: Source,
    pub(crate) row: u32,
}

/// Which of a snapshot's sources a row is in.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    Memtable(Arc<Memtable>),
    /// Index into `segments`.
    Segment(usize),
}

impl Place {
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Memtable(left), Self::Memtable(right)) => Arc::ptr_eq(left, right),
            (Self::Segment(left), Self::Segment(right)) => left == right,
            _ => false,
        }
    }
}

impl Snapshot {
    pub(crate) fn memtables(&self) -> impl Iterator<Item = &Arc<Memtable>> {
        std::iter::once(&self.active).chain(self.frozen.iter().rev().map(|frozen| &frozen.memtable))
    }

    /// The visible row of the record `id`; memtables first, since recent records are asked for most.
    pub(crate) fn find(&self, id: &str) -> Result<Option<Location>, Error> {
        for memtable in self.memtables() {
            if let Some(row) = memtable.find(id, self.seq) {
                let source = Source::Memtable(Arc::clone(memtable));
                let place = Place::Memtable(Arc::clone(memtable));
                return Ok(Some(Location { place, source, row }));
            }
        }
        for (index, view) in self.segments.iter().enumerate().rev() {
            if let Some(row) = view.segment.find(id)?
                && !view.tombstones.contains(row)
            {
                let source = Source::Segment(Arc::clone(&view.segment));
                return Ok(Some(Location { place: Place::Segment(index), source, row }));
            }
        }
        Ok(None)
    }

    /// All sources.
    pub(crate) fn sources(&self) -> Vec<SourceView> {
        let memtables = self.memtables().map(|memtable| SourceView {
            source: Source::Memtable(Arc::clone(memtable)),
            tombstones: None,
            place: Place::Memtable(Arc::clone(memtable)),
        });
        let segments = self.segments.iter().enumerate().map(|(index, view)| SourceView {
            source: Source::Segment(Arc::clone(&view.segment)),
            tombstones: Some(Arc::clone(&view.tombstones)),
            place: Place::Segment(index),
        });
        memtables.chain(segments).collect()
    }
}

/// A source as a snapshot sees it.
#[derive(Debug, Clone)]
pub(crate) struct SourceView {
    pub(crate) source: Source,
    pub(crate) tombstones: Option<Arc<RoaringBitmap>>,
    pub(crate) place: Place,
}

impl SourceView {
    /// The rows visible at `seq`, ascending.
    pub(crate) fn visible_rows(&self, seq: SeqNo) -> Vec<(DocId, u32)> {
        match &self.source {
            Source::Memtable(memtable) => {
                memtable.visible(seq).map(|(index, row)| (row.doc_id, index)).collect()
            }
            Source::Segment(segment) => {
                let rows = segment.doc_ids().iter().zip(0..);
                let is_live =
                    |row| !self.tombstones.as_ref().is_some_and(|tombstones| tombstones.contains(row));
                rows.filter(|(_, row)| is_live(*row)).map(|(doc_id, row)| (DocId(*doc_id), row)).collect()
            }
        }
    }
}
