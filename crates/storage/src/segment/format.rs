//! The bytes of a segment, version 1; `docs/storage-format.md` explains them.

use std::fmt;

use crate::checksum::xxh3_64;

/// The version that is written, and the only one that is read.
pub const VERSION: u32 = 1;

/// Alignment of every section's first byte in the file, in bytes.
pub const SECTION_ALIGNMENT: usize = 64;

/// Bytes under one checksum; a section's last block may be shorter.
pub const BLOCK_BYTES: usize = 64 << 10;

pub(super) const MAGIC: [u8; 8] = *b"HUEDBSEG";
pub(super) const HEADER_BYTES: usize = 64;
pub(super) const FOOTER_BYTES: usize = 64;
pub(super) const ENTRY_BYTES: usize = 24;
pub(super) const CHECKSUM_BYTES: usize = 8;

const HEADER_CHECKSUM_AT: usize = 56;
const FOOTER_CHECKSUM_AT: usize = 48;
const FOOTER_MAGIC_AT: usize = 56;

/// Number of a section; what it holds is the business of the segment's kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SectionId(pub u16);

impl fmt::Display for SectionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)
    }
}

/// What the first bytes of a file say.
pub(super) enum HeaderError {
    NotASegment,
    Damaged,
    UnsupportedVersion(u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) kind: u16,
    pub(super) checksum: u64,
}

impl Header {
    pub(super) fn encode(kind: u16) -> ([u8; HEADER_BYTES], Self) {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..14].copy_from_slice(&kind.to_le_bytes());
        let checksum = xxh3_64(&bytes[..HEADER_CHECKSUM_AT]);
        bytes[HEADER_CHECKSUM_AT..].copy_from_slice(&checksum.to_le_bytes());
        (bytes, Self { kind, checksum })
    }

    /// The checksum comes before the version: it is the same in all versions, so that a damaged
    /// version is not taken for a new one.
    pub(super) fn decode(bytes: &[u8; HEADER_BYTES]) -> Result<Self, HeaderError> {
        if bytes[..8] != MAGIC {
            return Err(HeaderError::NotASegment);
        }
        let checksum = u64_at(bytes, HEADER_CHECKSUM_AT);
        if checksum != xxh3_64(&bytes[..HEADER_CHECKSUM_AT]) {
            return Err(HeaderError::Damaged);
        }
        let version = u32_at(bytes, 8);
        if version != VERSION {
            return Err(HeaderError::UnsupportedVersion(version));
        }
        Ok(Self { kind: u16_at(bytes, 12), checksum })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Footer {
    pub(super) directory_offset: u64,
    pub(super) directory_bytes: u64,
    pub(super) directory_checksum: u64,
    pub(super) header_checksum: u64,
    pub(super) file_bytes: u64,
    pub(super) sections: u32,
    /// Checksum of the fields above, and so of everything in the file but padding.
    pub(super) checksum: u64,
}

impl Footer {
    pub(super) fn encode(&mut self) -> [u8; FOOTER_BYTES] {
        let mut bytes = [0; FOOTER_BYTES];
        bytes[..8].copy_from_slice(&self.directory_offset.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.directory_bytes.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.directory_checksum.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.header_checksum.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.file_bytes.to_le_bytes());
        bytes[40..44].copy_from_slice(&self.sections.to_le_bytes());
        self.checksum = xxh3_64(&bytes[..FOOTER_CHECKSUM_AT]);
        bytes[FOOTER_CHECKSUM_AT..FOOTER_MAGIC_AT].copy_from_slice(&self.checksum.to_le_bytes());
        bytes[FOOTER_MAGIC_AT..].copy_from_slice(&MAGIC);
        bytes
    }

    /// Whether `bytes` end as a segment does.
    pub(super) fn has_magic(bytes: &[u8; FOOTER_BYTES]) -> bool {
        bytes[FOOTER_MAGIC_AT..] == MAGIC
    }

    /// `None` if the checksum is wrong.
    pub(super) fn decode(bytes: &[u8; FOOTER_BYTES]) -> Option<Self> {
        let checksum = u64_at(bytes, FOOTER_CHECKSUM_AT);
        (checksum == xxh3_64(&bytes[..FOOTER_CHECKSUM_AT])).then(|| Self {
            directory_offset: u64_at(bytes, 0),
            directory_bytes: u64_at(bytes, 8),
            directory_checksum: u64_at(bytes, 16),
            header_checksum: u64_at(bytes, 24),
            file_bytes: u64_at(bytes, 32),
            sections: u32_at(bytes, 40),
            checksum,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) id: SectionId,
    pub(super) offset: u64,
    pub(super) bytes: u64,
}

impl Entry {
    pub(super) fn encode(self) -> [u8; ENTRY_BYTES] {
        let mut bytes = [0; ENTRY_BYTES];
        bytes[..2].copy_from_slice(&self.id.0.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.offset.to_le_bytes());
        bytes[16..].copy_from_slice(&self.bytes.to_le_bytes());
        bytes
    }

    pub(super) fn decode(bytes: &[u8; ENTRY_BYTES]) -> Self {
        Self { id: SectionId(u16_at(bytes, 0)), offset: u64_at(bytes, 8), bytes: u64_at(bytes, 16) }
    }
}

/// Count of checksums of a section of `bytes` bytes.
pub(super) fn blocks_of(bytes: u64) -> u64 {
    bytes.div_ceil(BLOCK_BYTES as u64)
}

/// The first aligned offset at or after `offset`; `None` past the last `u64`.
pub(super) fn align(offset: u64) -> Option<u64> {
    offset.checked_next_multiple_of(SECTION_ALIGNMENT as u64)
}

fn u16_at<const N: usize>(bytes: &[u8; N], at: usize) -> u16 {
    u16::from_le_bytes(std::array::from_fn(|index| bytes[at + index]))
}

fn u32_at<const N: usize>(bytes: &[u8; N], at: usize) -> u32 {
    u32::from_le_bytes(std::array::from_fn(|index| bytes[at + index]))
}

fn u64_at<const N: usize>(bytes: &[u8; N], at: usize) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|index| bytes[at + index]))
}
