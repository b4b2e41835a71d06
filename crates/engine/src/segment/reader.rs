use std::borrow::Cow;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use huedb_index::vector::{
    BlockCodes, CodedFlat, Flat, Found, GraphHead, NumberFormat, Query, Scope, VectorIndex, Vectors, prefetch,
};
use huedb_storage::blob::{Access, Blob};
use huedb_storage::segment::{SectionId, SegmentReader};
use huedb_types::{Distance, DocId};
use roaring::RoaringBitmap;

use super::build::{id_slot, id_table_slots};
use super::checked_reads::CheckedReads;
use super::damaged;
use super::documents::{DocumentCache, Documents};
use super::graph::open_graph;
use super::sections as section;
use crate::codec::Decoder;
use crate::error::Error;

#[cfg(target_endian = "big")]
compile_error!("segments are mapped as they are stored, in little-endian order");

/// An open segment: its sections are checked against each other, so that reading them cannot fail but for
/// damage. What records hold is verified when it is read, all else when the segment is opened.
#[derive(Debug)]
pub(crate) struct RecordSegment {
    /// Distinguishes open segments in caches; never 0.
    number: u64,
    name: String,
    reader: SegmentReader,
    /// Of the whole file.
    file_bytes: u64,
    rows: u32,
    dimension: u32,
    distance: Distance,
    /// Of the embeddings.
    format: NumberFormat,
    missing: RoaringBitmap,
    graph: Option<GraphHead>,
    /// Codes or a graph were damaged; they are not used until they are made again.
    lost_index: bool,
}

impl RecordSegment {
    /// Opens the segment and verifies all but [the contents of records](section::is_verified_when_read).
    /// Damage to what can be made again is no error.
    pub(crate) fn open(blob: Blob, name: &str) -> Result<Self, Error> {
        static NEXT_NUMBER: AtomicU64 = AtomicU64::new(1);
        let file_bytes = blob.len() as u64;
        let reader = SegmentReader::open(blob, name)?;
        let mut lost_index = verify(&reader)?;
        let damaged = |what: &str| damaged(what, name);
        let mut statistics =
            Decoder::new(reader.section(section::STATISTICS).ok_or_else(|| damaged("statistics"))?);
        let (rows, dimension, _missing) = (statistics.u32()?, statistics.u32()?, statistics.u32()?);
        let distance = Distance::parse(statistics.str()?).ok_or_else(|| damaged("distance"))?;
        let missing =
            reader.section(section::VECTORS_MISSING).ok_or_else(|| damaged("missing-embeddings map"))?;
        let missing =
            RoaringBitmap::deserialize_from(missing).map_err(|_| damaged("missing-embeddings map"))?;
        let number = NEXT_NUMBER.fetch_add(1, Ordering::Relaxed);
        let graph = if lost_index { Ok(None) } else { open_graph(&reader, (rows, dimension, distance)) };
        let graph = graph.unwrap_or_else(|error| {
            tracing::error!(%error, "the graph is not used until it is built again");
            lost_index = true;
            None
        });
        let name = name.to_owned();
        let has = |format: &NumberFormat| reader.section_range(section::vectors(*format)).is_some();
        let format = NumberFormat::ALL.into_iter().find(has).ok_or_else(|| damaged("embeddings"))?;
        let segment = Self {
            number,
            name,
            reader,
            file_bytes,
            rows,
            dimension,
            distance,
            format,
            missing,
            graph,
            lost_index,
        };
        segment.check_lengths()?;
        segment.advise_vectors(Access::Scattered);
        Ok(segment)
    }

    fn check_lengths(&self) -> Result<(), Error> {
        let rows = self.rows as usize;
        let expected = [
            (self.vectors_section(), rows * self.vector_bytes()),
            (section::ID_OFFSETS, (rows + 1) * 8),
            (section::ID_TABLE, id_table_slots(rows) * 4),
            (section::DOC_IDS, rows * 4),
            (section::INVERSE_NORMS, rows * 4),
            (section::METADATA_OFFSETS, (rows + 1) * 8),
            (section::URI_OFFSETS, (rows + 1) * 8),
        ];
        match expected.iter().find(|(id, bytes)| self.bytes(*id).len() != *bytes) {
            Some((id, _)) => Err(self.damaged(&format!("length of section {}", id.0))),
            None => Ok(()),
        }
    }

