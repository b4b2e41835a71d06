//! Counters and histograms, and the families in which they are shown.
//!
//! Label values come from lists that are fixed while the server starts (route templates, methods,
//! statuses), so every series is an atomic number in an array: a request costs a few uncontended
//! additions, and no client can make a series. The same families go to `/metrics` and over OTLP, which
//! is why this is no client library of one of the two.

pub(crate) mod engine;
pub(crate) mod memory;
pub(crate) mod process;
pub(crate) mod requests;
pub(crate) mod text;

use std::sync::atomic::{AtomicU64, Ordering};

use huedb_types::DurationCounts;

use crate::auth::gate::Refusal;

/// A number that only grows, or a level that goes up and down.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// Takes back what was added; for levels.
    pub(crate) fn subtract(&self, count: u64) {
        self.0.fetch_sub(count, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Panics since the process started. A panic hook belongs to the process, not to a server.
pub(crate) static PANICS: Counter = Counter::new();

/// Counts of things that are no request, or that many requests share.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Credentials that were missing or wrong.
    pub(crate) authentication_failures: Counter,
    /// Requests of a known identity that its role does not allow.
    pub(crate) authorisation_failures: Counter,
    /// Requests refused since an identity asked too often or holds as much as it may.
    pub(crate) rate_limited: Counter,
    /// Requests refused since the queue of the CPU pool was full.
    pub(crate) queue_refusals: Counter,
    /// Connections since the start.
    pub(crate) connections: Counter,
    /// Connections that are open.
    pub(crate) connections_open: Counter,
    /// Requests that are being answered.
    pub(crate) requests_in_flight: Counter,
    /// Records written and made durable.
    pub(crate) records_written: Counter,
    /// Spans handed to the exporter.
    pub(crate) spans_exported: Counter,
    /// Spans thrown away: the queue was full or the collector did not take them.
    pub(crate) spans_dropped: Counter,
    /// Requests slower than the threshold of the slow log.
    pub(crate) slow_requests: Counter,
}

impl Counters {
    /// Counts what the gate refused, by its reason.
    pub(crate) fn refused(&self, refusal: Refusal) {
        match refusal {
            Refusal::Unauthenticated { .. } => self.authentication_failures.add(1),
            Refusal::Denied => self.authorisation_failures.add(1),
            Refusal::Throttled { .. } => self.rate_limited.add(1),
            Refusal::Overloaded => self.queue_refusals.add(1),
        }
    }
}

/// All series of one metric at one moment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Family {
    pub(crate) name: &'static str,
    /// One sentence without a final stop.
    pub(crate) help: &'static str,
    pub(crate) kind: FamilyKind,
    pub(crate) samples: Vec<Sample>,
}

/// How numbers of a family behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FamilyKind {
    /// Only grows; the name ends in `_total`.
    Counter,
    /// Goes up and down.
    Gauge,
    Histogram,
}

/// One series.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) labels: Vec<(&'static str, &'static str)>,
    pub(crate) value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Number(f64),
    Histogram(Box<DurationCounts>),
}

impl Family {
    pub(crate) fn new(name: &'static str, kind: FamilyKind, help: &'static str) -> Self {
        Self { name, help, kind, samples: Vec::new() }
    }

    /// A counter without labels.
    pub(crate) fn counter(name: &'static str, help: &'static str, value: u64) -> Self {
        Self::new(name, FamilyKind::Counter, help).with(&[], value as f64)
    }

    /// A gauge without labels.
    pub(crate) fn gauge(name: &'static str, help: &'static str, value: u64) -> Self {
        Self::new(name, FamilyKind::Gauge, help).with(&[], value as f64)
    }

    /// A histogram without labels.
    pub(crate) fn durations(name: &'static str, help: &'static str, counts: DurationCounts) -> Self {
        let sample = Sample { labels: Vec::new(), value: Value::Histogram(Box::new(counts)) };
        Self { samples: vec![sample], ..Self::new(name, FamilyKind::Histogram, help) }
    }

    pub(crate) fn with(mut self, labels: &[(&'static str, &'static str)], value: f64) -> Self {
        self.samples.push(Sample { labels: labels.to_vec(), value: Value::Number(value) });
        self
    }
}

#[cfg(test)]
mod tests;
