//! Errors of `/api/v2`: a status, the name by which Python clients pick an exception, and a text.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use huedb_engine::Error as EngineError;
use schemars::JsonSchema;
use serde::Serialize;

use super::{dialect::Dialect, response};
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

/// A refused or failed request.
#[derive(Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    name: &'static str,
    message: String,
    /// What the older Python clients map to a typed exception, where it differs.
    python06: Option<Older>,
}

/// The same error as 0.6.3 put it. Without a text of its own it has the newer one.
#[derive(Debug)]
struct Older {
    name: &'static str,
    message: Option<String>,
}

/// A refused or failed request.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ErrorResponse")]
pub(crate) struct ErrorResponse<'a> {
    error: &'a str,
    message: &'a str,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, name: &'static str, message: impl Into<String>) -> Self {
        Self { status, name, message: message.into(), python06: None }
    }

    /// 400: the request is wrong; sending it again gives the same answer.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidArgumentError", message)
    }

    /// 400, for a value that has the right type and breaks a rule.
    pub(super) fn validation(field: &str, message: impl std::fmt::Display) -> Self {
        Self::invalid(format!("Validation error: {field}: {message}"))
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NotFoundError", message)
    }

    pub(super) fn unimplemented(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, "ChromaError", message)
    }

    /// 404 of the routes that find a collection by name or by `by-id`.
    pub(super) fn collection_missing(asked: impl std::fmt::Display) -> Self {
        let error = Self::not_found(format!("Collection [{asked}] does not exist"));
        error.called("InvalidCollection", None)
    }

    /// 404 of the routes below a collection, whose text ends in a full stop.
    pub(super) fn record_collection_missing(asked: impl std::fmt::Display) -> Self {
        let mut error = Self::collection_missing(asked);
        error.message.push('.');
        error
    }

    pub(super) fn bad_collection_id() -> Self {
        let error = Self::invalid("Collection ID is not a valid UUIDv4");
        error.called("InvalidUUID", None)
    }

    /// With the name, and the text where it differs, that 0.6.3 had for it; always with status 400.
    fn called(self, name: &'static str, message: Option<String>) -> Self {
        Self { python06: Some(Older { name, message }), ..self }
    }

    fn conflict(message: String) -> Self {
        Self::new(StatusCode::CONFLICT, "UniqueConstraintError", message)
    }

    fn dimension(expected: usize, actual: usize) -> Self {
        let error = Self::invalid(format!(
            "Collection expecting embedding with dimension of {expected}, got {actual}"
        ));
        let older =
            format!("Embedding dimension {actual} does not match collection dimensionality {expected}");
        error.called("InvalidDimension", Some(older))
    }

    pub(super) fn too_large(limit: usize, option: &str) -> Self {
        let message = format!("Payload too large: a request body may have {limit} bytes, set by `{option}`");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "ChromaError", message)
    }

    pub(super) fn overloaded() -> Self {
        Self::unavailable("The server is overloaded, try again later")
    }

    pub(super) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "ChromaError", message)
    }

    pub(super) fn internal() -> Self {
        let message = "Internal error, the server's log has the details";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", message)
    }

    #[cfg(test)]
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    pub(super) fn into_response(self, dialect: Dialect) -> Response {
        let (status, name, message) = match (dialect, self.python06) {
            (Dialect::Python06, Some(older)) => {
                (StatusCode::BAD_REQUEST, older.name, older.message.unwrap_or(self.message))
            }
            _ => (self.status, self.name, self.message),
        };
        let mut response = response::json(status, &ErrorResponse { error: name, message: &message });
        // Texts about a body may quote it; what is missing or busy is named by path or by us.
        let quotes_nothing = !matches!(self.status.as_u16(), 400 | 422);
        note_error(&mut response, name, quotes_nothing.then_some(&*message));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::RecordNotFound { id } => {
                Self::invalid(format!("Error finding id: no record has the id {id}"))
            }
            EngineError::TenantNotFound { tenant } => Self::not_found(format!("Tenant [{tenant}] not found")),
            EngineError::TenantExists { tenant } => {
                Self::conflict(format!("Tenant [{tenant}] already exists"))
            }
            EngineError::DatabaseNotFound { database, .. } => {
                Self::not_found(format!("Database [{database}] not found"))
            }
            EngineError::DatabaseExists { database, .. } => {
                Self::conflict(format!("Database [{database}] already exists"))
            }
            EngineError::CollectionNotFound { collection } => Self::collection_missing(collection),
            EngineError::CollectionExists { name } => {
                Self::conflict(format!("Collection [{name}] already exists"))
            }
            EngineError::DimensionMismatch { expected, actual } => Self::dimension(expected, actual),
            EngineError::NameTooLong { .. } => Self::validation("name", error),
            EngineError::OutOfRange { .. } => Self::validation("embeddings", error),
            EngineError::InvalidFilter { reason } => Self::invalid(filter_text(&reason)),
            EngineError::Full { reason } => {
                Self::new(StatusCode::INSUFFICIENT_STORAGE, "ChromaError", reason)
            }
            EngineError::Busy { reason } | EngineError::ReadOnly { reason } => Self::unavailable(reason),
            EngineError::Closed => Self::unavailable(error.to_string()),
            other => {
                // Texts of the disk name paths, so they go to the log and not to the client.
                tracing::error!(error = %other, "request failed");
                Self::internal()
            }
        }
    }
}

/// The spelling is Chroma's; scripts match on it.
fn filter_text(reason: &str) -> String {
    if reason.starts_with("regex parse error") {
        return format!("Regex syntax errror: {reason}");
    }
    reason.to_owned()
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
        Self::new(StatusCode::FORBIDDEN, "AuthError", "Forbidden")
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Unauthenticated { is_password_too_long: false, .. } => Self::new(
                StatusCode::UNAUTHORIZED,
                "AuthError",
                "Unauthorized: credentials are missing or wrong",
            ),
            Refusal::Unauthenticated { is_password_too_long: true, .. } => {
                let message = "Unauthorized: a password has at most 72 bytes";
                Self::new(StatusCode::UNAUTHORIZED, "AuthError", message)
            }
            Refusal::Denied => Denied.into(),
            Refusal::Throttled { .. } => {
                let message = "Too many failed logins, try again later";
                Self::new(StatusCode::TOO_MANY_REQUESTS, "RateLimitError", message)
            }
            Refusal::Overloaded => Self::overloaded(),
        }
    }
}

impl From<RunError> for ApiError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Overloaded => Self::overloaded(),
            RunError::Panicked => Self::internal(),
        }
    }
}

impl ApiError {
    /// The body could not be read; `option` names the limit in the text of a 413.
    pub(super) fn of_body(error: BodyError, option: &str) -> Self {
        match error {
            BodyError::TooLarge { limit } => Self::too_large(limit, option),
            BodyError::Disconnected => {
                Self::invalid("Failed to buffer the request body: the client went away")
            }
            BodyError::TooSlow => {
                let message = "Failed to buffer the request body: the client was silent for too long";
                Self::new(StatusCode::REQUEST_TIMEOUT, "ChromaError", message)
            }
            BodyError::NoMemory => Self::unavailable(NO_MEMORY),
            BodyError::UnknownCoding => {
                Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "ChromaError", UNKNOWN_CODING)
            }
            BodyError::BadCoding => Self::invalid(BAD_CODING),
            BodyError::Run(error) => error.into(),
        }
    }
}