    /// Tells the system how embeddings are going to be read.
    pub(crate) fn advise_vectors(&self, access: Access) {
        self.reader.advise(self.vectors_section(), access);
    }

    pub(super) fn damaged(&self, what: &str) -> Error {
        damaged(what, &self.name)
    }

    /// The section's bytes; nothing if it is missing.
    fn bytes(&self, id: SectionId) -> &[u8] {
        self.reader.section(id).unwrap_or_default()
    }

    /// The section as numbers. Sections are aligned to 64 bytes, so the cast cannot fail.
    fn numbers<T: bytemuck::AnyBitPattern>(&self, id: SectionId) -> &[T] {
        bytemuck::try_cast_slice(self.bytes(id)).unwrap_or_default()
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn file_bytes(&self) -> u64 {
        self.file_bytes
    }

    /// Rows in the file, superseded ones included.
    pub(crate) fn rows(&self) -> u32 {
        self.rows
    }

    /// All embeddings, `rows x dimension`; zeros where one is missing. Sections are aligned to 64 bytes, so that they
    /// can be read as what they are.
    fn vectors(&self) -> Result<Vectors<'_>, Error> {
        let vectors = self.format.decode(self.bytes(self.vectors_section()));
        vectors.ok_or_else(|| self.damaged("length of the embeddings"))
    }

    /// Where the embeddings are.
    fn vectors_section(&self) -> SectionId {
        section::vectors(self.format)
    }

    /// Bytes of one embedding.
    fn vector_bytes(&self) -> usize {
        self.dimension as usize * self.format.number_bytes()
    }

    /// The nearest rows within `scope`, through the best index that the segment has; a graph's search keeps at
    /// least `candidates` candidates.
    ///
    /// Rows without an embedding must be excluded by `scope`.
    pub(crate) fn search(
        &self,
        query: &Query<'_>,
        scope: &Scope<'_>,
        candidates: u32,
    ) -> Result<Found, Error> {
        let inverse_norms = self.numbers(section::INVERSE_NORMS);
        let vectors = Flat::of(self.dimension as usize, self.vectors()?, Some(inverse_norms));
        let vectors = vectors.map_err(|_| self.damaged("length of the embeddings"))?;
        let reads = CheckedReads::new(&self.reader, self.vectors_section(), self.vector_bytes());
        let found = self.search_vectors(vectors.told_to(&reads), query, scope, candidates)?;
        Ok(reads.check(found)?)
    }

    fn search_vectors(
        &self,
        vectors: Flat<'_>,
        query: &Query<'_>,
        scope: &Scope<'_>,
        candidates: u32,
    ) -> Result<Found, Error> {
        if let Some(index) = self.graph_index(vectors, candidates) {
            return Ok(index.search(query, scope));
        }
        let codes: &[i8] = self.numbers(section::CODES);
        if codes.is_empty() || self.lost_index {
            return Ok(vectors.search(query, scope));
        }
        let arrays = (codes, self.numbers(section::CODE_HEADERS), self.numbers(section::CODE_CENTRE));
        let codes = BlockCodes::new(self.distance, self.dimension as usize, self.rows, arrays);
        let coded = codes.and_then(|codes| CodedFlat::new(vectors, codes));
        Ok(coded.map_err(|_| self.damaged("length of the codes"))?.search(query, scope))
    }

    pub(super) fn graph_head(&self) -> Option<&GraphHead> {
        self.graph.as_ref()
    }

    pub(super) fn reader(&self) -> &SegmentReader {
        &self.reader
    }

    /// Whether the segment should be written again because its codes or its graph were damaged.
    pub(crate) fn lost_index(&self) -> bool {
        self.lost_index
    }

    /// Whether the segment is large enough for a graph, or will be together with others, and has none.
    pub(crate) fn is_flat(&self) -> bool {
        self.graph.is_none() && self.dimension > 0
    }

    /// Rows without an embedding.
    pub(crate) fn missing(&self) -> &RoaringBitmap {
        &self.missing
    }

    /// `DocId` of every row, ascending.
    pub(crate) fn doc_ids(&self) -> &[u32] {
        self.numbers(section::DOC_IDS)
    }

