use std::sync::Arc;

use huedb_index::vector::{Kernels, NumberFormat, Query, Scope};
use huedb_storage::blob::{Blob, BlobName, BlobStore, LocalBlobStore, MemoryBlobStore};
use huedb_storage::segment::{BLOCK_BYTES, SegmentReader};
use huedb_types::{Distance, DocId, MetadataValue, Record, SeqNo};

use super::sections as section;
use super::{DocumentCache, PlacedRow, RecordSegment, build_segment};
use crate::error::Error;
use crate::memtable::Memtable;
use crate::source::{Include, Source};

/// Numbers in the embeddings of [`records`] that need each of [`NumberFormat::ALL`].
const RECORD_NUMBERS: [[f32; 2]; 4] = [[1.0, 255.0], [-1.0, -128.0], [-1.0, 0.25], [-1.0, 0.1]];

/// Records of every shape, and enough text for several document blocks.
fn records([second, third]: [f32; 2]) -> Vec<Record> {
    let record = |number: usize| Record {
        id: format!("record-{number}"),
        embedding: (number % 5 != 3).then(|| vec![number as f32, second, third]),
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

fn build(records: &[Record], dimension: u32) -> Blob {
    let memtable = Arc::new(Memtable::default());
    for (record, number) in records.iter().zip(0..) {
        memtable.push(DocId(number * 2), record.clone(), SeqNo(1));
    }
    let source = Source::Memtable(memtable);
    let row = |row| PlacedRow { doc_id: DocId(row * 2), source: &source, row };
    let rows: Vec<_> = (0..records.len() as u32).map(row).collect();
    let store = MemoryBlobStore::new();
    let name = BlobName::parse("seg/test.seg").unwrap();
    build_segment(store.put(&name).unwrap(), &rows, (dimension, Distance::L2), None).unwrap();
    store.open(&name).unwrap()
}

#[track_caller]
fn check_gives_back(numbers: [f32; 2]) {
    let records = records(numbers);
    let segment = RecordSegment::open(build(&records, 3), "seg/test.seg").unwrap();
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
    RECORD_NUMBERS.into_iter().for_each(check_gives_back);
}

#[test]
fn vectors_take_as_few_bytes_as_their_numbers_need() {
    for (numbers, format) in RECORD_NUMBERS.into_iter().zip(NumberFormat::ALL) {
        let reader = SegmentReader::open(build(&records(numbers), 3), "seg/test.seg").unwrap();
        for other in NumberFormat::ALL {
            let bytes = reader.section(section::vectors(other)).map(<[u8]>::len);
            assert_eq!(bytes, (other == format).then_some(60 * 3 * format.number_bytes()), "{other:?}");
        }
    }
}

#[test]
fn a_segment_may_hold_only_records_without_embeddings() {
    let records = [Record { id: "a".into(), ..Record::default() }];
    let segment = RecordSegment::open(build(&records, 0), "seg/test.seg").unwrap();
    assert_eq!((segment.rows(), segment.embedding(0).unwrap()), (1, None));
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
    RECORD_NUMBERS.into_iter().for_each(check_damage);
}

#[track_caller]
fn check_damage(numbers: [f32; 2]) {
    let bytes = build(&records(numbers)[..8], 3).to_vec();
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
    let dimension = BLOCK_BYTES * 3 / 2;
    let embedding = |number| Some(vec![number as f32; dimension]);
    let record =
        |number: usize| Record { id: number.to_string(), embedding: embedding(number), ..Record::default() };
    let records: Vec<_> = (0..6).map(record).collect();
    let mut bytes = build(&records, dimension as u32).to_vec();
    let reader = SegmentReader::open(Blob::copy_from_slice(&bytes), "seg/test.seg").unwrap();
    bytes[reader.section_range(section::VECTORS_U8).unwrap().start] ^= 0x10;
    let segment = RecordSegment::open(Blob::copy_from_slice(&bytes), "seg/test.seg").unwrap();
    let vector = embedding(4).unwrap();
    let query = Query::new(Kernels::detect(), Distance::L2, &vector);
    let found = segment.search(&query, &Scope { rows: rows.clone(), ..Scope::all(3) }, 10);
    match found {
        Ok(found) => assert!(!is_found && found.neighbours[0].row == 4, "rows={rows:?} {found:?}"),
        Err(Error::Corrupt { reason }) => assert!(is_found && reason.contains("section=22"), "{reason}"),
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
    let blob = build(&records(RECORD_NUMBERS[2]), 3);
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
