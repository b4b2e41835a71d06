//! Errors of the first generation: which status and which of its four body shapes.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{pydantic::Detail, python_repr::text_repr, response::json};
use crate::{
    auth::{
        access::{AccessError, Denied},
        gate::Refusal,
    },
    http::{
        app::RunError,
        body::{BAD_CODING, BodyError, NO_MEMORY, UNKNOWN_CODING},
    },
    telemetry::request::note_error,
};

/// A failed request. `Result<T, ApiError>` is what handlers return.
#[derive(Debug)]
pub(super) enum ApiError {
    /// `{"detail": [...]}`: the request has the wrong form.
    Invalid(Vec<Detail>),
    /// `{"error": "Class('text')"}` with 500: a Python exception that the server did not expect. Most
    /// mistakes of users end here.
    Raised { class: &'static str, text: String },
    /// `{"error": name, "message": text}`: an error that clients know by name.
    Named { status: StatusCode, name: &'static str, message: String },
    /// `{"detail": text}`.
    Detail { status: StatusCode, text: String },
    /// Nothing was changed and a retry may succeed.
    Unavailable { message: String },
    /// The body has more than `limit` bytes.
    TooLarge { limit: usize, option: &'static str },
}

impl ApiError {
    pub(super) fn value(text: impl Into<String>) -> Self {
        Self::raised("ValueError", text)
    }

    pub(super) fn raised(class: &'static str, text: impl Into<String>) -> Self {
        Self::Raised { class, text: text.into() }
    }

    pub(super) fn not_found(message: String) -> Self {
        Self::Named { status: StatusCode::NOT_FOUND, name: "NotFoundError", message }
    }

    /// A mistake that the recorded server does not know.
    pub(super) fn invalid_argument(message: impl Into<String>) -> Self {
        Self::Named { status: StatusCode::BAD_REQUEST, name: "InvalidArgumentError", message: message.into() }
    }

    pub(super) fn exists(text: String) -> Self {
        Self::raised("UniqueConstraintError", text)
    }

    pub(super) fn no_collection(name: &str) -> Self {
        let message = format!("Collection {name} does not exist.");
        Self::Named { status: StatusCode::BAD_REQUEST, name: "InvalidCollection", message }
    }

    pub(super) fn body(error: BodyError, option: &'static str) -> Self {
        let detail = |status, text: &str| Self::Detail { status, text: text.to_owned() };
        match error {
            BodyError::TooLarge { limit } => Self::TooLarge { limit, option },
            BodyError::TooSlow => detail(StatusCode::REQUEST_TIMEOUT, "The request body came too slowly"),
            BodyError::Disconnected => detail(StatusCode::BAD_REQUEST, "There was an error parsing the body"),
            BodyError::NoMemory => Self::Unavailable { message: NO_MEMORY.to_owned() },
            BodyError::UnknownCoding => detail(StatusCode::UNSUPPORTED_MEDIA_TYPE, UNKNOWN_CODING),
            BodyError::BadCoding => detail(StatusCode::BAD_REQUEST, BAD_CODING),
            BodyError::Run(error) => error.into(),
        }
    }

    pub(super) fn internal() -> Self {
        Self::internal_with(StatusCode::INTERNAL_SERVER_ERROR, "internal error, see the log of the server")
    }

    fn internal_with(status: StatusCode, message: impl Into<String>) -> Self {
        Self::Named { status, name: "InternalError", message: message.into() }
    }
}

/// What a wrong number of dimensions is called, everywhere alike.
fn dimension_text(expected: usize, actual: usize) -> String {
    format!("Embedding dimension {actual} does not match collection dimensionality {expected}")
}

impl From<huedb_engine::Error> for ApiError {
    fn from(error: huedb_engine::Error) -> Self {
        use huedb_engine::Error as E;
        match error {
            E::TenantNotFound { tenant } => Self::not_found(format!("Tenant {tenant} not found")),
            E::TenantExists { tenant } => Self::exists(format!("Tenant {tenant} already exists")),
            E::DatabaseNotFound { tenant, database } => Self::not_found(format!(
                "Database {database} not found for tenant {tenant}. Are you sure it exists?"
            )),
            E::DatabaseExists { tenant, database } => {
                Self::exists(format!("Database {database} already exists for tenant {tenant}"))
            }
            E::CollectionNotFound { collection } => Self::no_collection(&collection),
            E::CollectionExists { name } => Self::exists(format!("Collection {name} already exists")),
            E::DimensionMismatch { expected, actual } => Self::Named {
                status: StatusCode::BAD_REQUEST,
                name: "InvalidDimension",
                message: dimension_text(expected, actual),
            },
            E::NameTooLong { .. } | E::OutOfRange { .. } => Self::invalid_argument(error.to_string()),
            E::InvalidFilter { reason } => Self::value(reason),
            E::Busy { reason } => Self::Unavailable { message: reason },
            E::Full { reason } => Self::internal_with(StatusCode::INSUFFICIENT_STORAGE, reason),
            E::ReadOnly { reason } => Self::internal_with(StatusCode::INTERNAL_SERVER_ERROR, reason),
            E::Closed => Self::Unavailable { message: "the server is stopping".to_owned() },
            // What remains names files of the server, which is for its log and not for clients.
            other => {
                tracing::error!(error = %other, "request failed");
                Self::internal()
            }
        }
    }
}

impl From<AccessError> for ApiError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Denied => Denied.into(),
            AccessError::Engine(error) => error.into(),
        }
    }
}

