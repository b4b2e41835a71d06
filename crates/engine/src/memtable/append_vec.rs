use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Items in the first bucket, as a power of two; each further bucket doubles the capacity. Few, since
/// there may be thousands of collections with a handful of recent records each.
const FIRST_BUCKET_BITS: u32 = 3;
const BUCKETS: usize = 32 - FIRST_BUCKET_BITS as usize;

/// A vector that one writer appends to while readers look, without a lock and without moving items.
#[derive(Debug)]
pub(super) struct AppendVec<T> {
    buckets: [OnceLock<Box<[OnceLock<T>]>>; BUCKETS],
    len: AtomicUsize,
}

impl<T> Default for AppendVec<T> {
    fn default() -> Self {
        Self { buckets: [const { OnceLock::new() }; BUCKETS], len: AtomicUsize::new(0) }
    }
}

/// Bucket of `index` and the place in it.
fn place(index: usize) -> (usize, usize) {
    let shifted = index + (1 << FIRST_BUCKET_BITS);
    let bits = shifted.ilog2();
    ((bits - FIRST_BUCKET_BITS) as usize, shifted - (1 << bits))
}

impl<T> AppendVec<T> {
    /// Appends `item`; two calls must not overlap.
    pub(super) fn push(&self, item: T) {
        let index = self.len.load(Ordering::Relaxed);
        let (bucket, offset) = place(index);
        let slots = self.buckets[bucket].get_or_init(|| {
            (0..1_usize << (bucket as u32 + FIRST_BUCKET_BITS)).map(|_| OnceLock::new()).collect()
        });
        let was_empty = slots[offset].set(item).is_ok();
        debug_assert!(was_empty, "two writers appended at once");
        self.len.store(index + 1, Ordering::Release);
    }

    pub(super) fn get(&self, index: usize) -> Option<&T> {
        if index >= self.len() {
            return None;
        }
        let (bucket, offset) = place(index);
        self.buckets.get(bucket)?.get()?.get(offset)?.get()
    }

    pub(super) fn len(&self) -> usize {
        self.len.load(Ordering::Acquire)
    }
}
