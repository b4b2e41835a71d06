//! The first generation of the API, as Chroma 0.5.13 spoke it: `/api/v1`.
//!
//! Handlers translate and nothing else. `request` and `bodies` read, with `pydantic` and `python_json`
//! for what is unusual; `where_clause`, `metadata`, `hnsw`, `names` and `write` turn what was read into
//! the words of the engine; `response` and `error` answer, with `python_repr` for error texts.

mod bodies;
mod collections;
mod embeddings;
mod error;
mod fast_metadata;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod hnsw;
mod json;
mod metadata;
mod names;
mod old_clients;
mod pydantic;
mod python_json;
mod python_repr;
mod records;
mod request;
mod response;
mod routes;
mod shapes;
mod system;
mod tenants;
mod where_clause;
mod write;

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

use self::error::ApiError;
pub(crate) use self::{
    routes::routes,
    shapes::{ErrorV1, HttpValidationError},
};
use crate::{auth::gate::Refusal, limits::Limited};

/// The answer to a path that no route has.
pub(crate) fn unknown_path() -> Response {
    detail(StatusCode::NOT_FOUND, "Not Found")
}

/// The answer to a method that the path does not have.
pub(crate) fn wrong_method() -> Response {
    detail(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
}

/// The answer to a request that the gate does not admit.
pub(crate) fn refused(refusal: Refusal) -> Response {
    ApiError::from(refusal).into_response()
}

/// The answer to too much at a time, in the words of Chroma's plug-ins for it.
pub(crate) fn limited(limited: &Limited) -> Response {
    #[derive(serde::Serialize)]
    struct Body {
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<&'static str>,
        message: String,
    }
    let body = match limited {
        // The server of this generation left the name out; with it its Python client knows the class.
        Limited::Rate { .. } | Limited::Queries { .. } => {
            Body { error: Some("RateLimitError"), message: "Rate limit exceeded.".to_owned() }
        }
        Limited::Quota { resource, limit, actual, .. } => Body {
            error: None,
            message: format!("quota error. resource: {resource} quota: {limit} actual: {actual}"),
        },
    };
    response::json(StatusCode::TOO_MANY_REQUESTS, &body)
}

/// The answer to a fault of the server.
pub(crate) fn internal() -> Response {
    ApiError::internal().into_response()
}

fn detail(status: StatusCode, text: &str) -> Response {
    ApiError::Detail { status, text: text.to_owned() }.into_response()
}
