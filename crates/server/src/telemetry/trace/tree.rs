//! The finished tree of a request's spans.

use std::{borrow::Cow, time::Instant};

use axum::http::StatusCode;
use huedb_engine::phase::{Phase, PhaseReport};

use super::{Granularity, Notes, Span, SpanError, Trace, attributes::Attribute, id, names};
use crate::{
    http::{Generation, route::RouteId},
    telemetry::request::{ErrorNote, Work},
};

/// How a request ended.
pub(super) struct Ending<'a> {
    pub(super) route: Option<RouteId>,
    pub(super) status: StatusCode,
    pub(super) error: Option<&'a ErrorNote>,
    pub(super) ended: Instant,
}

/// All spans of a request, the root first.
pub(super) fn spans(trace: &Trace, mut notes: Notes, work: &Work, ending: &Ending<'_>) -> Vec<Span> {
    let mut spans = vec![root(trace, std::mem::take(&mut notes.head), ending)];
    if let Some(route) = ending.route.filter(|route| !is_refused_before_the_handler(*route, ending.status)) {
        below_root(trace, &notes, work, ending, route, &mut spans);
    }
    spans
}

/// The framework below Chroma refuses a body of the wrong form before it calls the handler.
fn is_refused_before_the_handler(route: RouteId, status: StatusCode) -> bool {
    Generation::of_path(route.template) == Generation::V1 && status == StatusCode::UNPROCESSABLE_ENTITY
}

fn root(trace: &Trace, mut attributes: Vec<Attribute>, ending: &Ending<'_>) -> Span {
    let template = ending.route.map(names::template);
    let name = match &template {
        Some(template) => format!("{} {template}", trace.method),
        None => trace.method.clone(),
    };
    attributes.extend(template.map(|template| Attribute::text("http.route", &template)));
    attributes.push(Attribute::number("http.status_code", u64::from(ending.status.as_u16())));
    // What a client did wrong is no error of the server.
    let error = ending.status.is_server_error().then(|| SpanError { text: String::new(), exception: None });
    let mut span = trace.span(name.into(), trace.root, None, (trace.moment.0, ending.ended), attributes);
    span.parent = trace.parent.as_ref().map(|parent| parent.span);
    span.is_server = true;
    span.error = error;
    span
}

fn below_root(
    trace: &Trace,
    notes: &Notes,
    work: &Work,
    ending: &Ending<'_>,
    route: RouteId,
    spans: &mut Vec<Span>,
) {
    let Some((name, period)) = names::handler(route).zip(notes.handled) else { return };
    let error = error_of(ending);
    let handler = id::new_span();
    spans.push(Span {
        error: error.clone(),
        ..trace.span(name.into(), handler, Some(trace.root), period, Vec::new())
    });
    if let Some(period) = notes.authorised {
        let attributes = notes.resource.attributes();
        spans.push(trace.span(
            names::AUTHORISATION.into(),
            id::new_span(),
            Some(handler),
            period,
            attributes,
        ));
    }
    if let Some((name, period)) = names::operation(route.action).zip(work.operation) {
        let operation = id::new_span();
        let attributes = of_operation(notes, work);
        spans.push(Span { error, ..trace.span(name.into(), operation, Some(handler), period, attributes) });
        below_operation(trace, work, route, operation, spans);
    }
}

fn below_operation(trace: &Trace, work: &Work, route: RouteId, operation: u64, spans: &mut Vec<Span>) {
    let mut add = |name: &'static str, period, attributes| {
        spans.push(trace.span(name.into(), id::new_span(), Some(operation), period, attributes));
    };
    let segments = names::segments(route.action).zip(work.operation);
    if let Some((name, period)) = segments
        && trace.granularity >= Granularity::OperationAndSegment
    {
        add(name, period, Vec::new());
    }
    for report in &work.phases {
        let (name, from) = names::phase(report.phase);
        if trace.granularity >= from {
            add(name, (report.started, report.ended), of_phase(report));
        }
    }
    if trace.granularity == Granularity::All {
        for (name, period) in [(names::QUEUE, work.queued), (names::DURABLE, work.durable)] {
            if let Some(period) = period {
                add(name, period, Vec::new());
            }
        }
    }
}

fn of_operation(notes: &Notes, work: &Work) -> Vec<Attribute> {
    let mut attributes = Vec::new();
    if let Some(collection) = &notes.resource.collection {
        let is_id = uuid::Uuid::try_parse(collection).is_ok();
        let name = if is_id { "collection_id" } else { "collection_name" };
        attributes.push(Attribute::text(name, collection));
    }
    attributes.extend(work.notes.iter().map(|(name, value)| Attribute::number(name, *value)));
    let rows = |phase| {
        let reports = work.phases.iter().filter(move |report| report.phase == phase);
        reports.map(|report| report.rows_out).reduce(|sum, rows| sum + rows)
    };
    if let Some(rows) = rows(Phase::Fetch).or_else(|| rows(Phase::Append)) {
        attributes.push(Attribute::number("num_rows", rows));
    }
    if rows(Phase::Filter).is_some() {
        attributes.push(Attribute::switch("is_filtered", true));
    }
    attributes
}

fn of_phase(report: &PhaseReport) -> Vec<Attribute> {
    let mut attributes =
        vec![Attribute::number("rows_in", report.rows_in), Attribute::number("rows_out", report.rows_out)];
    if report.times > 1 {
        attributes.push(Attribute::number("times", u64::from(report.times)));
    }
    attributes
}

fn error_of(ending: &Ending<'_>) -> Option<SpanError> {
    if ending.status.is_client_error() || ending.status.is_server_error() {
        let text = match ending.error {
            Some(ErrorNote { class, message: Some(message) }) => format!("{class}: {message}"),
            Some(ErrorNote { class, message: None }) => (*class).to_owned(),
            None => format!("status {}", ending.status.as_u16()),
        };
        return Some(SpanError { text, exception: ending.error.cloned() });
    }
    None
}

impl Trace {
    fn span(
        &self,
        name: Cow<'static, str>,
        id: u64,
        parent: Option<u64>,
        (began, ended): (Instant, Instant),
        attributes: Vec<Attribute>,
    ) -> Span {
        Span {
            trace: self.id,
            id,
            parent,
            tracestate: self.parent.as_ref().map(|parent| parent.tracestate.clone()).unwrap_or_default(),
            name,
            is_server: false,
            started: self.nanos(began),
            ended: self.nanos(ended),
            attributes,
            error: None,
        }
    }
}
