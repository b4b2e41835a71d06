//! Conditions on records, evaluated one record at a time.
//!
//! A [`FilterMatcher`] is a [`Filter`](huedb_types::Filter) made ready: regular expressions are
//! compiled and long `$in` lists hashed once per query. Records come as a [`RecordView`], which reads
//! one key or the document where it lies.

mod matcher;
mod value;

pub use matcher::{FilterError, FilterMatcher, RecordView};
pub use value::Value;

#[cfg(test)]
mod tests;
