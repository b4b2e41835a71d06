//! The segment container: round trips, its bytes, and damage of every single byte.

use huedb_storage::blob::{Blob, BlobName, BlobStore, LocalBlobStore, MemoryBlobStore};
use huedb_storage::checksum::xxh3_64;
use huedb_storage::segment::{
    BLOCK_BYTES, SECTION_ALIGNMENT, SectionId, SegmentError, SegmentPart, SegmentReader, SegmentSummary,
    SegmentWriter, VERSION,
};
use proptest::collection::vec;
use proptest::prelude::*;

const NAME: &str = "seg/0a/01.seg";
const KIND: u16 = 3;

type Sections = Vec<(SectionId, Vec<u8>)>;

/// Writes a segment and returns its bytes.
fn encode(sections: &[(SectionId, Vec<u8>)]) -> (Vec<u8>, SegmentSummary) {
    let blobs = MemoryBlobStore::new();
    let name = BlobName::parse(NAME).unwrap();
    let mut writer = SegmentWriter::new(blobs.put(&name).unwrap(), KIND).unwrap();
    for (id, bytes) in sections {
        writer.section(*id, bytes).unwrap();
    }
    let summary = writer.finish().unwrap();
    (blobs.open(&name).unwrap().to_vec(), summary)
}

fn open(bytes: &[u8]) -> Result<SegmentReader, SegmentError> {
    SegmentReader::open(Blob::copy_from_slice(bytes), NAME)
}

/// Sections with padding after them, without, and without bytes.
fn small() -> Sections {
    let section = |id, bytes: &[u8]| (SectionId(id), bytes.to_vec());
    vec![section(1, b"ids"), section(40, &[0xab; 64]), section(7, b""), section(0xffff, &[1, 2, 3, 0, 0])]
}

/// Pseudo-random bytes, so that no two blocks are alike.
fn noise(length: usize) -> Vec<u8> {
    (0..length as u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 23) as u8).collect()
}

#[track_caller]
fn check_round_trip(sections: &[(SectionId, Vec<u8>)]) {
    let (bytes, summary) = encode(sections);
    assert_eq!(summary.bytes, bytes.len() as u64);
    let reader = open(&bytes).unwrap();
    reader.verify_all().unwrap();
    assert_eq!((reader.kind(), reader.name(), reader.bytes()), (KIND, NAME, summary.bytes));
    assert_eq!(reader.checksum(), summary.checksum);
    assert!(reader.sections().eq(sections.iter().map(|(id, bytes)| (*id, bytes.as_slice()))));
    for ((id, expected), place) in sections.iter().zip(&summary.sections) {
        reader.verify(*id).unwrap();
        assert_eq!(reader.section(*id).unwrap(), expected);
        let range = reader.section_range(*id).unwrap();
        assert_eq!(&reader.blob()[range.clone()], expected);
        assert_eq!((place.id, place.offset, place.bytes), (*id, range.start as u64, range.len() as u64));
        assert!(range.start.is_multiple_of(SECTION_ALIGNMENT));
        assert!(reader.blob()[range].as_ptr().addr().is_multiple_of(SECTION_ALIGNMENT));
    }
}

#[test]
fn sections_are_read_back_in_the_order_of_writing() {
    check_round_trip(&[]);
    check_round_trip(&small());
    let lengths = [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES];
    let around_a_block: Sections = (0..).map(SectionId).zip(lengths.map(noise)).collect();
    check_round_trip(&around_a_block);
    check_round_trip(&[(SectionId(0), noise(3 * BLOCK_BYTES + 7))]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_of_any_size_make_the_same_file(lengths in vec(0_usize..200_000, 0..4), piece in 1_usize..100_000) {
        let sections: Sections = lengths.iter().enumerate().map(|(id, length)| (SectionId(id as u16), noise(*length))).collect();
        let blobs = MemoryBlobStore::new();
        let name = BlobName::parse(NAME).unwrap();
        let mut writer = SegmentWriter::new(blobs.put(&name).unwrap(), KIND).unwrap();
        for (id, bytes) in &sections {
            writer.begin(*id).unwrap();
            bytes.chunks(piece).for_each(|piece| writer.write(piece).unwrap());
            writer.end().unwrap();
        }
        writer.finish().unwrap();
        prop_assert!(blobs.open(&name).unwrap()[..] == encode(&sections).0);
        check_round_trip(&sections);
    }

    #[test]
    fn bytes_that_are_no_segment_never_panic(mut bytes in vec(any::<u8>(), 0..400), marks in any::<bool>()) {
        if marks && bytes.len() >= 128 {
            let end = bytes.len() - 8;
            bytes[..8].copy_from_slice(b"HUEDBSEG");
            bytes[end..].copy_from_slice(b"HUEDBSEG");
        }
        prop_assert!(open(&bytes).is_err());
    }
}

#[test]
fn a_segment_on_disk_is_opened_mapped() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = LocalBlobStore::open(dir.path()).unwrap();
    let name = BlobName::parse(NAME).unwrap();
    let mut writer = SegmentWriter::new(blobs.put(&name).unwrap(), KIND).unwrap();
    writer.section(SectionId(1), &noise(200_000)).unwrap();
    writer.finish().unwrap();
    let reader = SegmentReader::open(blobs.open(&name).unwrap(), &name).unwrap();
    assert!(reader.blob().is_mapped());
    reader.verify_all().unwrap();
    blobs.delete(&name).unwrap();
    assert!(reader.clone().section(SectionId(1)).unwrap() == noise(200_000));
}

