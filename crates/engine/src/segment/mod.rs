//! Immutable files of records.
//!
//! A segment holds the newest version of some records, sorted by `DocId`, one section per kind of
//! content. `docs/storage-format.md` gives the sections byte by byte.

mod build;
mod documents;
mod reader;
mod sections;

pub(crate) use build::{PlacedRow, build_segment};
pub(crate) use documents::DocumentCache;
pub(crate) use reader::RecordSegment;

#[cfg(test)]
mod tests;
