//! Writes a segment from front to back, in constant memory but for 8 bytes per block.

use super::format::{BLOCK_BYTES, Entry, Footer, Header, SECTION_ALIGNMENT, SectionId, align};
use super::{SegmentError, format};
use crate::blob::BlobWriter;
use crate::checksum::{Hasher, xxh3_64};

/// Writes one segment; nothing of it exists before [`SegmentWriter::finish`].
pub struct SegmentWriter<'a> {
    writer: Box<dyn BlobWriter + 'a>,
    header: Header,
    /// Bytes written so far.
    offset: u64,
    entries: Vec<Entry>,
    /// Block checksums of all sections in their order.
    checksums: Vec<u64>,
    open: Option<OpenSection>,
}

struct OpenSection {
    id: SectionId,
    offset: u64,
    block: Hasher,
    block_bytes: usize,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentSummary {
    /// Length of the file.
    pub bytes: u64,
    /// The footer's checksum. It covers all other checksums, so it tells this segment from any other;
    /// [`SegmentReader::checksum`](super::SegmentReader::checksum) gives it back.
    pub checksum: u64,
    /// The sections in the order of writing.
    pub sections: Vec<SectionSummary>,
}

/// Place of one section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SectionSummary {
    /// Number of the section.
    pub id: SectionId,
    /// Offset of its first byte in the file, a multiple of [`SECTION_ALIGNMENT`].
    pub offset: u64,
    /// Its length without padding.
    pub bytes: u64,
}

impl<'a> SegmentWriter<'a> {
    /// Starts a segment in an empty blob. `kind` tells readers what the section numbers mean.
    ///
    /// # Errors
    /// [`SegmentError::Write`].
    pub fn new(writer: Box<dyn BlobWriter + 'a>, kind: u16) -> Result<Self, SegmentError> {
        let (bytes, header) = Header::encode(kind);
        let (entries, checksums) = (Vec::new(), Vec::new());
        let mut segment = Self { writer, header, offset: 0, entries, checksums, open: None };
        segment.put(&bytes)?;
        Ok(segment)
    }

    /// Begins section `id`; its bytes start at a multiple of [`SECTION_ALIGNMENT`].
    ///
    /// # Errors
    /// [`SegmentError::DuplicateSection`], [`SegmentError::OutOfOrder`] inside another section,
    /// [`SegmentError::Write`].
    pub fn begin(&mut self, id: SectionId) -> Result<(), SegmentError> {
        if self.open.is_some() {
            return Err(SegmentError::OutOfOrder { call: "begin", reason: "a section is open" });
        }
        if self.entries.iter().any(|entry| entry.id == id) {
            return Err(SegmentError::DuplicateSection { section: id });
        }
        self.pad()?;
        self.open = Some(OpenSection { id, offset: self.offset, block: Hasher::new(), block_bytes: 0 });
        Ok(())
    }

    /// Adds bytes to the section that is open.
    ///
    /// # Errors
    /// [`SegmentError::OutOfOrder`] outside of a section, [`SegmentError::Write`].
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), SegmentError> {
        let Some(open) = &mut self.open else {
            return Err(SegmentError::OutOfOrder { call: "write", reason: "no section is open" });
        };
        let mut rest = bytes;
        while !rest.is_empty() {
            let (now, later) = rest.split_at((BLOCK_BYTES - open.block_bytes).min(rest.len()));
            open.block.update(now);
            open.block_bytes += now.len();
            if open.block_bytes == BLOCK_BYTES {
                self.checksums.push(open.block.digest());
                open.block = Hasher::new();
                open.block_bytes = 0;
            }
            rest = later;
        }
        self.put(bytes)
    }

    /// Ends the section that is open.
    ///
    /// # Errors
    /// [`SegmentError::OutOfOrder`] outside of a section.
    pub fn end(&mut self) -> Result<(), SegmentError> {
        let Some(open) = self.open.take() else {
            return Err(SegmentError::OutOfOrder { call: "end", reason: "no section is open" });
        };
        if open.block_bytes > 0 {
            self.checksums.push(open.block.digest());
        }
        self.entries.push(Entry { id: open.id, offset: open.offset, bytes: self.offset - open.offset });
        Ok(())
    }

    /// Writes a whole section.
    ///
    /// # Errors
    /// As [`SegmentWriter::begin`] and [`SegmentWriter::write`].
    pub fn section(&mut self, id: SectionId, bytes: &[u8]) -> Result<(), SegmentError> {
        self.begin(id)?;
        self.write(bytes)?;
        self.end()
    }

    /// Writes the directory and the footer and finishes the blob: when this returns `Ok`, the segment
    /// survives a power loss.
    ///
    /// # Errors
    /// [`SegmentError::OutOfOrder`] inside a section, [`SegmentError::Write`].
    pub fn finish(mut self) -> Result<SegmentSummary, SegmentError> {
        if self.open.is_some() {
            return Err(SegmentError::OutOfOrder { call: "finish", reason: "a section is open" });
        }
        self.pad()?;
        let mut directory = Vec::new();
        for entry in &self.entries {
            directory.extend_from_slice(&entry.encode());
        }
        for checksum in &self.checksums {
            directory.extend_from_slice(&checksum.to_le_bytes());
        }
        let mut footer = Footer {
            directory_offset: self.offset,
            directory_bytes: directory.len() as u64,
            directory_checksum: xxh3_64(&directory),
            header_checksum: self.header.checksum,
            file_bytes: self.offset + (directory.len() + format::FOOTER_BYTES) as u64,
            sections: self.entries.len() as u32,
            checksum: 0,
        };
        self.put(&directory)?;
        self.put(&footer.encode())?;
        self.writer.finish()?;
        let sections =
            self.entries.iter().map(|&Entry { id, offset, bytes }| SectionSummary { id, offset, bytes });
        Ok(SegmentSummary {
            bytes: footer.file_bytes,
            checksum: footer.checksum,
            sections: sections.collect(),
        })
    }

    fn pad(&mut self) -> Result<(), SegmentError> {
        const ZEROS: [u8; SECTION_ALIGNMENT] = [0; SECTION_ALIGNMENT];
        let padded = align(self.offset).unwrap_or(self.offset);
        self.put(&ZEROS[..(padded - self.offset) as usize])
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), SegmentError> {
        self.writer.write(bytes)?;
        self.offset += bytes.len() as u64;
        Ok(())
    }
}
