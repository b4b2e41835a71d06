use std::sync::Arc;

use huedb_index::vector::{Kernels, Query, Scope};
use huedb_storage::blob::{Blob, BlobName, BlobStore, LocalBlobStore, MemoryBlobStore};
use huedb_storage::segment::{BLOCK_BYTES, SegmentReader};
use huedb_types::{Distance, DocId, MetadataValue, Precision, Record, SeqNo};

use super::sections as section;
use super::{DocumentCache, EmbeddingKind, PlacedRow, RecordSegment, build_segment};
use crate::error::Error;
use crate::memtable::Memtable;
use crate::source::{Include, Source};

/// Records of every shape, and enough text for several document blocks.
fn records() -> Vec<Record> {
    let record = |number: usize| Record {
        id: format!("record-{number}"),
        embedding: (number % 5 != 3).then(|| vec![number as f32, -1.0, 0.25]),
        document: match number % 4 {
            0 => None,
            1 => Some(String::new()),
            _ => Some(format!("{number} ").repeat(number * 10)),
        },
        uri: number.is_multiple_of(3).then(|| "x".repeat(number % 2)),
        metadata: (0..number % 4).map(|key| (format!("k{key}"), MetadataValue::Int(number as i64))).collect(),
    };
    let mut records: Vec<_> = (0..60).map(record).collect();
    records[7].id = String::new();
    records[9].document = Some("a long document ".repeat(5000));
    records
}

fn build(records: &[Record], dimension: u32, precision: Precision) -> Blob {
    let memtable = Arc::new(Memtable::default());
    for (record, number) in records.iter().zip(0..) {
        memtable.push(DocId(number * 2), record.clone(), SeqNo(1));
    }
    let source = Source::Memtable(memtable);
    let row = |row| PlacedRow { doc_id: DocId(row * 2), source: &source, row };
    let rows: Vec<_> = (0..records.len() as u32).map(row).collect();
    let store = MemoryBlobStore::new();
    let name = BlobName::parse("seg/test.seg").unwrap();
    let kind = EmbeddingKind { dimension, distance: Distance::L2, precision };
    build_segment(store.put(&name).unwrap(), &rows, kind, None).unwrap();
    store.open(&name).unwrap()
}

#[track_caller]
fn check_gives_back(precision: Precision) {
    let records = records();
    let segment = RecordSegment::open(build(&records, 3, precision), "seg/test.seg").unwrap();
    let source = Source::Segment(Arc::new(segment));
    let Source::Segment(segment) = &source else { unreachable!("it was just made") };
    let mut cache = DocumentCache::default();
    // Backwards and forwards, so that blocks are entered from both ends.
    for number in (0..60).rev().chain(0..60) {
        let expected = &records[number as usize];
        assert_eq!(segment.find(&expected.id).unwrap(), Some(number));
        assert_eq!(segment.doc_id(number).unwrap(), DocId(number * 2));
        assert_eq!(&source.record(number, Include::ALL, &mut cache).unwrap(), expected);
    }
    assert_eq!(segment.find("record-7").unwrap(), None);
    assert!(matches!(source.record(60, Include::ALL, &mut cache), Err(Error::Corrupt { .. })));
}

#[test]
fn a_segment_gives_back_the_records_it_was_built_from() {
    // The numbers of the records have 16 bits anyway.
    Precision::ALL.into_iter().for_each(check_gives_back);
}

#[test]
fn vectors_of_16_bits_take_half_the_bytes() {
    let [whole, half] = Precision::ALL.map(|precision| build(&records(), 3, precision));
    let bytes = |blob: &Blob, section| {
        SegmentReader::open(blob.clone(), "seg/test.seg").unwrap().section(section).map(<[u8]>::len)
    };
    assert_eq!(
        (bytes(&whole, section::VECTORS), bytes(&whole, section::VECTORS_F16)),
        (Some(60 * 3 * 4), None)
    );
    assert_eq!(
        (bytes(&half, section::VECTORS), bytes(&half, section::VECTORS_F16)),
        (None, Some(60 * 3 * 2))
    );
}

#[test]
fn a_segment_may_hold_only_records_without_embeddings() {
    let records = [Record { id: "a".into(), ..Record::default() }];
    for precision in Precision::ALL {
        let segment = RecordSegment::open(build(&records, 0, precision), "seg/test.seg").unwrap();
        assert_eq!((segment.rows(), segment.embedding(0).unwrap()), (1, None));
    }
}

