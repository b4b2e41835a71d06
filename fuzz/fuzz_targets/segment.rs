#![no_main]

use huedb_storage::{blob::Blob, segment::SegmentReader};

// Whatever the bytes are, opening and verifying end, and every section lies within the file.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(reader) = SegmentReader::open(Blob::copy_from_slice(bytes), "fuzzed") else { return };
    for (id, section) in reader.sections() {
        let range = reader.section_range(id).expect("a listed section has a range");
        assert_eq!(section, &bytes[range]);
        let _ = reader.verify(id);
    }
    let _ = reader.verify_all();
});
