//! The segment container: numbered sections in one immutable file.
//!
//! A segment is a blob with a header, sections, a directory with a checksum for every block of every
//! section, and a footer. The container knows nothing of what the sections hold. Opening one reads the
//! header, the directory and the footer; the sections stay untouched until they are used or verified.
//! `docs/storage-format.md` gives the bytes.

mod error;
mod format;
mod reader;
mod writer;

pub use error::{SegmentError, SegmentPart};
pub use format::{BLOCK_BYTES, SECTION_ALIGNMENT, SectionId, VERSION};
pub use reader::SegmentReader;
pub use writer::{SectionSummary, SegmentSummary, SegmentWriter};
