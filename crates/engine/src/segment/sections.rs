use huedb_index::vector::NumberFormat;
use huedb_storage::segment::SectionId;

/// What the container's `kind` field says of a file of records.
pub(super) const RECORD_SEGMENT: u16 = 1;

/// Counts that the other sections are checked against.
pub(super) const STATISTICS: SectionId = SectionId(1);
/// `rows + 1` offsets (u64) into [`IDS`].
pub(super) const ID_OFFSETS: SectionId = SectionId(2);
/// Record ids, one after the other.
pub(super) const IDS: SectionId = SectionId(3);
/// Hash table from record id to row: a power of two of u32 slots, row + 1, 0 = empty.
pub(super) const ID_TABLE: SectionId = SectionId(4);
/// `DocId` of each row (u32), ascending.
pub(super) const DOC_IDS: SectionId = SectionId(5);
/// Embeddings (f32), `rows x dimension`; zeros for a record without one. A segment has these or one of
/// [`VECTORS_F16`], [`VECTORS_U8`] and [`VECTORS_I8`].
pub(super) const VECTORS: SectionId = SectionId(6);
/// Rows without an embedding, as a portable roaring bitmap.
pub(super) const VECTORS_MISSING: SectionId = SectionId(7);
/// One over the length of each embedding (f32), 0 for a zero embedding.
pub(super) const INVERSE_NORMS: SectionId = SectionId(8);
/// `rows + 1` offsets (u64) into [`METADATA`].
pub(super) const METADATA_OFFSETS: SectionId = SectionId(9);
/// Metadata of each row.
pub(super) const METADATA: SectionId = SectionId(10);
/// One entry per document block.
pub(super) const DOCUMENT_BLOCKS: SectionId = SectionId(11);
/// Compressed blocks of documents.
pub(super) const DOCUMENTS: SectionId = SectionId(12);
/// `rows + 1` offsets (u64) into [`URIS`].
pub(super) const URI_OFFSETS: SectionId = SectionId(13);
/// Uris of the rows that have one, each behind a byte 1; a row without one takes no bytes.
pub(super) const URIS: SectionId = SectionId(14);
/// 8-bit codes of the embeddings (i8), as `huedb_index::vector` lays them out.
pub(super) const CODES: SectionId = SectionId(15);
/// Scale, error and norm of each code (f32).
pub(super) const CODE_HEADERS: SectionId = SectionId(16);
/// What the codes are relative to (f32, one per dimension).
pub(super) const CODE_CENTRE: SectionId = SectionId(17);
/// What the graph's arrays are, as `huedb_index::vector::GraphHead` encodes it. A segment with a graph has no
/// [`CODES`]: the graph has codes of its own.
pub(super) const GRAPH_HEAD: SectionId = SectionId(18);
/// Links of each row (u32), as many places a row as the head says; the largest number for none.
pub(super) const GRAPH_LINKS: SectionId = SectionId(19);
/// Code of each row, then those of the routers once more.
pub(super) const GRAPH_CODES: SectionId = SectionId(20);

/// Embeddings as 16-bit floats (u16), `rows x dimension`; zeros for a record without one.
pub(super) const VECTORS_F16: SectionId = SectionId(21);
/// Embeddings as integers of one byte without a sign.
pub(super) const VECTORS_U8: SectionId = SectionId(22);
/// Embeddings as integers of one byte with a sign.
pub(super) const VECTORS_I8: SectionId = SectionId(23);

/// The section of embeddings in this format.
pub(super) const fn vectors(format: NumberFormat) -> SectionId {
    match format {
        NumberFormat::U8 => VECTORS_U8,
        NumberFormat::I8 => VECTORS_I8,
        NumberFormat::F16 => VECTORS_F16,
        NumberFormat::F32 => VECTORS,
    }
}

/// Whether a section can be made again from the others.
pub(super) fn is_derived(id: SectionId) -> bool {
    (CODES.0..=GRAPH_CODES.0).contains(&id.0)
}

/// Whether a section is verified block by block when it is read, rather than whole when the segment is opened:
/// the contents of records, which may be larger than memory.
pub(super) fn is_verified_when_read(id: SectionId) -> bool {
    let is_vectors = || NumberFormat::ALL.into_iter().any(|format| vectors(format) == id);
    [METADATA, DOCUMENTS, URIS].contains(&id) || is_vectors()
}
