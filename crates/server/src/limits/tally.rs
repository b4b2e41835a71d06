//! What each tenant holds, counted now and then.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use huedb_engine::Held;

/// How long a count is believed. A tenant can go beyond its quota by what it writes meanwhile.
const BELIEVED_FOR: Duration = Duration::from_secs(1);

/// Tenants whose counts are kept.
const TENANTS_MAX: usize = 4096;

#[derive(Default)]
pub(super) struct Tally {
    counts: Mutex<HashMap<String, (Instant, Held)>>,
}

impl Tally {
    pub(super) fn of(&self, tenant: &str, count: impl FnOnce() -> Held) -> Held {
        let now = Instant::now();
        if let Some((counted, usage)) = self.lock().get(tenant)
            && now.saturating_duration_since(*counted) < BELIEVED_FOR
        {
            return *usage;
        }
        let usage = count();
        let mut counts = self.lock();
        if counts.len() >= TENANTS_MAX && !counts.contains_key(tenant) {
            counts.clear();
        }
        counts.insert(tenant.to_owned(), (now, usage));
        usage
    }

    // No code panics while it holds the lock, and every state of the table is a valid one.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, (Instant, Held)>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