    fn text(&self, row: u32, offsets: SectionId, texts: SectionId) -> Result<&[u8], Error> {
        let range = place(self.numbers(offsets), row).map(range_at);
        let range = range.ok_or_else(|| self.damaged("row offset"))?;
        self.reader.verified(texts, range)?.ok_or_else(|| self.damaged("row offset"))
    }

    pub(crate) fn id(&self, row: u32) -> Result<&str, Error> {
        let bytes = self.text(row, section::ID_OFFSETS, section::IDS)?;
        std::str::from_utf8(bytes).map_err(|_| self.damaged("record id"))
    }

    /// Asks for the ids of rows to be brought into the cache. They lie far from each other: waiting for all at once takes
    /// little longer than waiting for one.
    pub(crate) fn prefetch_ids(&self, rows: impl Iterator<Item = u32> + Clone) {
        let offsets = self.numbers(section::ID_OFFSETS);
        let places = rows.filter_map(|row| place(offsets, row));
        places.clone().for_each(|place| prefetch(place));
        let ids = self.bytes(section::IDS);
        places.filter_map(|place| ids.get(range_at(place))).for_each(prefetch);
    }

    pub(crate) fn doc_id(&self, row: u32) -> Result<DocId, Error> {
        self.doc_ids().get(row as usize).copied().map(DocId).ok_or_else(|| self.damaged("row number"))
    }

    /// The row of the record `id`, superseded or not.
    pub(crate) fn find(&self, id: &str) -> Result<Option<u32>, Error> {
        let table: &[u32] = self.numbers(section::ID_TABLE);
        let mut slot = id_slot(id, table.len());
        // One turn around the table is enough; a full table would be damage.
        for _ in 0..table.len() {
            match table[slot].checked_sub(1) {
                None => return Ok(None),
                Some(row) if self.id(row)? == id => return Ok(Some(row)),
                Some(_) => slot = (slot + 1) % table.len(),
            }
        }
        Err(self.damaged("id table"))
    }

    pub(crate) fn embedding(&self, row: u32) -> Result<Option<Cow<'_, [f32]>>, Error> {
        if self.missing.contains(row) {
            return Ok(None);
        }
        let start = row as usize * self.dimension as usize;
        let bytes = row as usize * self.vector_bytes();
        self.reader.verify_range(self.vectors_section(), bytes..bytes + self.vector_bytes())?;
        let vector = self.vectors()?.get(start..start + self.dimension as usize);
        vector.map(|vector| Some(vector.decoded())).ok_or_else(|| self.damaged("row number"))
    }

    pub(crate) fn metadata(&self, row: u32) -> Result<&[u8], Error> {
        self.text(row, section::METADATA_OFFSETS, section::METADATA)
    }

    pub(crate) fn uri(&self, row: u32) -> Result<Option<&str>, Error> {
        let uri = self.text(row, section::URI_OFFSETS, section::URIS)?.split_first().map(|(_, uri)| uri);
        uri.map(std::str::from_utf8).transpose().map_err(|_| self.damaged("uri"))
    }

    pub(crate) fn document<'c>(
        &self,
        row: u32,
        cache: &'c mut DocumentCache,
    ) -> Result<Option<&'c str>, Error> {
        Documents { segment: self.number, reader: &self.reader }.get(row, cache)
    }
}

/// Where the text of a row begins and ends.
fn place(offsets: &[u64], row: u32) -> Option<&[u64; 2]> {
    offsets.get(row as usize..)?.first_chunk()
}

fn range_at(place: &[u64; 2]) -> Range<usize> {
    place[0] as usize..place[1] as usize
}

/// Verifies what is verified at once; returns whether a section that can be made again is damaged.
fn verify(reader: &SegmentReader) -> Result<bool, Error> {
    let mut lost_index = false;
    for (id, _) in reader.sections() {
        let is_later = section::is_verified_when_read(id);
        match if is_later { reader.verify_padding(id) } else { reader.verify(id) } {
            Err(error) if section::is_derived(id) => {
                tracing::error!(%error, "a section of an index is damaged; it is not used until it is made again");
                lost_index = true;
            }
            other => other?,
        }
    }
    Ok(lost_index)
}
