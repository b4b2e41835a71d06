//! Names of blobs.

use std::fmt;

/// Longest name, in bytes. File systems take 255 bytes per part and about 4 KiB per path.
const NAME_BYTES_MAX: usize = 512;

/// Longest part between separators, in bytes; leaves room for the suffix of an unfinished write.
const PART_BYTES_MAX: usize = 200;

/// A blob's name: parts of lower-case letters, digits, `-`, `_` and `.`, separated by `/`.
///
/// Such a name means the same on every file system and in every bucket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobName(String);

/// A text that is no [`BlobName`].
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("invalid blob name, name=`{0}`")]
pub struct InvalidBlobName(
    /// The refused text.
    pub String,
);

impl BlobName {
    /// Checks `raw`: 1 to 512 bytes, parts of 1 to 200 bytes that do not start with a dot.
    ///
    /// # Errors
    /// [`InvalidBlobName`] with the text.
    pub fn parse(raw: &str) -> Result<Self, InvalidBlobName> {
        if raw.len() <= NAME_BYTES_MAX && raw.split('/').all(is_part) {
            Ok(Self(raw.to_owned()))
        } else {
            Err(InvalidBlobName(raw.to_owned()))
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BlobName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<&BlobName> for String {
    fn from(name: &BlobName) -> Self {
        name.0.clone()
    }
}

/// A leading dot would hide a file or climb out of the directory.
fn is_part(part: &str) -> bool {
    (1..=PART_BYTES_MAX).contains(&part.len())
        && !part.starts_with('.')
        && part.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.'))
}
