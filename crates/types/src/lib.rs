//! The domain's words and limits.
//!
//! Values of these types are right by construction: the HTTP edge parses requests into them, and
//! nothing below the edge checks them again. The crate knows no wire format, file or runtime.

pub mod collection;
pub mod distance;
pub mod durations;
pub mod filter;
pub mod id;
pub mod limits;
pub mod metadata;
pub mod precision;
pub mod record;

pub use collection::HnswConfiguration;
pub use distance::Distance;
pub use durations::{DurationCounts, Durations};
pub use filter::{DocumentPredicate, Filter, Number, Predicate, Scalar};
pub use id::{CollectionId, DocId, SeqNo};
pub use metadata::{Metadata, MetadataPatch, MetadataValue, SparseVector};
pub use precision::Precision;
pub use record::{Patch, Record, RecordPatch};
