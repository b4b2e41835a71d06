//! Opens and verifies a segment. No bytes, however damaged, make it panic.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use super::format::{
    BLOCK_BYTES, CHECKSUM_BYTES, ENTRY_BYTES, Entry, FOOTER_BYTES, Footer, HEADER_BYTES, Header, HeaderError,
    SectionId, VERSION, align, blocks_of,
};
use super::{SegmentError, SegmentPart};
use crate::blob::{Access, Blob};
use crate::checksum::xxh3_64;

/// An open segment; cloning shares it.
#[derive(Clone, Debug)]
pub struct SegmentReader {
    blob: Blob,
    layout: Arc<Layout>,
}

#[derive(Debug)]
struct Layout {
    name: String,
    kind: u16,
    checksum: u64,
    sections: Vec<Section>,
    /// By number of a section: its place in `sections`, which a search asks for several times.
    places: Vec<Option<u32>>,
    fetches: Fetches,
}

/// One in so many calls of [`SegmentReader::fetch`] looks whether the ranges are in memory.
const LOOKED_AT_ONE_IN: u32 = 64;

/// What is known of [`SegmentReader::fetch`]; nothing else depends on it, so it is not ordered with anything.
#[derive(Debug, Default)]
struct Fetches {
    calls: AtomicU32,
    /// Whether something was not in memory when a call last looked.
    are_cold: AtomicBool,
}

/// All ranges lie within the file; [`SegmentReader::open`] has checked them.
#[derive(Debug)]
struct Section {
    id: SectionId,
    /// The bytes of the section in the file.
    range: Range<usize>,
    /// The zeros after them.
    padding: Range<usize>,
    /// The checksums of its blocks in the directory.
    checksums: Range<usize>,
    verified: VerifiedBlocks,
}

/// The blocks of a section that were found to be what was written, one bit a block.
#[derive(Debug)]
struct VerifiedBlocks(Vec<AtomicU64>);

impl VerifiedBlocks {
    fn none_of(blocks: u64) -> Self {
        Self((0..blocks.div_ceil(64)).map(|_| AtomicU64::new(0)).collect())
    }

    /// False for a block that the section does not have.
    fn contains(&self, block: usize) -> bool {
        // The bits order nothing: the bytes they tell of never change.
        self.0.get(block / 64).is_some_and(|bits| bits.load(Ordering::Relaxed) >> (block % 64) & 1 == 1)
    }

    fn insert(&self, block: usize) {
        if let Some(bits) = self.0.get(block / 64) {
            bits.fetch_or(1 << (block % 64), Ordering::Relaxed);
        }
    }
}

impl SegmentReader {
    /// Opens the segment in `blob`; `name` is what errors call it.
    ///
    /// Checks the header, the directory and the footer, but not the sections: see
    /// [`SegmentReader::verify`].
    ///
    /// # Errors
    /// [`SegmentError::NotASegment`], [`SegmentError::UnsupportedVersion`],
    /// [`SegmentError::Truncated`], [`SegmentError::Damaged`].
    pub fn open(blob: Blob, name: impl Into<String>) -> Result<Self, SegmentError> {
        let name = name.into();
        let (header, footer) = read_ends(&blob, &name)?;
        let sections = read_directory(&blob, &name, &footer)?;
        let last = sections.iter().map(|section| section.id.0).max();
        let mut places = vec![None; last.map_or(0, |last| usize::from(last) + 1)];
        for (place, section) in (0..).zip(&sections) {
            places[usize::from(section.id.0)] = Some(place);
        }
        let layout = Layout {
            name,
            kind: header.kind,
            checksum: footer.checksum,
            sections,
            places,
            fetches: Fetches::default(),
        };
        Ok(Self { blob, layout: Arc::new(layout) })
    }

    /// Tells what the section numbers mean; as given to the writer.
    pub fn kind(&self) -> u16 {
        self.layout.kind
    }

    /// The footer's checksum, which tells this segment from any other.
    pub fn checksum(&self) -> u64 {
        self.layout.checksum
    }

    /// Length of the file.
    pub fn bytes(&self) -> u64 {
        self.blob.len() as u64
    }

    /// The name given to [`SegmentReader::open`].
    pub fn name(&self) -> &str {
        &self.layout.name
    }

    /// The whole file; the ranges of [`SegmentReader::section_range`] are within it.
    pub fn blob(&self) -> &Blob {
        &self.blob
    }

    /// The bytes of a section, unverified.
    pub fn section(&self, id: SectionId) -> Option<&[u8]> {
        self.blob.get(self.section_range(id)?)
    }

    /// Where the bytes of a section are in the file.
    pub fn section_range(&self, id: SectionId) -> Option<Range<usize>> {
        self.find(id).map(|section| section.range.clone())
    }

    /// The numbers of all sections and their bytes, in the order of the file.
    pub fn sections(&self) -> impl ExactSizeIterator<Item = (SectionId, &[u8])> {
        self.layout.sections.iter().map(|section| (section.id, self.slice(&section.range)))
    }