/// The bytes of version 1 as the document gives them. A change here is a new version.
#[test]
fn the_bytes_are_those_of_the_document() {
    let (bytes, summary) = encode(&small());
    let mut expected = Vec::new();
    let u64s = |expected: &mut Vec<u8>, values: &[u64]| {
        expected.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    };
    // Header.
    expected.extend(b"HUEDBSEG\x01\0\0\0\x03\0");
    expected.resize(56, 0);
    let header_checksum = xxh3_64(&expected);
    u64s(&mut expected, &[header_checksum]);
    // Sections at 64, 128, 192 (empty) and 192.
    expected.extend(b"ids");
    expected.resize(128, 0);
    expected.extend([0xab; 64]);
    expected.extend([1, 2, 3, 0, 0]);
    expected.resize(256, 0);
    // Directory: entries, then one checksum for each of the three sections with bytes.
    for (id, offset, length) in [(1_u64, 64, 3), (40, 128, 64), (7, 192, 0), (0xffff, 192, 5)] {
        u64s(&mut expected, &[id, offset, length]);
    }
    u64s(&mut expected, &[xxh3_64(b"ids"), xxh3_64(&[0xab; 64]), xxh3_64(&[1, 2, 3, 0, 0])]);
    let directory_checksum = xxh3_64(&expected[256..]);
    // Footer.
    let footer = expected.len();
    let directory_bytes = footer as u64 - 256;
    u64s(&mut expected, &[256, directory_bytes, directory_checksum, header_checksum, footer as u64 + 64, 4]);
    let footer_checksum = xxh3_64(&expected[footer..]);
    u64s(&mut expected, &[footer_checksum]);
    expected.extend(b"HUEDBSEG");
    assert_eq!(bytes, expected);
    assert_eq!(summary.checksum, footer_checksum);
}

#[test]
fn the_checksum_is_xxh3_with_64_bits_and_seed_0() {
    // From the reference implementation.
    assert_eq!(xxh3_64(b""), 0x2d06_8005_38d3_94c2);
}

#[test]
fn every_changed_byte_of_a_small_file_is_found_and_named() {
    let (bytes, summary) = encode(&small());
    let footer = bytes.len() - 64;
    let directory =
        summary.sections.last().map(|last| (last.offset + last.bytes).next_multiple_of(64) as usize).unwrap();
    for at in 0..bytes.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[at] ^= change;
            let error = open(&changed).and_then(|reader| reader.verify_all()).unwrap_err();
            let text = error.to_string();
            assert!(
                error.is_corruption() && text.contains(NAME) && text.contains("offset="),
                "byte {at}: {text}"
            );
            let found = match error {
                SegmentError::NotASegment { .. } => (0, 8),
                SegmentError::Damaged { part: SegmentPart::Header, offset: 0, .. } => (8, 64),
                SegmentError::Checksum { section, offset, bytes, .. } => {
                    let place = summary.sections.iter().find(|place| place.id == section).unwrap();
                    assert_eq!((offset, bytes), (place.offset, place.bytes));
                    (offset as usize, (offset + bytes) as usize)
                }
                SegmentError::Damaged { part: SegmentPart::Padding, offset, .. } => {
                    (offset as usize, offset as usize + 1)
                }
                SegmentError::Damaged { part: SegmentPart::Directory, offset, .. } => {
                    assert_eq!(offset, directory as u64);
                    (directory, footer)
                }
                SegmentError::Damaged { part: SegmentPart::Footer, offset, .. } => {
                    assert_eq!(offset, footer as u64);
                    (footer, bytes.len())
                }
                error => panic!("byte {at}: {error}"),
            };
            assert!((found.0..found.1).contains(&at), "byte {at} reported as {text}");
        }
    }
}

