//! Headers that keep browsers and caches from doing with an answer what it is not meant for. Clients of
//! the API do not look at them.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

const NO_SNIFFING: HeaderValue = HeaderValue::from_static("nosniff");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");
const NO_FRAMES: HeaderValue = HeaderValue::from_static("DENY");
const NOTHING_RUNS: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// A browser that came over TLS once comes over TLS for a year.
const ONLY_TLS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Adds what the route has not set itself. Pages for people, which are not JSON, say by themselves what
/// they may run.
pub(crate) fn protect(headers: &mut HeaderMap, is_encrypted: bool) {
    let is_json = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let mut add = |name: HeaderName, value: HeaderValue| {
        headers.entry(name).or_insert(value);
    };
    add(header::X_CONTENT_TYPE_OPTIONS, NO_SNIFFING);
    add(header::CACHE_CONTROL, NO_STORE);
    add(header::REFERRER_POLICY, NO_REFERRER);
    add(header::X_FRAME_OPTIONS, NO_FRAMES);
    if is_json {
        add(header::CONTENT_SECURITY_POLICY, NOTHING_RUNS);
    }
    if is_encrypted {
        add(header::STRICT_TRANSPORT_SECURITY, ONLY_TLS);
    }
}

#[cfg(test)]
mod tests;
