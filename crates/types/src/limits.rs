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

/// Bytes of a tenant's name in UTF-8: it is a key of the store, which has 64 KiB for keys. All other
/// names, and ids of records, are in values, and bounded only by the limit of request bodies.
pub const TENANT_NAME_BYTES_MAX: usize = 65_533;
