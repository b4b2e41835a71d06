//! Writing a segment, section by section, from rows that lie in memtables and other segments.
//!
//! Each section is one pass over the rows, so memory holds their places and offsets but never their
//! contents.

use std::borrow::Cow;

use huedb_index::vector::{Codes, Flat, FormatChoice, Graph, NumberFormat, inverse_norm};
use huedb_storage::blob::BlobWriter;
use huedb_storage::segment::{SectionId, SegmentWriter};
use huedb_types::{Distance, DocId};
use roaring::RoaringBitmap;
use xxhash_rust::xxh3::xxh3_64;

use super::documents::{DocumentCache, DocumentsBuilder};
use super::graph::{GraphJob, build_graph};
use super::sections as section;
use crate::codec::Encoder;
use crate::error::Error;
use crate::source::Source;

/// A row and its place in the new segment's order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlacedRow<'a> {
    pub(crate) doc_id: DocId,
    pub(crate) source: &'a Source,
    pub(crate) row: u32,
}

/// Writes `rows`, ascending by `DocId`, as a segment, with a graph if there is a job for it. Embeddings have
/// `dimension` numbers and are compared by `distance`.
///
/// Returns the bytes written. When this returns, the file is durable.
pub(crate) fn build_segment(
    blob: Box<dyn BlobWriter>,
    rows: &[PlacedRow<'_>],
    (dimension, distance): (u32, Distance),
    job: Option<&GraphJob<'_>>,
) -> Result<u64, Error> {
    debug_assert!(rows.is_sorted_by(|left, right| left.doc_id < right.doc_id));
    let mut writer = SegmentWriter::new(blob, section::RECORD_SEGMENT)?;
    write_ids(&mut writer, rows)?;
    let missing = write_vectors(&mut writer, rows, dimension)?;
    write_texts(&mut writer, rows, section::METADATA, section::METADATA_OFFSETS, |row, out| {
        out.extend_from_slice(row.source.metadata(row.row)?);
        Ok(())
    })?;
    write_texts(&mut writer, rows, section::URIS, section::URI_OFFSETS, |row, out| {
        if let Some(uri) = row.source.uri(row.row)? {
            out.push(1);
            out.extend_from_slice(uri.as_bytes());
        }
        Ok(())
    })?;
    write_documents(&mut writer, rows)?;
    match job.and_then(|job| build_graph(rows, dimension, distance, job)) {
        Some(graph) => write_graph(&mut writer, &graph)?,
        None => write_codes(&mut writer, rows, dimension, distance)?,
    }
    let mut statistics = Encoder::default();
    statistics.u32(rows.len() as u32);
    statistics.u32(dimension);
    statistics.u32(missing as u32);
    statistics.str(distance.name());
    writer.section(section::STATISTICS, &statistics.finish())?;
    Ok(writer.finish()?.bytes)
}

fn write_ids(writer: &mut SegmentWriter<'_>, rows: &[PlacedRow<'_>]) -> Result<(), Error> {
    write_texts(writer, rows, section::IDS, section::ID_OFFSETS, |row, out| {
        out.extend_from_slice(row.source.id(row.row)?.as_bytes());
        Ok(())
    })?;
    let mut table = vec![0_u32; id_table_slots(rows.len())];
    for (number, row) in rows.iter().enumerate() {
        let mut slot = id_slot(row.source.id(row.row)?, table.len());
        while table[slot] != 0 {
            slot = (slot + 1) % table.len();
        }
        table[slot] = number as u32 + 1;
    }
    write_u32s(writer, section::ID_TABLE, table.into_iter())?;
    write_u32s(writer, section::DOC_IDS, rows.iter().map(|row| row.doc_id.0))
}

/// Slots of the id table: at most half of them are used.
pub(super) fn id_table_slots(rows: usize) -> usize {
    (rows * 2).next_power_of_two().max(2)
}

/// The slot that the search for `id` starts at.
pub(super) fn id_slot(id: &str, slots: usize) -> usize {
    xxh3_64(id.as_bytes()) as usize & (slots - 1)
}

