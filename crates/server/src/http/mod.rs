//! The HTTP edge: both generations of Chroma's API over one engine.
//!
//! `route` is the only way to register a route, `app` is what handlers are given, `body` reads
//! request bodies within a limit, `headers` adds what every answer carries, `serve` owns sockets.
//! `v1` and `v2` translate; nothing outside them knows the shape of a body.

pub(crate) mod app;
pub(crate) mod body;
pub(crate) mod headers;
pub(crate) mod route;
pub(crate) mod serve;
pub(crate) mod v1;
pub(crate) mod v2;

use axum::{
    Router,
    response::{IntoResponse, Response},
};

use self::{app::App, route::RouteTable};

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

    pub(crate) fn internal(self) -> Response {
        match self {
            Self::V1 => v1::internal(),
            Self::V2 => v2::internal(),
        }
    }
}

/// Every route of both generations, ready to be served.
pub(crate) fn router(app: App) -> Router {
    all_routes()
        .into_router()
        .fallback(|uri: axum::http::Uri| async move { Generation::of_path(uri.path()).unknown_path() })
        .method_not_allowed_fallback(|uri: axum::http::Uri| async move {
            Generation::of_path(uri.path()).wrong_method().into_response()
        })
        .with_state(app)
}

/// The table that authorisation and documentation read as well.
pub(crate) fn all_routes() -> RouteTable {
    let mut table = RouteTable::default();
    v1::routes(&mut table);
    v2::routes(&mut table);
    table
}

#[cfg(test)]
mod tests;
