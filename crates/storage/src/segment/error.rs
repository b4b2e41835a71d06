//! What can go wrong with a segment.

use std::fmt;

use super::SectionId;
use crate::blob::BlobError;

/// Failure of a [`SegmentWriter`](super::SegmentWriter) or [`SegmentReader`](super::SegmentReader).
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SegmentError {
    /// The blob below could not be written.
    #[error("cannot write segment")]
    Write(#[from] BlobError),
    /// The file does not start as a segment does.
    #[error("not a segment, file=`{name}`, offset=0")]
    NotASegment {
        /// Name of the file.
        name: String,
    },
    /// The file was written by a newer release, or one that is too old.
    #[error("unsupported segment version, file=`{name}`, version={version}, supported={supported}")]
    UnsupportedVersion {
        /// Name of the file.
        name: String,
        /// The version it says.
        version: u32,
        /// The version this release reads.
        supported: u32,
    },
    /// The file ends before its footer.
    #[error("segment is cut off, file=`{name}`, offset={bytes}")]
    Truncated {
        /// Name of the file.
        name: String,
        /// Its length.
        bytes: u64,
    },
    /// The bytes that describe the file contradict their checksum or each other.
    #[error("segment {part} is damaged, file=`{name}`, offset={offset}")]
    Damaged {
        /// Name of the file.
        name: String,
        /// Which part of it.
        part: SegmentPart,
        /// Where that part or field starts.
        offset: u64,
    },
    /// A block of a section is not what was written.
    #[error(
        "segment section is damaged, file=`{name}`, section={section}, offset={offset}, bytes={bytes}, \
         checksum_expected={expected:016x}, checksum_found={found:016x}"
    )]
    Checksum {
        /// Name of the file.
        name: String,
        /// The damaged section.
        section: SectionId,
        /// Where the damaged block starts in the file.
        offset: u64,
        /// Length of the damaged block.
        bytes: u64,
        /// The checksum in the directory.
        expected: u64,
        /// The checksum of the bytes.
        found: u64,
    },
    /// There is no such section.
    #[error("segment has no such section, file=`{name}`, section={section}")]
    MissingSection {
        /// Name of the file.
        name: String,
        /// The section asked for.
        section: SectionId,
    },
    /// The writer was asked to begin a section twice.
    #[error("section was begun before, section={section}")]
    DuplicateSection {
        /// The section begun again.
        section: SectionId,
    },
    /// The writer's calls came out of order: a section inside a section, or bytes outside of any.
    #[error("cannot {call} here: {reason}")]
    OutOfOrder {
        /// The refused call.
        call: &'static str,
        /// Why it was refused.
        reason: &'static str,
    },
}

/// The parts of a segment that describe the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SegmentPart {
    /// The first 64 bytes.
    Header,
    /// The table of sections and the checksums of their blocks.
    Directory,
    /// The last 64 bytes.
    Footer,
    /// The zeros between sections.
    Padding,
}

impl fmt::Display for SegmentPart {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Header => "header",
            Self::Directory => "directory",
            Self::Footer => "footer",
            Self::Padding => "padding",
        })
    }
}

impl SegmentError {
    /// Whether stored bytes are not what was written, so that a person must look.
    pub fn is_corruption(&self) -> bool {
        matches!(
            self,
            Self::NotASegment { .. } | Self::Truncated { .. } | Self::Damaged { .. } | Self::Checksum { .. }
        )
    }

    /// Whether the file may be sound but this release cannot read it.
    pub fn is_unsupported(&self) -> bool {
        matches!(self, Self::UnsupportedVersion { .. })
    }

    /// Whether the device is full or a quota is used up.
    pub fn is_out_of_space(&self) -> bool {
        crate::kv::is_out_of_space(self)
    }
}
