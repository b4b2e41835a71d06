//! The HTTP edge: both generations of Chroma's API over one engine.
//!
//! `route` is the only way to register a route, `app` is what handlers are given, `body` reads
//! request bodies within limits, `compress` makes large answers small, `headers` adds what every answer
//! carries. `serve` owns sockets, `connection` speaks HTTP over them, `tls` encrypts them.
//! `own_options` reads what HueDB has beyond Chroma out of metadata.
//! `v1` and `v2` translate; nothing outside them knows the shape of a body.

pub(crate) mod app;
mod audited;
pub(crate) mod body;
pub(crate) mod compress;
mod connection;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
pub(crate) mod headers;
mod limited;
pub(crate) mod openapi;
pub(crate) mod operations;
mod own_options;
pub(crate) mod request_id;
pub(crate) mod route;
pub(crate) mod serve;
pub(crate) mod tls;
pub(crate) mod v1;
pub(crate) mod v2;

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Instant,
};

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, Uri, header},
    response::Response,
};
use tokio::sync::SetOnce;
use tower::{ServiceExt as _, util::Oneshot};
use tracing::Instrument as _;

use self::{
    app::App,
    audited::Audited,
    headers::Cors,
    request_id::{REQUEST_ID, RequestId},
    route::{Action, RouteTable},
};
use crate::{
    auth::gate::Refusal,
    telemetry::{Begun, Telemetry, metrics::Counters, trace::Connection},
};

/// The generation that answers a path. Paths of neither get the newer one's answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Generation {
    V1,
    V2,
}

impl Generation {
    /// Chosen by the path alone, so that errors before any route matched have the right shape too.
    pub(crate) fn of_path(path: &str) -> Self {
        match path.strip_prefix("/api/v1") {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => Self::V1,
            _ => Self::V2,
        }
    }

    pub(crate) fn unknown_path(self) -> Response {
        match self {
            Self::V1 => v1::unknown_path(),
            Self::V2 => v2::unknown_path(),
        }
    }

    pub(crate) fn wrong_method(self) -> Response {
        match self {
            Self::V1 => v1::wrong_method(),
            Self::V2 => v2::wrong_method(),
        }
    }

    /// The first generation knew no 401, so it cannot say how to authenticate either.
    pub(crate) fn refused(self, refusal: Refusal) -> Response {
        let mut response = match self {
            Self::V1 => v1::refused(refusal),
            Self::V2 => v2::refused(refusal),
        };
        headers::explain(refusal, &mut response);
        response
    }

    pub(crate) fn internal(self) -> Response {
        match self {
            Self::V1 => v1::internal(),
            Self::V2 => v2::internal(),
        }
    }
}

/// The routes over open data.
struct Opened {
    app: App,
    router: Router,
}

/// The whole API as one function from request to answer.
pub(crate) struct Api {
    /// Empty until the data is open.
    opened: SetOnce<Opened>,
    cors: Cors,
    telemetry: Arc<Telemetry>,
}

impl Api {
    /// An API that answers probes, and keeps all other requests until [`Api::open`].
    pub(crate) fn opening(cors: Cors, telemetry: Arc<Telemetry>) -> Self {
        Self { opened: SetOnce::new(), cors, telemetry }
    }

    /// Lets requests through to `routes` over the data of `app`. Only the first call counts.
    pub(crate) fn open(&self, routes: RouteTable, app: App) {
        self.telemetry.requests.set_routes(routes.labels());
        let router = assemble(routes, app.clone());
        let _ = self.opened.set(Opened { app, router });
    }

    /// Answers one request. Its id is in the answer and in every log line on the way.
    ///
    /// It comes in a box, and what is kept of it is copied: while a client is slow with the body, neither
    /// room for the head nor the connection's read buffer should wait with it.
    pub(crate) async fn answer(&self, mut request: Box<Request>) -> Response {
        let id = RequestId::of(request.headers());
        let is_encrypted = request.extensions().get::<Connection>().is_some_and(|facts| facts.is_tls);
        request.extensions_mut().insert(id.clone());
        // An error's span, so that it is there whatever the level of the log is.
        let span = tracing::error_span!("request", id = id.as_str());
        // While the data is being opened it is not known yet whether there will be a log.
        let may_be_audited = self.opened.get().is_none_or(|opened| opened.app.audit.is_some());
        let audited = may_be_audited.then(|| Audited::begin(&request, &id));
        let mut response = self.respond(request).instrument(span).await;
        let audit = self.opened.get().and_then(|opened| opened.app.audit.as_deref());
        if let (Some(audited), Some(audit)) = (audited, audit) {
            audited.end(&response, audit);
        }
        response.headers_mut().insert(REQUEST_ID, id.header());
        headers::protection::protect(response.headers_mut(), is_encrypted);
        response
    }

