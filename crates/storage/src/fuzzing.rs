//! The segment container as a function of bytes, for the target in `fuzz/`. It panics when a rule of the
//! reader is broken.

#![expect(clippy::expect_used, reason = "a rule that is broken is a panic, which the fuzzer reports")]

use crate::{
    blob::{Blob, BlobName, BlobStore as _, MemoryBlobStore},
    segment::{SectionId, SegmentReader, SegmentWriter},
};

/// Whatever the bytes are, opening and verifying end, and every section lies within the file. Written as
/// sections they come back. Damage to what was written is noticed, except while fuzzing: checksums are
/// off then, so that the fuzzer gets to what they guard.
///
/// # Panics
/// When one of that does not hold.
pub fn segment(bytes: &[u8]) {
    verify(bytes);
    let Some((place, bytes)) = bytes.split_first_chunk::<4>() else { return };
    let sections: Vec<&[u8]> = bytes.split(|&byte| byte == b'|').collect();
    let mut file = written(&sections);
    assert!(verify(&file), "what was written is not read");
    let place = u32::from_le_bytes(*place) as usize;
    let (at, bit) = (place / 8 % file.len(), place % 8);
    file[at] ^= 1 << bit;
    let damaged = verify(&file);
    file.truncate(at);
    let cut_off = verify(&file);
    assert!(cfg!(fuzzing) || !damaged, "bit {bit} of byte {at} is wrong and nobody noticed");
    assert!(cfg!(fuzzing) || !cut_off, "cut off at byte {at} and nobody noticed");
}

/// Whether `bytes` are a segment without damage.
fn verify(bytes: &[u8]) -> bool {
    let Ok(reader) = SegmentReader::open(Blob::copy_from_slice(bytes), "fuzzed") else { return false };
    let mut is_whole = true;
    for (id, section) in reader.sections() {
        let range = reader.section_range(id).expect("a listed section has a range");
        assert_eq!(section, &bytes[range]);
        is_whole &= reader.verify(id).is_ok();
    }
    assert_eq!(reader.verify_all().is_ok(), is_whole);
    is_whole
}

fn written(sections: &[&[u8]]) -> Vec<u8> {
    let blobs = MemoryBlobStore::new();
    let name = BlobName::parse("seg/0a/01.seg").expect("a name of a blob");
    let mut writer = SegmentWriter::new(blobs.put(&name).expect("memory takes it"), 3).expect("a header");
    for (id, section) in (1..).zip(sections) {
        writer.section(SectionId(id), section).expect("a section of its own");
    }
    writer.finish().expect("no section is open");
    blobs.open(&name).expect("it was written").to_vec()
}

#[cfg(test)]
mod tests;