/// Opens a segment and reads all of its records.
fn read_all(bytes: &[u8]) -> Result<(), Error> {
    let segment = RecordSegment::open(Blob::copy_from_slice(bytes), "seg/test.seg")?;
    let source = Source::Segment(Arc::new(segment));
    let mut cache = DocumentCache::default();
    (0..8).try_for_each(|row| source.record(row, Include::ALL, &mut cache).map(drop))
}

#[test]
fn every_damaged_byte_is_found_when_the_segment_is_opened_or_read() {
    Precision::ALL.into_iter().for_each(check_damage);
}

#[track_caller]
fn check_damage(precision: Precision) {
    let bytes = build(&records()[..8], 3, precision).to_vec();
    read_all(&bytes).unwrap();
    let mut unnoticed = 0;
    for position in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[position] ^= 0x10;
        match read_all(&damaged) {
            Err(Error::Corrupt { reason }) => assert!(reason.contains("seg/test.seg"), "{reason}"),
            Err(other) => panic!("position={position}: {other}"),
            Ok(()) => unnoticed += 1,
        }
    }
    // Damaged codes are no error: they can be made again.
    assert!(unnoticed < bytes.len() / 2, "{unnoticed} of {} bytes", bytes.len());
}

/// Damages the first embedding and searches among `rows`.
#[track_caller]
fn check_search_in_damaged(rows: std::ops::Range<u32>, is_found: bool) {
    // One embedding fills a block and a half, so that two rows share a block and the others do not.
    let dimension = BLOCK_BYTES * 3 / 2 / 4;
    let embedding = |number| Some(vec![number as f32; dimension]);
    let record =
        |number: usize| Record { id: number.to_string(), embedding: embedding(number), ..Record::default() };
    let records: Vec<_> = (0..6).map(record).collect();
    let mut bytes = build(&records, dimension as u32, Precision::F32).to_vec();
    let reader = SegmentReader::open(Blob::copy_from_slice(&bytes), "seg/test.seg").unwrap();
    bytes[reader.section_range(section::VECTORS).unwrap().start] ^= 0x10;
    let segment = RecordSegment::open(Blob::copy_from_slice(&bytes), "seg/test.seg").unwrap();
    let vector = embedding(4).unwrap();
    let query = Query::new(Kernels::detect(), Distance::L2, &vector);
    let found = segment.search(&query, &Scope { rows: rows.clone(), ..Scope::all(3) }, 10);
    match found {
        Ok(found) => assert!(!is_found && found.neighbours[0].row == 4, "rows={rows:?} {found:?}"),
        Err(Error::Corrupt { reason }) => assert!(is_found && reason.contains("section=6"), "{reason}"),
        Err(other) => panic!("rows={rows:?}: {other}"),
    }
}

#[test]
fn a_search_that_reads_a_damaged_embedding_fails_and_others_do_not() {
    check_search_in_damaged(0..6, true);
    check_search_in_damaged(1..6, false);
    check_search_in_damaged(2..6, false);
}

#[test]
fn searches_of_a_mapped_segment_and_of_one_in_memory_find_the_same() {
    let blob = build(&records(), 3, Precision::F16);
    let dir = tempfile::tempdir().unwrap();
    let blobs = LocalBlobStore::open(dir.path()).unwrap();
    let name = BlobName::parse("seg/test.seg").unwrap();
    let mut writer = blobs.put(&name).unwrap();
    writer.write(&blob).unwrap();
    writer.finish().unwrap();
    let mapped = blobs.open(&name).unwrap();
    assert!(mapped.is_mapped() && !blob.is_mapped());
    let segments = [blob, mapped].map(|blob| RecordSegment::open(blob, "seg/test.seg").unwrap());
    for number in 0..40 {
        let vector = [number as f32 * 1.5, -1.0, 0.5];
        let query = Query::new(Kernels::detect(), Distance::L2, &vector);
        // One neighbour is few enough for the codes, many are not.
        for k in [1, 7, 100] {
            let found = |segment: &RecordSegment| segment.search(&query, &Scope::all(k), 10).unwrap();
            assert_eq!(found(&segments[0]), found(&segments[1]), "number={number} k={k}");
        }
    }
}
