//! The one checksum of every format of this crate: XXH3 with 64 bits and seed 0.
//!
//! It detects damage by media, memory and software; it is no defence against a person who edits
//! files on purpose.

/// Returns the XXH3-64 (seed 0) of `bytes`.
pub fn xxh3_64(bytes: &[u8]) -> u64 {
    // A fuzzer cannot guess checksums; without them it gets to what they guard.
    if cfg!(fuzzing) { 0 } else { xxhash_rust::xxh3::xxh3_64(bytes) }
}

/// Checksum of bytes that arrive in pieces; equals [`xxh3_64`] of all pieces in a row.
#[derive(Clone, Default)]
pub struct Hasher(xxhash_rust::xxh3::Xxh3);

impl Hasher {
    /// A checksum of nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next piece.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Returns the checksum of everything added so far.
    pub fn digest(&self) -> u64 {
        if cfg!(fuzzing) { 0 } else { self.0.digest() }
    }
}
