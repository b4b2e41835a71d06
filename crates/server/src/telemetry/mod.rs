//! What the server tells about itself: metrics, traces, slow requests, health.
//!
//! [`Telemetry`] is made once and shared by all requests. `request` is the context that a request
//! carries from its head to its answer, `metrics` counts, `trace` makes spans of it, `otlp` sends both
//! to a collector, `slow` writes the log line of a slow request, `health` answers probes, `start` reads
//! the options.

pub(crate) mod health;
pub(crate) mod metrics;
pub(crate) mod otlp;
pub(crate) mod request;
mod slow;
pub(crate) mod start;
pub(crate) mod trace;

use std::{
    path::PathBuf,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use axum::http::request::Parts;
use huedb_engine::Engine;

use self::{
    health::Health,
    metrics::{Counters, Family, FamilyKind, PANICS, requests::RequestMetrics},
    request::RequestContext,
    trace::{Connection, Decision, Tracer},
};
use crate::http::{app::App, route::Action};

/// Shared by all requests of a server.
#[derive(Debug)]
pub(crate) struct Telemetry {
    /// Counted where things happen: refusals, failures, connections.
    pub(crate) counters: Arc<Counters>,
    pub(crate) requests: RequestMetrics,
    /// `None` while traces are off.
    pub(crate) tracer: Option<Tracer>,
    /// Requests that take as long are logged.
    pub(crate) slow_threshold: Option<Duration>,
    /// `/metrics` asks for no credentials.
    pub(crate) metrics_open: bool,
    /// What is counted; for its counts only, requests reach data through their own access.
    engine: OnceLock<Watched>,
    /// Whose disk is measured.
    data: Option<PathBuf>,
    started: SystemTime,
    is_stopping: AtomicBool,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self {
            counters: Arc::default(),
            requests: RequestMetrics::default(),
            tracer: None,
            slow_threshold: None,
            metrics_open: false,
            engine: OnceLock::new(),
            data: None,
            started: SystemTime::now(),
            is_stopping: AtomicBool::new(false),
        }
    }
}

struct Watched(Engine);

impl std::fmt::Debug for Watched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Engine")
    }
}

/// A request that has begun, and the trace id that its client is told.
pub(crate) struct Begun {
    pub(crate) context: Arc<RequestContext>,
    /// `None` while traces are off.
    pub(crate) trace: Option<u128>,
}

impl Telemetry {
    #[cfg(test)]
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Begins the context of a request.
    pub(crate) fn begin(self: &Arc<Self>, head: &Parts) -> Begun {
        let started = std::time::Instant::now();
        let Some(tracer) = &self.tracer else {
            return Begun { context: RequestContext::begin(self, None, started), trace: None };
        };
        let connection = head.extensions.get::<Connection>().copied().unwrap_or_default();
        let (trace, id) = match tracer.begin(head, connection, started) {
            Decision::Traced(trace) => {
                let id = trace.id();
                (Some(*trace), id)
            }
            Decision::NotSampled(id) => (None, id),
        };
        Begun { context: RequestContext::begin(self, trace, started), trace: Some(id) }
    }

    /// From now on probes hear that no new requests should come.
    pub(crate) fn stop(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
    }

    /// Counts what `engine` holds from now on. Only the first call counts.
    pub(crate) fn watch(&self, engine: &Engine) {
        self.engine.get_or_init(|| Watched(engine.clone()));
    }

    /// What a caller must be allowed to do for `action`.
    pub(crate) fn needed_for(&self, action: Action) -> Action {
        if action == Action::Metrics && self.metrics_open { Action::Probe } else { action }
    }

    pub(crate) fn health(&self) -> Health {
        if self.is_stopping.load(Ordering::Relaxed) {
            Health::Stopping
        } else if self.engine.get().is_some_and(|Watched(engine)| engine.is_read_only()) {
            Health::ReadOnly
        } else {
            Health::Ready
        }
    }

    /// Every metric as it is now. Looks at every collection and at the disk: not for async threads.
    pub(crate) fn gather(&self, app: &App) -> Vec<Family> {
        let mut families = self.identity();
        families.extend(self.requests.families());
        families.extend(self.counted(app));
        if let Some(Watched(engine)) = self.engine.get() {
            let stats = engine.stats();
            families.extend(metrics::engine::families(&stats));
            families.extend(metrics::memory::families(app, &stats));
        }
        families.extend(metrics::process::families(self.data.as_deref()));
        families
    }

    fn identity(&self) -> Vec<Family> {
        let started = self.started.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        vec![
            Family::new("huedb_build_info", FamilyKind::Gauge, "1, with the version as a label")
                .with(&[("version", env!("CARGO_PKG_VERSION"))], 1.0),
            Family::new("process_start_time_seconds", FamilyKind::Gauge, "Start, in seconds since 1970")
                .with(&[], started.as_secs_f64()),
        ]
    }

    fn counted(&self, app: &App) -> Vec<Family> {
        let Counters {
            authentication_failures,
            authorisation_failures,
            rate_limited,
            queue_refusals,
            connections,
            connections_open,
            requests_in_flight,
            records_written,
            spans_exported,
            spans_dropped,
            slow_requests,
        } = &*self.counters;
        let refused = Family::new(
            "huedb_refused_requests_total",
            FamilyKind::Counter,
            "Requests that were refused, by reason",
        );
        let waiting = self.tracer.as_ref().map_or(0, |tracer| tracer.queue.len());
        vec![
            Family::gauge(
                "huedb_http_requests_in_flight",
                "Requests that are being answered",
                requests_in_flight.get(),
            ),
            Family::counter("huedb_connections_total", "Connections that were accepted", connections.get()),
            Family::gauge("huedb_connections_open", "Connections that are open", connections_open.get()),
            refused
                .with(&[("reason", "authentication")], authentication_failures.get() as f64)
                .with(&[("reason", "authorisation")], authorisation_failures.get() as f64)
                .with(&[("reason", "rate_limit")], rate_limited.get() as f64)
                .with(&[("reason", "queue_full")], queue_refusals.get() as f64),
            Family::counter(
                "huedb_password_checks_total",
                "Passwords that were checked against a hash",
                app.gate.checks_done(),
            ),
            Family::gauge("huedb_cpu_queue_jobs", "Jobs that wait for a thread", app.jobs_waiting() as u64),
            Family::counter(
                "huedb_records_written_total",
                "Records that were written and are durable",
                records_written.get(),
            ),
            Family::counter(
                "huedb_slow_requests_total",
                "Requests in the log of slow ones",
                slow_requests.get(),
            ),
            Family::counter("huedb_panics_total", "Panics; each failed one request", PANICS.get()),
            Family::counter(
                "huedb_spans_exported_total",
                "Spans that the collector took",
                spans_exported.get(),
            ),
            Family::counter("huedb_spans_dropped_total", "Spans that were thrown away", spans_dropped.get()),
            Family::gauge("huedb_spans_waiting", "Spans that wait for the collector", waiting as u64),
        ]
    }
}

#[cfg(test)]
mod tests;
