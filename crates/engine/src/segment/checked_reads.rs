//! Reading full vectors where they lie: what a search is about to read is verified and asked for ahead.

use std::ops::Range;
use std::sync::OnceLock;

use huedb_index::vector::Reads;
use huedb_storage::segment::{SectionId, SegmentError, SegmentReader};

/// Reads of the embeddings by one search.
#[derive(Debug)]
pub(super) struct CheckedReads<'a> {
    reader: &'a SegmentReader,
    /// Which holds them.
    section: SectionId,
    /// Of one row.
    row_bytes: usize,
    damage: OnceLock<SegmentError>,
}

impl<'a> CheckedReads<'a> {
    pub(super) fn new(reader: &'a SegmentReader, section: SectionId, row_bytes: usize) -> Self {
        Self { reader, section, row_bytes, damage: OnceLock::new() }
    }

    /// The result of the search, unless something that it read is damaged.
    pub(super) fn check<T>(self, found: T) -> Result<T, SegmentError> {
        match self.damage.into_inner() {
            Some(damage) => Err(damage),
            None => Ok(found),
        }
    }

    fn bytes_of(&self, rows: &Range<u32>) -> Range<usize> {
        rows.start as usize * self.row_bytes..rows.end as usize * self.row_bytes
    }
}

impl Reads for CheckedReads<'_> {
    fn now(&self, rows: Range<u32>) {
        if let Err(damage) = self.reader.verify_range(self.section, self.bytes_of(&rows)) {
            // The first tells as much as all of them.
            let _ = self.damage.set(damage);
        }
    }

    fn soon(&self, rows: &mut dyn Iterator<Item = u32>) {
        self.reader.fetch(self.section, &mut rows.map(|row| self.bytes_of(&(row..row + 1))));
    }
}