    /// Compares every block of a section with its checksum. Reads the whole section.
    ///
    /// # Errors
    /// [`SegmentError::Checksum`] for the first damaged block, [`SegmentError::Damaged`] if the
    /// padding after the section is, [`SegmentError::MissingSection`].
    pub fn verify(&self, id: SectionId) -> Result<(), SegmentError> {
        self.verify_section(self.section_of(id)?)
    }

    /// Compares those blocks of a section that hold part of `range` with their checksums, each only once in the
    /// life of this reader and its clones. What lies behind the section's end is ignored.
    ///
    /// # Errors
    /// [`SegmentError::Checksum`] for the first damaged block, [`SegmentError::MissingSection`].
    pub fn verify_range(&self, id: SectionId, range: Range<usize>) -> Result<(), SegmentError> {
        self.verify_within(self.section_of(id)?, range)
    }

    /// The bytes of a range of a section, once [`SegmentReader::verify_range`] holds; `None` if the section ends before.
    ///
    /// # Errors
    /// As [`SegmentReader::verify_range`].
    pub fn verified(&self, id: SectionId, range: Range<usize>) -> Result<Option<&[u8]>, SegmentError> {
        let section = self.section_of(id)?;
        self.verify_within(section, range.clone())?;
        Ok(self.slice(&section.range).get(range))
    }

    /// Checks the padding after a section, which [`SegmentReader::verify_range`] leaves out.
    ///
    /// # Errors
    /// [`SegmentError::Damaged`], [`SegmentError::MissingSection`].
    pub fn verify_padding(&self, id: SectionId) -> Result<(), SegmentError> {
        let padding = &self.section_of(id)?.padding;
        match self.slice(padding).iter().position(|&byte| byte != 0) {
            Some(at) => Err(damaged(&self.layout.name, SegmentPart::Padding, (padding.start + at) as u64)),
            None => Ok(()),
        }
    }

    /// Verifies all sections. Together with [`SegmentReader::open`] this covers every byte of the file.
    ///
    /// # Errors
    /// As [`SegmentReader::verify`], for the first damaged section.
    pub fn verify_all(&self) -> Result<(), SegmentError> {
        self.layout.sections.iter().try_for_each(|section| self.verify_section(section))
    }

    /// Tells the system how a section is going to be read; see [`Blob::advise`].
    pub fn advise(&self, id: SectionId, access: Access) {
        if let Some(range) = self.section_range(id) {
            self.blob.advise(range, access);
        }
    }

    /// Begins to read ranges of a section from disk all at once, where they are not in memory.
    ///
    /// Asking for what is in memory would cost a tenth of a search, so now and then it is looked up whether
    /// ranges are, and nothing is asked for while they all were.
    pub fn fetch(&self, id: SectionId, ranges: &mut dyn Iterator<Item = Range<usize>>) {
        let Some(section) = self.section_range(id) else { return };
        let fetches = &self.layout.fetches;
        let is_look = fetches.calls.fetch_add(1, Ordering::Relaxed).is_multiple_of(LOOKED_AT_ONE_IN);
        if !is_look && !fetches.are_cold.load(Ordering::Relaxed) {
            return;
        }
        let mut are_cold = false;
        for range in ranges {
            let range = section.start + range.start..section.start + range.end;
            if !is_look || !self.blob.is_in_memory(range.start) {
                self.blob.advise(range, Access::Soon);
                are_cold = true;
            }
        }
        if is_look {
            fetches.are_cold.store(are_cold, Ordering::Relaxed);
        }
    }

    fn verify_within(&self, section: &Section, range: Range<usize>) -> Result<(), SegmentError> {
        let range = range.start..range.end.min(section.range.len());
        let mut blocks = range.start / BLOCK_BYTES..range.end.div_ceil(BLOCK_BYTES);
        blocks.try_for_each(|block| {
            if section.verified.contains(block) { Ok(()) } else { self.verify_apart(section, block) }
        })
    }

    fn find(&self, id: SectionId) -> Option<&Section> {
        let place = self.layout.places.get(usize::from(id.0)).copied().flatten()?;
        self.layout.sections.get(place as usize)
    }

    fn slice(&self, range: &Range<usize>) -> &[u8] {
        self.blob.get(range.clone()).unwrap_or_default()
    }

    fn section_of(&self, id: SectionId) -> Result<&Section, SegmentError> {
        let missing = || SegmentError::MissingSection { name: self.layout.name.clone(), section: id };
        self.find(id).ok_or_else(missing)
    }

    fn verify_section(&self, section: &Section) -> Result<(), SegmentError> {
        let blocks = section.range.len().div_ceil(BLOCK_BYTES);
        (0..blocks).try_for_each(|block| self.verify_block(section, block))?;
        self.verify_padding(section.id)
    }

    /// Verifies a block that nobody has read the ones before of: all of it is asked for at once.
    #[cold]
    fn verify_apart(&self, section: &Section, index: usize) -> Result<(), SegmentError> {
        let offset = section.range.start + index * BLOCK_BYTES;
        self.blob.advise(offset..section.range.end.min(offset + BLOCK_BYTES), Access::Soon);
        self.verify_block(section, index)
    }