impl From<Denied> for ApiError {
    fn from(_: Denied) -> Self {
        Self::Detail { status: StatusCode::FORBIDDEN, text: "Forbidden".to_owned() }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let named = |status, name, message: &str| Self::Named { status, name, message: message.to_owned() };
        match refusal {
            Refusal::Unauthenticated { .. } => named(StatusCode::FORBIDDEN, "AuthError", "Forbidden"),
            Refusal::Denied => Denied.into(),
            Refusal::Throttled { .. } => named(
                StatusCode::TOO_MANY_REQUESTS,
                "RateLimitError",
                "Too many failed logins, try again later",
            ),
            Refusal::Overloaded => RunError::Overloaded.into(),
        }
    }
}

impl From<RunError> for ApiError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Overloaded => {
                Self::Unavailable { message: "the server is busy, try again later".to_owned() }
            }
            RunError::Panicked => Self::internal(),
        }
    }
}

impl From<Detail> for ApiError {
    fn from(detail: Detail) -> Self {
        Self::Invalid(vec![detail])
    }
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    error: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

#[derive(Serialize)]
struct DetailBody<T> {
    detail: T,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (class, message) = self.note();
        let mut response = self.into_plain_response();
        note_error(&mut response, class, message.as_deref());
        response
    }
}

impl ApiError {
    /// What a trace says of it: the class, and the message unless that may quote a body.
    fn note(&self) -> (&'static str, Option<String>) {
        match self {
            Self::Invalid(_) => ("RequestValidationError", None),
            Self::Raised { class, .. } => (class, None),
            Self::Named { name, message, .. } => (name, Some(message.clone())),
            Self::Detail { .. } => ("HTTPException", None),
            Self::Unavailable { message } => ("InternalError", Some(message.clone())),
            Self::TooLarge { .. } => ("PayloadTooLarge", None),
        }
    }

    fn into_plain_response(self) -> Response {
        match self {
            // Quoting NaN in the answer was an error of its own.
            Self::Invalid(details) if details.iter().any(Detail::quotes_non_finite) => {
                Self::value("Out of range float values are not JSON compliant").into_response()
            }
            Self::Invalid(details) => json(StatusCode::UNPROCESSABLE_ENTITY, &DetailBody { detail: details }),
            Self::Raised { class, text } => {
                let error = format!("{class}({})", text_repr(&text));
                json(StatusCode::INTERNAL_SERVER_ERROR, &ErrorBody { error: &error, message: None })
            }
            Self::Named { status, name, message } => {
                json(status, &ErrorBody { error: name, message: Some(&message) })
            }
            Self::Detail { status, text } => json(status, &DetailBody { detail: text }),
            Self::Unavailable { message } => {
                let body = ErrorBody { error: "InternalError", message: Some(&message) };
                let mut response = json(StatusCode::SERVICE_UNAVAILABLE, &body);
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
                response
            }
            Self::TooLarge { limit, option } => {
                let message = format!("the request body has more than {limit} bytes, the limit of {option}");
                let body = ErrorBody { error: "PayloadTooLarge", message: Some(&message) };
                json(StatusCode::PAYLOAD_TOO_LARGE, &body)
            }
        }
    }
}

#[cfg(test)]
mod tests;
