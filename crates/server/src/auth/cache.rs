//! Credentials that were verified, so that a slow hash is computed once and not for each request.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use huedb_engine::Lookups;

use super::token::Fingerprint;

/// Verdicts by fingerprint of the credential, for a time. The credentials themselves are not kept.
#[derive(Debug)]
pub(crate) struct Cache<V> {
    lifetime: Duration,
    entries_max: usize,
    halves: Mutex<Halves<V>>,
}

/// New entries go to the young half. When it is full it becomes the old one, and the entries of the
/// old one that nobody asked for meanwhile are gone.
#[derive(Debug)]
struct Halves<V> {
    young: HashMap<Fingerprint, (V, Instant)>,
    old: HashMap<Fingerprint, (V, Instant)>,
}

impl<V: Clone> Cache<V> {
    /// Holds up to `entries_max` verdicts, each for `lifetime`.
    pub(crate) fn new(entries_max: usize, lifetime: Duration) -> Self {
        let halves = Mutex::new(Halves { young: HashMap::new(), old: HashMap::new() });
        Self { lifetime, entries_max, halves }
    }

    pub(crate) fn get(&self, credential: &Fingerprint, now: Instant) -> Option<V> {
        let mut halves = self.lock();
        let is_young = halves.young.contains_key(credential);
        if !is_young {
            let entry = halves.old.remove(credential)?;
            self.add(&mut halves, *credential, entry);
        }
        let (verdict, end) = halves.young.get(credential)?;
        (*end > now).then(|| verdict.clone())
    }

    pub(crate) fn insert(&self, credential: Fingerprint, verdict: V, now: Instant) {
        self.add(&mut self.lock(), credential, (verdict, now + self.lifetime));
    }

    fn add(&self, halves: &mut Halves<V>, credential: Fingerprint, entry: (V, Instant)) {
        if halves.young.len() >= self.entries_max.div_ceil(2) {
            halves.old = std::mem::take(&mut halves.young);
        }
        halves.young.insert(credential, entry);
    }

    // No code panics while it holds the lock, and every state of the halves is a valid one.
    fn lock(&self) -> MutexGuard<'_, Halves<V>> {
        self.halves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts how often a verdict was there. Outside of the caches, since a reload makes new ones.
#[derive(Debug, Default)]
pub(crate) struct LookupCounter {
    hits: AtomicU64,
    misses: AtomicU64,
}

impl LookupCounter {
    pub(crate) fn hit(&self) {
        self.hits.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn miss(&self) {
        self.misses.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> Lookups {
        Lookups { hits: self.hits.load(Ordering::Relaxed), misses: self.misses.load(Ordering::Relaxed) }
    }
}

#[cfg(test)]
mod tests;
