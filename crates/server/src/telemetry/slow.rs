//! The log of slow requests: one line with the plan that was carried out.

use std::{fmt::Write as _, time::Duration};

use axum::http::StatusCode;

use super::{request::RequestContext, trace::names};

/// Writes the line. It has counts and times, and nothing that the request or the data said.
pub(crate) fn log(context: &RequestContext, status: StatusCode, duration: Duration) {
    let route = context.route();
    let mut notes = String::new();
    let work = context.work();
    for (name, value) in &work.notes {
        let _ = write!(notes, "{}{name}={value}", if notes.is_empty() { "" } else { " " });
    }
    tracing::warn!(
        method = route.map_or("", |route| route.method),
        route = route.map_or("none", |route| route.template),
        action = route.map_or("none", |route| route.action.name()),
        status = status.as_u16(),
        took_ms = duration.as_millis() as u64,
        trace = context.trace.as_ref().map(|trace| format!("{:x}", trace.id())),
        asked = notes,
        plan = plan(&work),
        "slow request"
    );
}

/// The phases in order: `engine.filter 100->7 0.3ms, engine.fetch 7->7 0.1ms`.
fn plan(work: &super::request::Work) -> String {
    let mut plan = String::new();
    let mut add = |name: &str, rows: Option<(u64, u64)>, took: Duration| {
        let separator = if plan.is_empty() { "" } else { ", " };
        let _ = write!(plan, "{separator}{name} ");
        if let Some((rows_in, rows_out)) = rows {
            let _ = write!(plan, "{rows_in}->{rows_out} ");
        }
        let _ = write!(plan, "{:.1}ms", took.as_secs_f64() * 1e3);
    };
    if let Some((queued, began)) = work.queued {
        add(names::QUEUE, None, began - queued);
    }
    for report in &work.phases {
        let (name, _) = names::phase(report.phase);
        add(name, Some((report.rows_in, report.rows_out)), report.ended - report.started);
    }
    if let Some((began, ended)) = work.durable {
        add(names::DURABLE, None, ended - began);
    }
    plan
}
