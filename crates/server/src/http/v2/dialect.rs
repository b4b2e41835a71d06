//! Which generation of clients a request comes from, where `/api/v2` itself changed its shapes.

use axum::http::{HeaderMap, header};

/// The shapes that a client of `/api/v2` reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Clients since 1.0, and every JavaScript client.
    Current,
    /// Python 0.5.16 to 0.6.3. It refuses collections that have a `schema` or a configuration without
    /// `_type`, sends `{}` for "no filter", and knows a missing collection by another error name.
    Python06,
}

impl Dialect {
    /// Those Python clients send httpx's own `User-Agent`; later ones name themselves.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        match headers.get(header::USER_AGENT) {
            Some(agent) if agent.as_bytes().starts_with(b"python-httpx/") => Self::Python06,
            _ => Self::Current,
        }
    }
}
