//! Requests a second and queries at a time, for each caller.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::Limited;
use crate::auth::throttle::Source;

/// Callers that are remembered. Beyond it those with nothing under way are forgotten, which allows them
/// a second's requests anew.
const SUBJECTS_MAX: usize = 16_384;

/// Who is counted: a user, or where there are no users the place that requests come from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    User(String),
    Source(Source),
    /// Requests that came over no connection.
    Unknown,
}

#[derive(Default)]
pub(super) struct Rates {
    subjects: Mutex<HashMap<Subject, Use>>,
}

struct Use {
    /// When the requests so far would all be done if they came evenly: the level of a bucket, as one
    /// moment.
    paid_until: Instant,
    queries: u64,
}

impl Rates {
    /// Counts one request. Zero is no limit.
    pub(super) fn request(&self, subject: &Subject, per_second: u64) -> Result<(), Limited> {
        self.request_at(subject, per_second, Instant::now())
    }

    fn request_at(&self, subject: &Subject, per_second: u64, now: Instant) -> Result<(), Limited> {
        let Some(step) = Duration::from_secs(1).checked_div(per_second.min(u64::from(u32::MAX)) as u32)
        else {
            return Ok(());
        };
        let mut subjects = self.lock();
        let used = entry(&mut subjects, subject.clone(), now);
        let paid_until = used.paid_until.max(now) + step;
        let ahead = paid_until.saturating_duration_since(now);
        if ahead > Duration::from_secs(1).max(step) {
            return Err(Limited::Rate { wait: ahead.saturating_sub(Duration::from_secs(1).max(step)) });
        }
        used.paid_until = paid_until;
        Ok(())
    }

    /// Counts one query until the guard is dropped.
    pub(super) fn query(self: &Arc<Self>, subject: Subject, limit: u64) -> Result<UnderWay, Limited> {
        let mut subjects = self.lock();
        let used = entry(&mut subjects, subject.clone(), Instant::now());
        if used.queries >= limit {
            return Err(Limited::Queries { limit });
        }
        used.queries += 1;
        drop(subjects);
        Ok(UnderWay { rates: Arc::clone(self), subject })
    }

    // No code panics while it holds the lock, and every state of the table is a valid one.
    fn lock(&self) -> MutexGuard<'_, HashMap<Subject, Use>> {
        self.subjects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn entry(subjects: &mut HashMap<Subject, Use>, subject: Subject, now: Instant) -> &mut Use {
    if subjects.len() >= SUBJECTS_MAX && !subjects.contains_key(&subject) {
        subjects.retain(|_, used| used.queries > 0 || used.paid_until > now);
        if subjects.len() >= SUBJECTS_MAX {
            // Queries are bounded by connections, so that what stays is.
            subjects.retain(|_, used| used.queries > 0);
        }
    }
    subjects.entry(subject).or_insert(Use { paid_until: now, queries: 0 })
}

/// A query that is under way.
pub(crate) struct UnderWay {
    rates: Arc<Rates>,
    subject: Subject,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(used) = self.rates.lock().get_mut(&self.subject) {
            used.queries = used.queries.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests;