    /// A panic on the way is this request's 500 and nobody else's.
    async fn respond(&self, request: Box<Request>) -> Response {
        if let Some(response) = self.cors.preflight(request.method(), request.headers()) {
            return response;
        }
        let Some(opened) = self.opened_for(request.uri().path()).await else {
            return operations::while_opening(request.uri().path()).unwrap_or_default();
        };
        let started = Instant::now();
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let origin = request.headers().get(header::ORIGIN);
        let origin = origin.and_then(|origin| HeaderValue::from_bytes(origin.as_bytes()).ok());
        let accepts_gzip = compress::accepts_gzip(request.headers());
        let (Begun { context, trace }, routed) = self.route(opened, *request);
        let response = match catching(context.scope(routed)).await {
            Some(Ok(response)) => response,
            None => Generation::of_path(&path).internal(),
        };
        let mut response = compress::compress(&opened.app, accepts_gzip, response).await;
        headers::finish(&mut response, trace);
        self.cors.permit(origin.as_ref(), response.headers_mut());
        tracing::debug!(
            %method,
            path,
            action = response.extensions().get::<Action>().map_or("none", |action| action.name()),
            status = response.status().as_u16(),
            took_us = started.elapsed().as_micros() as u64,
            "request"
        );
        context.finish(&response);
        response
    }

    /// Begins to observe a request, and gives it to the route that takes it.
    fn route(&self, opened: &Opened, request: Request) -> (Begun, Pin<Box<Oneshot<Router, Request>>>) {
        let (parts, body) = request.into_parts();
        let begun = self.telemetry.begin(&parts);
        (begun, Box::pin(opened.router.clone().oneshot(Request::from_parts(parts, body))))
    }

    /// Counts a connection as open until the guard is dropped.
    fn count_connection(&self) -> OpenConnection {
        let counters = Arc::clone(&self.telemetry.counters);
        counters.connections.add(1);
        counters.connections_open.add(1);
        OpenConnection(counters)
    }

    /// Probes hear from now on that the server stops.
    fn stop(&self) {
        self.telemetry.stop();
    }

    /// The routes, which a request waits for while the data is being opened; none for a probe that
    /// comes meanwhile.
    async fn opened_for(&self, path: &str) -> Option<&Opened> {
        match self.opened.get() {
            Some(opened) => Some(opened),
            None if operations::while_opening(path).is_some() => None,
            None => Some(self.opened.wait().await),
        }
    }
}

struct OpenConnection(Arc<Counters>);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.connections_open.subtract(1);
    }
}

/// The result of a future, or none if it panicked.
async fn catching<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|context| {
        // After a panic the future is never polled again, so no broken state is seen.
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Some(output)),
            Err(_) => Poll::Ready(None),
        }
    })
    .await
}

/// Every route of both generations.
pub(crate) fn all_routes(with_metrics: bool) -> RouteTable {
    let mut table = RouteTable::default();
    operations::routes(&mut table, with_metrics.then_some(Action::Metrics));
    v1::routes(&mut table);
    v2::routes(&mut table);
    // Last, because it describes the others.
    openapi::routes(&mut table);
    table
}

/// The routes, with each generation's answers to requests that no route takes.
fn assemble(table: RouteTable, app: App) -> Router {
    table
        .into_router()
        .fallback(|uri: Uri| async move { Generation::of_path(uri.path()).unknown_path() })
        .method_not_allowed_fallback(|uri: Uri| async move { Generation::of_path(uri.path()).wrong_method() })
        .with_state(app)
}

#[cfg(test)]
mod tests;
