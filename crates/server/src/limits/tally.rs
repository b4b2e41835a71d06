//! What each tenant holds, and what each user reaches of it, counted now and then.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use huedb_engine::Held;

/// How long a count is believed. A tenant can go beyond its quota by what it writes meanwhile.
const BELIEVED_FOR: Duration = Duration::from_secs(1);

/// Counts that are kept.
const COUNTS_MAX: usize = 4096;

#[derive(Default)]
pub(super) struct Tally {
    /// By user and tenant; what a tenant holds as a whole is nobody's.
    counts: Mutex<HashMap<(String, String), (Instant, Held)>>,
}

impl Tally {
    pub(super) fn of(&self, user: &str, tenant: &str, count: impl FnOnce() -> Held) -> Held {
        let now = Instant::now();
        let key = (user.to_owned(), tenant.to_owned());
        if let Some((counted, usage)) = self.lock().get(&key)
            && now.saturating_duration_since(*counted) < BELIEVED_FOR
        {
            return *usage;
        }
        let usage = count();
        let mut counts = self.lock();
        if counts.len() >= COUNTS_MAX && !counts.contains_key(&key) {
            counts.clear();
        }
        counts.insert(key, (now, usage));
        usage
    }

    // No code panics while it holds the lock, and every state of the table is a valid one.
    fn lock(&self) -> MutexGuard<'_, HashMap<(String, String), (Instant, Held)>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