    fn verify_block(&self, section: &Section, index: usize) -> Result<(), SegmentError> {
        let offset = section.range.start + index * BLOCK_BYTES;
        let block = offset..section.range.end.min(offset + BLOCK_BYTES);
        let (checksums, _) = self.slice(&section.checksums).as_chunks::<CHECKSUM_BYTES>();
        let expected = checksums.get(index).copied().map(u64::from_le_bytes).unwrap_or_default();
        let found = xxh3_64(self.slice(&block));
        if expected != found {
            return Err(SegmentError::Checksum {
                name: self.layout.name.clone(),
                section: section.id,
                offset: offset as u64,
                bytes: block.len() as u64,
                expected,
                found,
            });
        }
        section.verified.insert(index);
        Ok(())
    }
}

fn read_ends(blob: &Blob, name: &str) -> Result<(Header, Footer), SegmentError> {
    let file_bytes = blob.len() as u64;
    let truncated = || SegmentError::Truncated { name: name.to_owned(), bytes: file_bytes };
    let header = blob.first_chunk::<HEADER_BYTES>().ok_or_else(truncated)?;
    let header = Header::decode(header).map_err(|error| match error {
        HeaderError::NotASegment => SegmentError::NotASegment { name: name.to_owned() },
        HeaderError::Damaged => damaged(name, SegmentPart::Header, 0),
        HeaderError::UnsupportedVersion(version) => {
            SegmentError::UnsupportedVersion { name: name.to_owned(), version, supported: VERSION }
        }
    })?;
    let (_, rest) = blob.split_at(HEADER_BYTES);
    let bytes = rest.last_chunk::<FOOTER_BYTES>().ok_or_else(truncated)?;
    let footer_offset = file_bytes - FOOTER_BYTES as u64;
    let Some(footer) = Footer::decode(bytes) else {
        // Without its end mark too, this is no footer at all: the file was cut, or grew.
        let is_footer = Footer::has_magic(bytes);
        return Err(if is_footer { damaged(name, SegmentPart::Footer, footer_offset) } else { truncated() });
    };
    let is_footer_of_this_file = Footer::has_magic(bytes)
        && footer.header_checksum == header.checksum
        && footer.file_bytes == file_bytes
        && footer.directory_offset.checked_add(footer.directory_bytes) == Some(footer_offset);
    if is_footer_of_this_file {
        Ok((header, footer))
    } else {
        Err(damaged(name, SegmentPart::Footer, footer_offset))
    }
}

fn read_directory(blob: &Blob, name: &str, footer: &Footer) -> Result<Vec<Section>, SegmentError> {
    let offset = footer.directory_offset;
    let is_damaged = || damaged(name, SegmentPart::Directory, offset);
    let start = usize::try_from(offset).map_err(|_| is_damaged())?;
    let directory = blob.get(start..blob.len() - FOOTER_BYTES).ok_or_else(is_damaged)?;
    if xxh3_64(directory) != footer.directory_checksum {
        return Err(is_damaged());
    }
    // The checksums agree, so what follows fails only for a file that was made wrong on purpose.
    let table_bytes = (footer.sections as usize).checked_mul(ENTRY_BYTES).ok_or_else(is_damaged)?;
    let (table, checksums) = directory.split_at_checked(table_bytes).ok_or_else(is_damaged)?;
    let mut sections: Vec<Section> = Vec::with_capacity(footer.sections as usize);
    let mut section_offset = HEADER_BYTES as u64;
    let mut checksum_offset = start + table.len();
    for entry in table.as_chunks::<ENTRY_BYTES>().0 {
        let Entry { id, offset, bytes } = Entry::decode(entry);
        let end = offset.checked_add(bytes).ok_or_else(is_damaged)?;
        let padded_end = align(end).ok_or_else(is_damaged)?;
        // There is one layout for given lengths: no gaps, no overlaps.
        let is_in_place = offset == section_offset && padded_end <= footer.directory_offset;
        if !is_in_place || sections.iter().any(|section| section.id == id) {
            return Err(is_damaged());
        }
        let checksum_end = checksum_offset + blocks_of(bytes) as usize * CHECKSUM_BYTES;
        sections.push(Section {
            id,
            range: offset as usize..end as usize,
            padding: end as usize..padded_end as usize,
            checksums: checksum_offset..checksum_end,
            verified: VerifiedBlocks::none_of(blocks_of(bytes)),
        });
        section_offset = padded_end;
        checksum_offset = checksum_end;
    }
    let is_complete =
        section_offset == footer.directory_offset && checksum_offset == start + table.len() + checksums.len();
    if is_complete { Ok(sections) } else { Err(is_damaged()) }
}

fn damaged(name: &str, part: SegmentPart, offset: u64) -> SegmentError {
    SegmentError::Damaged { name: name.to_owned(), part, offset }
}
