//! Documents in compressed blocks.
//!
//! A block ends behind the row that brings it to [`BLOCK_BYTES`], so neighbours share a dictionary
//! while one short document costs the decompression of one small block.

use huedb_storage::segment::{SegmentReader, SegmentWriter};

use super::damaged;
use super::sections::{DOCUMENT_BLOCKS, DOCUMENTS};
use crate::codec::Encoder;
use crate::error::Error;

const BLOCK_BYTES: usize = 16 << 10;
/// Bytes of one entry of the block table: first row, rows, raw bytes, compressed bytes, offset.
const ENTRY_BYTES: usize = 24;

/// Writes the document sections; rows come in order.
pub(super) struct DocumentsBuilder {
    table: Encoder,
    lengths: Vec<u32>,
    text: Vec<u8>,
    first_row: u32,
    offset: u64,
}

impl DocumentsBuilder {
    pub(super) fn new() -> Self {
        Self { table: Encoder::default(), lengths: Vec::new(), text: Vec::new(), first_row: 0, offset: 0 }
    }

    pub(super) fn push(
        &mut self,
        writer: &mut SegmentWriter<'_>,
        document: Option<&str>,
    ) -> Result<(), Error> {
        // The length plus one, so that 0 tells a missing document from an empty one.
        let too_long = || Error::Full { reason: "a document has 4 GiB or more".into() };
        let length = document.map_or(Ok(0), |text| u32::try_from(text.len() + 1)).map_err(|_| too_long())?;
        self.lengths.push(length);
        self.text.extend_from_slice(document.unwrap_or_default().as_bytes());
        if self.text.len() + self.lengths.len() * 4 >= BLOCK_BYTES { self.end_block(writer) } else { Ok(()) }
    }

    fn end_block(&mut self, writer: &mut SegmentWriter<'_>) -> Result<(), Error> {
        if self.lengths.is_empty() {
            return Ok(());
        }
        let mut raw = Vec::with_capacity(self.lengths.len() * 4 + self.text.len());
        self.lengths.iter().for_each(|length| raw.extend_from_slice(&length.to_le_bytes()));
        raw.extend_from_slice(&self.text);
        let compressed = lz4_flex::block::compress(&raw);
        writer.write(&compressed)?;
        self.table.u32(self.first_row);
        self.table.u32(self.lengths.len() as u32);
        self.table.u32(raw.len() as u32);
        self.table.u32(compressed.len() as u32);
        self.table.u64(self.offset);
        self.offset += compressed.len() as u64;
        self.first_row += self.lengths.len() as u32;
        self.lengths.clear();
        self.text.clear();
        Ok(())
    }

    /// Ends the last block and writes the block table.
    pub(super) fn finish(mut self, writer: &mut SegmentWriter<'_>) -> Result<(), Error> {
        self.end_block(writer)?;
        writer.end()?;
        Ok(writer.section(DOCUMENT_BLOCKS, &self.table.finish())?)
    }

    /// Opens the section that [`Self::push`] writes into.
    pub(super) fn begin(writer: &mut SegmentWriter<'_>) -> Result<Self, Error> {
        writer.begin(DOCUMENTS)?;
        Ok(Self::new())
    }
}

/// The block that was read last: neighbouring rows are asked for one after the other.
#[derive(Debug, Default)]
pub(crate) struct DocumentCache {
    segment: u64,
    first_row: u32,
    rows: u32,
    raw: Vec<u8>,
}

/// The document sections of an open segment.
#[derive(Clone, Copy)]
pub(super) struct Documents<'a> {
    /// Distinguishes segments in a [`DocumentCache`]; never 0.
    pub(super) segment: u64,
    pub(super) reader: &'a SegmentReader,
}

struct Entry {
    first_row: u32,
    rows: u32,
    raw_bytes: u32,
    compressed_bytes: u32,
    offset: u64,
}

impl Documents<'_> {
    fn entry(table: &[u8], index: usize) -> Option<Entry> {
        let bytes = table.get(index * ENTRY_BYTES..)?.first_chunk::<ENTRY_BYTES>()?;
        let word = |at: usize| bytes[at..].first_chunk::<4>().copied().map(u32::from_le_bytes);
        Some(Entry {
            first_row: word(0)?,
            rows: word(4)?,
            raw_bytes: word(8)?,
            compressed_bytes: word(12)?,
            offset: u64::from_le_bytes(*bytes[16..].first_chunk::<8>()?),
        })
    }

    /// The document of `row`; fails if the sections are damaged.
    pub(super) fn get<'c>(&self, row: u32, cache: &'c mut DocumentCache) -> Result<Option<&'c str>, Error> {
        let is_cached = cache.segment == self.segment
            && (cache.first_row..cache.first_row.saturating_add(cache.rows)).contains(&row);
        let wrong = || damaged("document block", self.reader.name());
        if !is_cached {
            let entry = self.entry_of(row).ok_or_else(wrong)?;
            let start = usize::try_from(entry.offset).map_err(|_| wrong())?;
            let end = start.checked_add(entry.compressed_bytes as usize).ok_or_else(wrong)?;
            self.reader.verify_range(DOCUMENTS, start..end)?;
            let blocks = self.reader.section(DOCUMENTS).unwrap_or_default();
            self.load(&entry, blocks.get(start..end).ok_or_else(wrong)?, cache).ok_or_else(wrong)?;
        }
        cached_document(cache, (row - cache.first_row) as usize).map_err(|()| wrong())
    }

    /// The block that holds `row`.
    fn entry_of(&self, row: u32) -> Option<Entry> {
        let table = self.reader.section(DOCUMENT_BLOCKS)?;
        let mut low = 0;
        let mut high = table.len() / ENTRY_BYTES;
        while high - low > 1 {
            let middle = usize::midpoint(low, high);
            if Self::entry(table, middle)?.first_row <= row {
                low = middle;
            } else {
                high = middle;
            }
        }
        let entry = Self::entry(table, low)?;
        (entry.first_row..entry.first_row.checked_add(entry.rows)?).contains(&row).then_some(entry)
    }

    fn load(&self, entry: &Entry, compressed: &[u8], cache: &mut DocumentCache) -> Option<()> {
        cache.segment = 0;
        cache.raw.resize(entry.raw_bytes as usize, 0);
        let written = lz4_flex::block::decompress_into(compressed, &mut cache.raw).ok()?;
        if written != cache.raw.len() {
            return None;
        }
        (cache.segment, cache.first_row, cache.rows) = (self.segment, entry.first_row, entry.rows);
        Some(())
    }
}

/// The document at `index` of the cached block; `Err` if the block is damaged.
fn cached_document(cache: &DocumentCache, index: usize) -> Result<Option<&str>, ()> {
    let (lengths, text) = cache.raw.split_at_checked(cache.rows as usize * 4).ok_or(())?;
    let mut lengths = lengths.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes) as usize);
    let start: usize = lengths.by_ref().take(index).map(|length| length.saturating_sub(1)).sum();
    match lengths.next().ok_or(())? {
        0 => Ok(None),
        length => {
            let document = text.get(start..start + length - 1).ok_or(())?;
            std::str::from_utf8(document).map(Some).map_err(|_| ())
        }
    }
}
