//! `/api/v2`, as the Chroma server 1.5.9 answers it.
//!
//! Handlers are in `system`, `tenants`, `databases`, `collections`, `writes`, `reads`, `explain`
//! and `unsupported`; each parses, calls the engine and answers. `request` and `response` are the two
//! ends of the wire, the other modules are the shapes between them. Differences from Chroma that are
//! meant are listed in `COMPAT.md`.

mod collections;
mod configuration;
mod databases;
mod dialect;
mod embeddings;
mod error;
mod explain;
mod filter;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod include;
mod metadata;
mod names;
mod reads;
mod request;
mod response;
mod routes;
mod schema;
mod shapes;
mod system;
mod tenants;
mod unsupported;
mod where_clause;
mod where_document;
mod writes;

use axum::{http::StatusCode, response::Response};

use self::{dialect::Dialect, error::ApiError};
pub(crate) use self::{error::ErrorResponse, routes::routes};
use crate::{
    auth::gate::Refusal,
    limits::{Extent, Limited},
};

/// 404 for a path of no route.
pub(crate) fn unknown_path() -> Response {
    ApiError::not_found("There is no such path in the API").into_response(Dialect::Current)
}

/// 405 for a path that has routes, but not with this method.
pub(crate) fn wrong_method() -> Response {
    let message = "The path does not support this method";
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "ChromaError", message).into_response(Dialect::Current)
}

/// 401, 403, 429 or 503 for a request that the gate does not admit.
pub(crate) fn refused(refusal: Refusal) -> Response {
    ApiError::from(refusal).into_response(Dialect::Current)
}

/// 429 for too much at a time, 422 for a tenant that holds as much as it may: what clients know as each.
pub(crate) fn limited(limited: &Limited) -> Response {
    let busy = StatusCode::TOO_MANY_REQUESTS;
    let error = match limited {
        Limited::Rate { .. } => {
            ApiError::new(busy, "RateLimitError", "Too many requests; backoff and try again")
        }
        Limited::Queries { limit } => {
            let text = format!("Too many queries at the same time, at most {limit}; backoff and try again");
            ApiError::new(busy, "RateLimitError", text)
        }
        Limited::Quota { extent, resource, limit, actual } => {
            let who = match extent {
                Extent::Tenant => "the tenant has",
                Extent::Reach => "the collections of this user have",
            };
            let text = format!("Quota exceeded: {who} {actual} {resource}, at most {limit} are allowed");
            ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "QuotaError", text)
        }
    };
    error.into_response(Dialect::Current)
}

/// 500 for a panic; the log has its text.
pub(crate) fn internal() -> Response {
    ApiError::internal().into_response(Dialect::Current)
}
