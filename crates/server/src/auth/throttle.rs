//! Failed attempts by source: whoever fails too often waits, and costs nothing meanwhile.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Sources that are remembered. Beyond it the ones with the fewest failures are forgotten.
const SOURCES_MAX: usize = 16_384;

/// Failures leave one by one, evenly over a minute.
const PERIOD: Duration = Duration::from_mins(1);

/// Counts failures. The lock is held for a look-up.
#[derive(Debug)]
pub(crate) struct Throttle {
    /// Failures that a source may have at a time; 0 is no limit.
    failures_max: u32,
    sources: Mutex<HashMap<Source, Instant>>,
}

/// An address, or the network that one customer has in IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Source(u64, bool);

impl Source {
    pub(crate) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(u64::from(address.to_bits()), false),
            IpAddr::V6(address) => Self((address.to_bits() >> 64) as u64, true),
        }
    }
}

impl Throttle {
    pub(crate) fn new(failures_max: u32) -> Self {
        Self { failures_max, sources: Mutex::new(HashMap::new()) }
    }

    /// Whether `source` may try, or after which time it may.
    pub(crate) fn check(&self, source: Source, now: Instant) -> Result<(), Duration> {
        if self.failures_max == 0 {
            return Ok(());
        }
        // A source's entry is the moment at which its failures are all forgotten.
        let forgotten = self.lock().get(&source).copied();
        let debt = forgotten.map_or(Duration::ZERO, |at| at.saturating_duration_since(now));
        let room = PERIOD.saturating_sub(self.step());
        match debt.checked_sub(room) {
            None | Some(Duration::ZERO) => Ok(()),
            Some(wait) => Err(wait),
        }
    }

    /// Notes a failed attempt.
    pub(crate) fn failed(&self, source: Source, now: Instant) {
        if self.failures_max == 0 {
            return;
        }
        let step = self.step();
        let mut sources = self.lock();
        if sources.len() >= SOURCES_MAX && !sources.contains_key(&source) {
            make_room(&mut sources, now);
        }
        let forgotten = sources.entry(source).or_insert(now);
        *forgotten = (*forgotten).max(now) + step;
    }

    /// Takes one failure back.
    pub(crate) fn forgive(&self, source: Source) {
        let step = self.step();
        if let Some(forgotten) = self.lock().get_mut(&source) {
            *forgotten = forgotten.checked_sub(step).unwrap_or(*forgotten);
        }
    }

    fn step(&self) -> Duration {
        PERIOD / self.failures_max.max(1)
    }

    // No code panics while it holds the lock, and every state of the table is a valid one.
    fn lock(&self) -> MutexGuard<'_, HashMap<Source, Instant>> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets those whose failures are forgiven, or else the half that will be first.
fn make_room(sources: &mut HashMap<Source, Instant>, now: Instant) {
    sources.retain(|_, forgotten| *forgotten > now);
    if sources.len() >= SOURCES_MAX {
        let mut moments: Vec<Instant> = sources.values().copied().collect();
        let middle = moments.len() / 2;
        let (_, median, _) = moments.select_nth_unstable(middle);
        let median = *median;
        sources.retain(|_, forgotten| *forgotten > median);
    }
}

#[cfg(test)]
mod tests;