#[test]
fn a_file_cut_or_grown_at_any_length_is_refused() {
    let (bytes, _) = encode(&small());
    for length in 0..bytes.len() {
        let error = open(&bytes[..length]).unwrap_err();
        assert!(error.is_corruption(), "length {length}: {error}");
        assert!(
            matches!(&error, SegmentError::Truncated { bytes, .. } if *bytes == length as u64),
            "length {length}: {error}"
        );
    }
    for more in 1..130 {
        let grown = [bytes.clone(), vec![0; more]].concat();
        assert!(open(&grown).unwrap_err().is_corruption());
    }
    // Whole, but of another length than its footer says.
    let inserted = [&bytes[..64], &[0; 64], &bytes[64..]].concat();
    assert!(matches!(open(&inserted), Err(SegmentError::Damaged { part: SegmentPart::Footer, .. })));
}

#[test]
fn a_damaged_block_is_named_by_its_offset_and_the_other_sections_stay_good() {
    let (bytes, _) = encode(&[(SectionId(1), noise(100)), (SectionId(2), noise(3 * BLOCK_BYTES + 10))]);
    for (block, length) in [(0, BLOCK_BYTES), (2, BLOCK_BYTES), (3, 10)] {
        let mut changed = bytes.clone();
        changed[192 + block * BLOCK_BYTES + 7] ^= 0x10;
        let reader = open(&changed).unwrap();
        reader.verify(SectionId(1)).unwrap();
        match reader.verify(SectionId(2)).unwrap_err() {
            SegmentError::Checksum { section, offset, bytes, expected, found, .. } => {
                assert_eq!(
                    (section, offset, bytes),
                    (SectionId(2), (192 + block * BLOCK_BYTES) as u64, length as u64)
                );
                assert_ne!(expected, found);
            }
            error => panic!("{error}"),
        }
        assert!(reader.verify_all().is_err());
    }
}

#[track_caller]
fn check_range(range: std::ops::Range<usize>, damaged_at: usize, is_found: bool) {
    let (mut bytes, _) = encode(&[(SectionId(2), noise(3 * BLOCK_BYTES + 10))]);
    bytes[64 + damaged_at] ^= 0x10;
    let reader = open(&bytes).unwrap();
    // Twice: what was found once is found again, and a good block stays good.
    for _ in 0..2 {
        let found = reader.verify_range(SectionId(2), range.clone());
        assert_eq!(found.is_err(), is_found, "range={range:?} damaged_at={damaged_at} {found:?}");
    }
    let found = reader.verified(SectionId(2), range.clone());
    assert_eq!(found.is_err(), is_found, "range={range:?} damaged_at={damaged_at}");
    assert!(found.is_err() || found.unwrap() == reader.section(SectionId(2)).unwrap().get(range.clone()));
    if is_found {
        let whole = reader.verify(SectionId(2)).unwrap_err().to_string();
        assert_eq!(reader.verify_range(SectionId(2), range).unwrap_err().to_string(), whole);
    }
}

#[test]
fn damage_is_found_by_reading_any_part_of_its_block_and_no_other() {
    let block = BLOCK_BYTES;
    check_range(0..1, block - 1, true);
    check_range(0..block, block, false);
    check_range(0..block + 1, block, true);
    check_range(block - 1..block, block, false);
    check_range(block..2 * block, 2 * block - 1, true);
    check_range(2 * block..4 * block, block, false);
    check_range(3 * block + 9..3 * block + 10, 3 * block, true);
    check_range(3 * block..usize::MAX, 3 * block + 9, true);
    check_range(3 * block + 10..usize::MAX, 0, false);
    check_range(0..0, 0, false);
}

#[test]
fn a_block_is_compared_with_its_checksum_once() {
    let name = BlobName::parse(NAME).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let blobs = LocalBlobStore::open(dir.path()).unwrap();
    let mut writer = SegmentWriter::new(blobs.put(&name).unwrap(), KIND).unwrap();
    writer.section(SectionId(1), &noise(2 * BLOCK_BYTES)).unwrap();
    writer.finish().unwrap();
    let reader = SegmentReader::open(blobs.open(&name).unwrap(), NAME).unwrap();
    reader.verify_range(SectionId(1), 5..6).unwrap();
    // The map is of the file, so this is damage that comes later, to both blocks.
    let mut file = std::fs::OpenOptions::new().write(true).open(dir.path().join(NAME)).unwrap();
    for block in [0, 1] {
        std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(64 + block * BLOCK_BYTES as u64)).unwrap();
        std::io::Write::write_all(&mut file, &[0xff; 32]).unwrap();
    }
    reader.verify_range(SectionId(1), 0..BLOCK_BYTES).unwrap();
    assert!(reader.clone().verify_range(SectionId(1), 0..BLOCK_BYTES + 1).is_err());
    assert!(reader.verify(SectionId(1)).is_err());
    assert!(matches!(reader.verify_range(SectionId(9), 0..1), Err(SegmentError::MissingSection { .. })));
}