/// The smallest format that holds all embeddings as they are.
fn smallest_format(rows: &[PlacedRow<'_>]) -> Result<NumberFormat, Error> {
    let mut choice = FormatChoice::default();
    for row in rows {
        // No format is larger.
        if choice.smallest() == NumberFormat::F32 {
            break;
        }
        if let Some(embedding) = row.source.embedding(row.row)? {
            choice.see(&embedding);
        }
    }
    Ok(choice.smallest())
}

/// Embeddings, which are missing, and what cosine distance needs; returns how many are missing.
fn write_vectors(
    writer: &mut SegmentWriter<'_>,
    rows: &[PlacedRow<'_>],
    dimension: u32,
) -> Result<usize, Error> {
    let zeros = vec![0.0_f32; dimension as usize];
    let format = smallest_format(rows)?;
    let mut bytes = Vec::new();
    let mut missing = RoaringBitmap::new();
    let mut inverse_norms = Vec::with_capacity(rows.len());
    writer.begin(section::vectors(format))?;
    for (number, row) in rows.iter().enumerate() {
        let embedding = row.source.embedding(row.row)?;
        if embedding.is_none() {
            missing.insert(number as u32);
        }
        let embedding = embedding.unwrap_or(Cow::Borrowed(&zeros));
        if embedding.len() != zeros.len() {
            return Err(Error::Corrupt {
                reason: "an embedding has another dimension than its collection".into(),
            });
        }
        inverse_norms.push(inverse_norm(&embedding).to_bits());
        bytes.clear();
        format.encode(&embedding, &mut bytes);
        writer.write(&bytes)?;
    }
    writer.end()?;
    let mut bytes = Vec::with_capacity(missing.serialized_size());
    missing.serialize_into(&mut bytes).map_err(|error| Error::Storage { reason: error.to_string() })?;
    writer.section(section::VECTORS_MISSING, &bytes)?;
    write_u32s(writer, section::INVERSE_NORMS, inverse_norms.into_iter())?;
    Ok(missing.len() as usize)
}

/// Codes of all embeddings; none where there is nothing to encode or too much for a code.
fn write_codes(
    writer: &mut SegmentWriter<'_>,
    rows: &[PlacedRow<'_>],
    dimension: u32,
    distance: Distance,
) -> Result<(), Error> {
    let mut vectors = vec![0.0_f32; rows.len() * dimension as usize];
    for (vector, row) in vectors.chunks_exact_mut(dimension.max(1) as usize).zip(rows) {
        if let Some(embedding) = row.source.embedding(row.row)? {
            vector.copy_from_slice(&embedding);
        }
    }
    let Ok(block) = Flat::new(dimension as usize, &vectors, None) else { return Ok(()) };
    let Ok(codes) = Codes::encode(distance, &block) else { return Ok(()) };
    writer.section(section::CODES, bytemuck::cast_slice(codes.codes()))?;
    writer.section(section::CODE_HEADERS, bytemuck::cast_slice(codes.headers()))?;
    Ok(writer.section(section::CODE_CENTRE, bytemuck::cast_slice(codes.centre()))?)
}

fn write_graph(writer: &mut SegmentWriter<'_>, graph: &Graph) -> Result<(), Error> {
    writer.section(section::GRAPH_HEAD, &graph.head().encode())?;
    writer.section(section::GRAPH_LINKS, bytemuck::cast_slice(graph.links()))?;
    Ok(writer.section(section::GRAPH_CODES, graph.codes())?)
}

fn write_documents(writer: &mut SegmentWriter<'_>, rows: &[PlacedRow<'_>]) -> Result<(), Error> {
    let mut cache = DocumentCache::default();
    let mut documents = DocumentsBuilder::begin(writer)?;
    for row in rows {
        documents.push(writer, row.source.document(row.row, &mut cache)?)?;
    }
    documents.finish(writer)
}

/// One section of bytes of any length per row, and one of offsets into it.
fn write_texts<'a>(
    writer: &mut SegmentWriter<'_>,
    rows: &[PlacedRow<'a>],
    texts: SectionId,
    offsets: SectionId,
    mut text_of: impl FnMut(&PlacedRow<'a>, &mut Vec<u8>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut ends = Vec::with_capacity(rows.len() + 1);
    let mut text = Vec::new();
    let mut end = 0_u64;
    ends.push(end);
    writer.begin(texts)?;
    for row in rows {
        text.clear();
        text_of(row, &mut text)?;
        writer.write(&text)?;
        end += text.len() as u64;
        ends.push(end);
    }
    writer.end()?;
    writer.begin(offsets)?;
    for end in ends {
        writer.write(&end.to_le_bytes())?;
    }
    Ok(writer.end()?)
}

fn write_u32s(
    writer: &mut SegmentWriter<'_>,
    id: SectionId,
    values: impl Iterator<Item = u32>,
) -> Result<(), Error> {
    writer.begin(id)?;
    for value in values {
        writer.write(&value.to_le_bytes())?;
    }
    Ok(writer.end()?)
}
