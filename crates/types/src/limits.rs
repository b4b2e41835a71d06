//! Bounds that hold everywhere, whatever the configuration.

/// Records that clients should put in one write at most; announced by the pre-flight checks. The
/// limit of request bodies is what bounds a write.
pub const BATCH_RECORDS_MAX: usize = 100_000;

/// Nesting depth of a filter.
pub const FILTER_DEPTH_MAX: usize = 64;

/// Bytes that the compiled form of one regular expression may take.
pub const REGEX_BYTES_MAX: usize = 1 << 20;

/// Dimensions of an embedding.
pub const DIMENSION_MAX: usize = 65_536;
