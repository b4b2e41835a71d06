//! The HTTP edge: both generations of Chroma's API over one engine.
//!
//! `route` is the only way to register a route, `app` is what handlers are given, `body` reads
//! request bodies within limits, `compress` makes large answers small, `headers` adds what every answer
//! carries, `serve` owns sockets.
//! `v1` and `v2` translate; nothing outside them knows the shape of a body.

pub(crate) mod app;
pub(crate) mod body;
pub(crate) mod compress;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
pub(crate) mod headers;
pub(crate) mod openapi;
pub(crate) mod route;
pub(crate) mod serve;
pub(crate) mod v1;
pub(crate) mod v2;

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
    time::Instant,
};

use axum::{
    Router,
    extract::Request,
    http::{Uri, header},
    response::Response,
};
use tower::ServiceExt as _;

use self::{
    app::App,
    headers::Cors,
    route::{Action, RouteTable},
};
use crate::auth::gate::Refusal;

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

/// The whole API as one function from request to answer.
pub(crate) struct Api {
    app: App,
    router: Router,
    cors: Cors,
}

impl Api {
    pub(crate) fn new(app: App, cors: Cors) -> Self {
        Self { router: assemble(all_routes(), app.clone()), app, cors }
    }

    /// Answers one request. A panic on the way is that request's 500 and nobody else's.
    pub(crate) async fn answer(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        if let Some(response) = self.cors.preflight(&parts) {
            return response;
        }
        let started = Instant::now();
        let origin = parts.headers.get(header::ORIGIN).cloned();
        let accepts_gzip = compress::accepts_gzip(&parts.headers);
        let (method, uri) = (parts.method.clone(), parts.uri.clone());
        let routed = self.router.clone().oneshot(Request::from_parts(parts, body));
        let response = match catching(routed).await {
            Some(Ok(response)) => response,
            None => Generation::of_path(uri.path()).internal(),
        };
        let mut response = compress::compress(&self.app, accepts_gzip, response).await;
        headers::finish(&mut response);
        self.cors.permit(origin.as_ref(), response.headers_mut());
        tracing::debug!(
            %method,
            path = uri.path(),
            action = response.extensions().get::<Action>().map_or("none", |action| action.name()),
            status = response.status().as_u16(),
            took_us = started.elapsed().as_micros() as u64,
            "request"
        );
        response
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
fn all_routes() -> RouteTable {
    let mut table = RouteTable::default();
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
