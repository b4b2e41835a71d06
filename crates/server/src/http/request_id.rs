//! A name for each request, so that its answer, its log lines and its line in the audit log can be
//! found by each other. Clients and proxies may bring one.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// Where it comes in and goes out.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longer names are somebody's data.
const LENGTH_MAX: usize = 128;

/// Letters, digits and `-_.:/+=@`, up to 128 of them: safe in every log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestId(HeaderValue);

impl RequestId {
    /// The one that the request brings, if it can be taken over; otherwise a new one.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let brought = headers.get(REQUEST_ID).filter(|value| is_sane(value.as_bytes()));
        // A copy, because a header that is kept keeps the connection's read buffer.
        let copy = brought.and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok());
        Self(copy.unwrap_or_else(made))
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    pub(crate) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

fn is_sane(id: &[u8]) -> bool {
    (1..=LENGTH_MAX).contains(&id.len())
        && id.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/+=@".contains(byte))
}

fn made() -> HeaderValue {
    let mut buffer = Uuid::encode_buffer();
    let text = Uuid::new_v4().simple().encode_lower(&mut buffer);
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("none"))
}

#[cfg(test)]
mod tests;
