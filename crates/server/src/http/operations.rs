//! Routes for whoever operates the server: metrics and probes. They belong to no generation.

use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};

use super::{
    app::App,
    route::{Action, RouteTable},
};
use crate::telemetry::{health::Health, metrics::text};

/// Paths that are answered before the data is open.
const PROBES: [&str; 3] = ["/healthz", "/livez", "/readyz"];

/// Registers the probes, and `/metrics` as `metrics`, which is what a caller must be allowed to do.
pub(crate) fn routes(table: &mut RouteTable, metrics: Option<Action>) {
    table.page(Action::Probe, "/healthz", alive);
    table.page(Action::Probe, "/livez", alive);
    table.page(Action::Probe, "/readyz", ready);
    if let Some(action) = metrics {
        table.page(action, "/metrics", show_metrics);
    }
}

/// The routes of a port that serves nothing else.
pub(crate) fn table() -> RouteTable {
    let mut table = RouteTable::default();
    routes(&mut table, Some(Action::Probe));
    table
}

/// The answer to a probe that comes before the data is open; none for all other paths.
pub(crate) fn while_opening(path: &str) -> Option<Response> {
    let is_ready = path == "/readyz";
    PROBES.contains(&path).then(|| of_health(if is_ready { Health::Opening } else { Health::Ready }))
}

/// The process answers, which is all that a restart could better.
async fn alive() -> Response {
    of_health(Health::Ready)
}

async fn ready(State(app): State<App>) -> Response {
    of_health(app.telemetry.health())
}

fn of_health(health: Health) -> Response {
    let status = if health == Health::Ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut response = (status, format!("{}\n", health.text())).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn show_metrics(State(app): State<App>) -> Response {
    let gathering = app.clone();
    match tokio::task::spawn_blocking(move || text::write(&gathering.telemetry.gather(&gathering))).await {
        Ok(text) => ([(header::CONTENT_TYPE, text::CONTENT_TYPE)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[cfg(test)]
mod tests;
