//! Decoders of stored bytes as functions of bytes, for the targets in `fuzz/`. Each one panics when a
//! rule of its decoder is broken.

#![expect(clippy::expect_used, reason = "a rule that is broken is a panic, which the fuzzer reports")]

use crate::{log, metadata_bytes};

/// An entry of the log: what is decoded, encoded and decoded again is the same.
///
/// # Panics
/// When it is not.
pub fn log_entry(bytes: &[u8]) {
    let Ok(changes) = log::decode(bytes) else { return };
    let again = log::decode(&log::encode(&changes)).expect("an encoded entry can be decoded");
    // Compared as text, because an embedding on a damaged disk may hold not-a-number.
    assert_eq!(format!("{changes:?}"), format!("{again:?}"));
}

/// Metadata as the log and segments keep it, likewise.
///
/// # Panics
/// When it is not.
pub fn stored_metadata(bytes: &[u8]) {
    let Ok(metadata) = metadata_bytes::decode(bytes) else { return };
    let again =
        metadata_bytes::decode(&metadata_bytes::encode(&metadata)).expect("encoded metadata can be decoded");
    assert_eq!(format!("{metadata:?}"), format!("{again:?}"));
}

#[cfg(test)]
mod tests;
