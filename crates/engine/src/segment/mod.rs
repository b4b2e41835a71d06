//! Immutable files of records.
//!
//! A segment holds the newest version of some records, sorted by `DocId`, one section per kind of
//! content. `docs/storage-format.md` gives the sections byte by byte.

mod build;
mod checked_reads;
mod documents;
mod graph;
mod reader;
mod sections;

pub(crate) use build::{PlacedRow, build_segment};
pub(crate) use documents::DocumentCache;
pub(crate) use graph::{BuildProgress, GraphJob};
pub(crate) use reader::RecordSegment;

/// What is said of a segment whose content cannot be.
fn damaged(what: &str, name: &str) -> crate::error::Error {
    crate::error::Error::Corrupt { reason: format!("segment {what} is wrong, file=`{name}`") }
}

#[cfg(test)]
mod tests;