#[test]
fn fetching_changes_nothing_wherever_the_ranges_lie() {
    let (bytes, _) = encode(&[(SectionId(2), noise(3 * BLOCK_BYTES))]);
    let reader = open(&bytes).unwrap();
    let ranges =
        [0..1, 5..BLOCK_BYTES, 3 * BLOCK_BYTES - 1..4 * BLOCK_BYTES, 9 * BLOCK_BYTES..10 * BLOCK_BYTES];
    for _ in 0..40 {
        reader.fetch(SectionId(2), &mut ranges.iter().cloned());
        reader.fetch(SectionId(9), &mut ranges.iter().cloned());
    }
    reader.verify_all().unwrap();
    assert!(reader.blob()[..] == bytes);
}

#[test]
fn a_newer_version_is_refused_by_its_number() {
    let (mut bytes, _) = encode(&small());
    bytes[8..12].copy_from_slice(&(VERSION + 1).to_le_bytes());
    let checksum = xxh3_64(&bytes[..56]);
    bytes[56..64].copy_from_slice(&checksum.to_le_bytes());
    let error = open(&bytes).unwrap_err();
    assert!(error.is_unsupported() && !error.is_corruption());
    assert_eq!(
        error.to_string(),
        format!("unsupported segment version, file=`{NAME}`, version=2, supported=1")
    );
}

/// Fixes both checksums that cover a directory, so that only its meaning is wrong.
fn seal(bytes: &mut [u8], directory: usize) {
    let footer = bytes.len() - 64;
    let directory_checksum = xxh3_64(&bytes[directory..footer]);
    bytes[footer + 16..footer + 24].copy_from_slice(&directory_checksum.to_le_bytes());
    let footer_checksum = xxh3_64(&bytes[footer..footer + 48]);
    bytes[footer + 48..footer + 56].copy_from_slice(&footer_checksum.to_le_bytes());
}

#[test]
fn a_directory_that_contradicts_itself_is_refused_although_its_checksums_agree() {
    let (bytes, _) = encode(&small());
    let (directory, footer) = (256, bytes.len() - 64);
    let set = |at: usize, value: u64| {
        let mut changed = bytes.clone();
        changed[at..at + 8].copy_from_slice(&value.to_le_bytes());
        seal(&mut changed, directory);
        open(&changed)
    };
    for value in [0, 1, 63, 65, 128, 192, 256, 1 << 32, u64::MAX - 63, u64::MAX] {
        for at in [directory + 8, directory + 16, footer, footer + 8, footer + 32, footer + 40] {
            if bytes[at..at + 8] != value.to_le_bytes() {
                // A length that happens to fit is found by the checksum of the section.
                let result = set(at, value).and_then(|reader| reader.verify_all());
                assert!(result.unwrap_err().is_corruption(), "value {value} at {at}");
            }
        }
    }
    // A number used twice.
    assert!(set(directory, 40).unwrap_err().is_corruption());
    assert_eq!(set(directory, 2).unwrap().section(SectionId(2)), Some(&b"ids"[..]));
}

#[test]
fn a_writer_used_out_of_order_says_so() {
    let blobs = MemoryBlobStore::new();
    let new = || SegmentWriter::new(blobs.put(&BlobName::parse(NAME).unwrap()).unwrap(), KIND).unwrap();
    let check = |result: Result<(), SegmentError>, expected: &str| {
        assert_eq!(result.unwrap_err().to_string(), expected);
    };
    let mut writer = new();
    check(writer.write(b"x"), "cannot write here: no section is open");
    check(writer.end(), "cannot end here: no section is open");
    writer.section(SectionId(1), b"x").unwrap();
    check(writer.begin(SectionId(1)), "section was begun before, section=1");
    writer.begin(SectionId(2)).unwrap();
    check(writer.begin(SectionId(3)), "cannot begin here: a section is open");
    check(writer.finish().map(|_| ()), "cannot finish here: a section is open");
    assert!(blobs.list().unwrap().is_empty());
    let reader = open(&encode(&small()).0).unwrap();
    assert_eq!(reader.section(SectionId(2)), None);
    check(reader.verify(SectionId(2)), "segment has no such section, file=`seg/0a/01.seg`, section=2");
}

#[test]
fn a_segment_whose_last_sync_fails_is_not_there() {
    let blobs = MemoryBlobStore::new();
    let name = BlobName::parse(NAME).unwrap();
    blobs.faults().fail_sync(1);
    let mut writer = SegmentWriter::new(blobs.put(&name).unwrap(), KIND).unwrap();
    writer.section(SectionId(1), b"x").unwrap();
    assert!(matches!(writer.finish(), Err(SegmentError::Write(_))));
    assert!(blobs.open(&name).unwrap_err().is_not_found());
}
