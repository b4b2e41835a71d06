//! What is known of a request while it is on its way: when it began, which route took it, and, when
//! somebody wants to know, where its time went.
//!
//! The context travels with the task, not through signatures: the edge begins it, the route table
//! names the route, the CPU pool adds the engine's phases, the edge ends it. Handlers are not
//! concerned.

use std::{
    cell::RefCell,
    future::Future,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Instant,
};

use axum::{http::StatusCode, response::Response};
use huedb_engine::{
    Error, WriteTicket,
    phase::{self, PhaseReport},
};

use super::{
    Telemetry,
    trace::{Trace, resource::Resource},
};
use crate::{auth::trail::Trail, http::route::RouteId};

tokio::task_local! {
    static CURRENT: Arc<RequestContext>;
}

thread_local! {
    /// Numbers that the handler on this thread of the pool gives about its request.
    static NOTES: RefCell<Option<Vec<Note>>> = const { RefCell::new(None) };
}

/// A number about a request, such as how many results it asked for.
pub(crate) type Note = (&'static str, u64);

/// One request on its way.
#[derive(Debug)]
pub(crate) struct RequestContext {
    telemetry: Arc<Telemetry>,
    pub(crate) started: Instant,
    route: OnceLock<RouteId>,
    trail: OnceLock<Arc<Trail>>,
    pub(crate) trace: Option<Trace>,
    work: Mutex<Work>,
}

/// Where the time of a request went.
#[derive(Clone, Debug, Default)]
pub(crate) struct Work {
    /// From the moment at which a job was queued to its start.
    pub(crate) queued: Option<(Instant, Instant)>,
    /// From the moment at which the work was queued to its end, the wait for the disk included.
    pub(crate) operation: Option<(Instant, Instant)>,
    /// The wait for the disk.
    pub(crate) durable: Option<(Instant, Instant)>,
    pub(crate) phases: Vec<PhaseReport>,
    pub(crate) notes: Vec<Note>,
}

/// What an error is, in the words that traces use. It travels with the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ErrorNote {
    pub(crate) class: &'static str,
    /// Only texts that quote nothing of a body: neither documents nor conditions go to a collector.
    pub(crate) message: Option<String>,
}

impl RequestContext {
    pub(crate) fn begin(telemetry: &Arc<Telemetry>, trace: Option<Trace>, started: Instant) -> Arc<Self> {
        telemetry.counters.requests_in_flight.add(1);
        Arc::new(Self {
            telemetry: Arc::clone(telemetry),
            started,
            route: OnceLock::new(),
            trail: OnceLock::new(),
            trace,
            work: Mutex::default(),
        })
    }

    /// Runs `request` so that everything below finds this context.
    pub(crate) fn scope<F: Future>(self: &Arc<Self>, request: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(Arc::clone(self), request)
    }

    pub(crate) fn route(&self) -> Option<RouteId> {
        self.route.get().copied()
    }

    /// Whether somebody reads phases: a trace, or the log of slow requests.
    fn wants_phases(&self) -> bool {
        self.trace.is_some() || self.telemetry.slow_threshold.is_some()
    }

    pub(crate) fn work(&self) -> Work {
        self.work.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, change: impl FnOnce(&mut Work)) {
        change(&mut self.work.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Counts the answer and gives the request to those who watch.
    pub(crate) fn finish(&self, response: &Response) {
        let ended = Instant::now();
        let duration = ended - self.started;
        let status = response.status();
        let route = self.route();
        self.telemetry.requests.count(route.map(|route| route.number), status, duration);
        if self.telemetry.slow_threshold.is_some_and(|threshold| duration >= threshold) {
            self.telemetry.counters.slow_requests.add(1);
            super::slow::log(self, status, duration);
        }
        if let Some(trace) = &self.trace {
            let error = response.extensions().get::<ErrorNote>();
            trace.finish(self, status, error, ended);
        }
    }
}

impl Drop for RequestContext {
    fn drop(&mut self) {
        // Also when the client went away and no answer was made.
        self.telemetry.counters.requests_in_flight.subtract(1);
    }
}

/// Notes which route takes the current request.
pub(crate) fn routed(route: RouteId) {
    let _ = CURRENT.try_with(|context| context.route.set(route));
}

/// Notes where the current request tells what it does.
pub(crate) fn admitted(trail: &Arc<Trail>) {
    let _ = CURRENT.try_with(|context| context.trail.set(Arc::clone(trail)));
}

/// Whether the current request is traced, so that what follows is worth its time.
pub(crate) fn is_traced() -> bool {
    CURRENT.try_with(|context| context.trace.is_some()).unwrap_or(false)
}

/// Notes what the current request is about, and how long finding out whether it may took.
pub(crate) fn authorised(resource: Resource, began: Instant) {
    let ended = Instant::now();
    let _ = CURRENT.try_with(|context| {
        if let Some(trace) = &context.trace {
            trace.authorised(resource, began, ended);
        }
    });
}

/// Notes how long the handler of the current request worked.
pub(crate) fn handled(began: Instant) {
    let ended = Instant::now();
    let _ = CURRENT.try_with(|context| {
        if let Some(trace) = &context.trace {
            trace.handled(began, ended);
        }
    });
}

/// Wraps a job of the CPU pool so that the current request learns where its time went. Without
/// anybody who wants to know, the job is as before.
pub(crate) fn observed<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let context = CURRENT.try_with(|context| context.wants_phases().then(|| Arc::clone(context)));
    let observer = context.ok().flatten().map(|context| (context, Instant::now()));
    move || match observer {
        None => work(),
        Some((context, queued)) => observe(&context, queued, work),
    }
}

fn observe<T>(context: &RequestContext, queued: Instant, work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    NOTES.set(Some(Vec::new()));
    let (result, phases) = phase::recorded(work);
    let notes = NOTES.take().unwrap_or_default();
    let ended = Instant::now();
    context.add(|all| {
        all.queued.get_or_insert((queued, began));
        let first = all.operation.map_or(queued, |(first, _)| first);
        all.operation = Some((first, ended));
        all.phases.extend(phases);
        all.notes.extend(notes);
    });
    result
}

/// Notes a number about the request whose job runs on this thread.
pub(crate) fn note(name: &'static str, value: usize) {
    NOTES.with_borrow_mut(|notes| {
        if let Some(notes) = notes {
            notes.push((name, value as u64));
        }
    });
}

/// Waits until a write is durable; returns the number of records that it changed.
pub(crate) async fn durable(ticket: WriteTicket) -> Result<u64, Error> {
    let began = Instant::now();
    let result = ticket.await;
    let ended = Instant::now();
    let _ = CURRENT.try_with(|context| {
        let records = *result.as_ref().unwrap_or(&0);
        context.telemetry.counters.records_written.add(records);
        if let Some(trail) = context.trail.get().filter(|_| result.is_ok()) {
            trail.count_records(records);
        }
        if context.wants_phases() {
            context.add(|all| {
                all.durable = Some((began, ended));
                let first = all.operation.map_or(began, |(first, _)| first);
                all.operation = Some((first, ended));
            });
        }
    });
    result
}

/// Says in an answer what kind of error it is.
pub(crate) fn note_error(response: &mut Response, class: &'static str, message: Option<&str>) {
    if response.status() >= StatusCode::BAD_REQUEST {
        let message = message.map(str::to_owned);
        response.extensions_mut().insert(ErrorNote { class, message });
    }
}
