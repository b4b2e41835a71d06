//! Ids of traces and spans: unlike all others with overwhelming likelihood, and cheap.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// Keys that the system's random numbers gave; hashing a counter with them gives numbers that nobody
/// can foresee without them.
static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::new);
static NEXT: AtomicU64 = AtomicU64::new(0);

/// An id for a span. Zero means "no span" on the wire and is never given.
pub(crate) fn new_span() -> u64 {
    KEYS.hash_one(NEXT.fetch_add(1, Ordering::Relaxed)).max(1)
}

/// An id for a trace, never zero.
pub(crate) fn new_trace() -> u128 {
    u128::from(new_span()) << 64 | u128::from(new_span())
}
