//! Headers that do not belong to one route: the trace id, cross-origin permissions, `Retry-After`.

pub(crate) mod protection;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};

use crate::auth::gate::Refusal;

const TRACE_ID: &str = "chroma-trace-id";

/// What a page of another origin may read beside the body.
const EXPOSED: HeaderValue = HeaderValue::from_static("chroma-trace-id, x-request-id, retry-after");

/// What Chroma sends while tracing is off.
const NO_TRACE: HeaderValue = HeaderValue::from_static("0");

/// Seconds after which an overloaded server is worth another try.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// Seconds that a browser may remember a permission.
const PREFLIGHT_SECONDS: HeaderValue = HeaderValue::from_static("600");

const METHODS: HeaderValue = HeaderValue::from_static("DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT");

/// Adds what every answer of the API carries.
///
/// `trace` is the request's trace id, which Chroma writes in hexadecimal digits without leading zeros.
pub(crate) fn finish(response: &mut Response, trace: Option<u128>) {
    let status = response.status();
    let headers = response.headers_mut();
    let trace = trace.and_then(|trace| HeaderValue::try_from(format!("{trace:x}")).ok());
    headers.entry(TRACE_ID).or_insert(trace.unwrap_or(NO_TRACE));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.entry(header::RETRY_AFTER).or_insert(RETRY_AFTER);
    }
}

/// Adds how to do better to the answer to a request that the gate refused.
pub(crate) fn explain(refusal: Refusal, response: &mut Response) {
    let status = response.status();
    let headers = response.headers_mut();
    match refusal {
        Refusal::Unauthenticated { method, .. } if status == StatusCode::UNAUTHORIZED => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(method.challenge()));
        }
        Refusal::Throttled { wait } => {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1));
        }
        _ => {}
    }
}

/// Which web pages may call the server. Other programs are not concerned.
///
/// Pages send tokens and passwords in headers that they set themselves. The browser's own credentials
/// (cookies, remembered passwords, client certificates) are never allowed, so that a page that is open
/// in somebody's browser cannot borrow them, not even with `*`.
#[derive(Debug)]
pub(crate) struct Cors {
    origins: Vec<HeaderValue>,
    allows_any: bool,
}

impl Cors {
    /// Allows these origins; `*` is any.
    pub(crate) fn new(origins: &[String]) -> Self {
        let allows_any = origins.iter().any(|origin| origin == "*");
        let origins = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect();
        Self { origins, allows_any }
    }

    /// The answer to a browser's question whether it may send a request. None when this is not such a
    /// question, or when no origin is allowed: routes then answer as if there were no browsers.
    pub(crate) fn preflight(&self, method: &Method, given: &HeaderMap) -> Option<Response> {
        let asks = method == Method::OPTIONS && given.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if !asks || self.origins.is_empty() {
            return None;
        }
        let origin = given.get(header::ORIGIN)?;
        let permission = self.permission(origin);
        let (status, text) = match permission {
            Some(_) => (StatusCode::OK, "OK"),
            None => (StatusCode::BAD_REQUEST, "Disallowed CORS origin"),
        };
        let mut response = Response::new(Body::from(text));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        headers.insert(header::VARY, HeaderValue::from_static("Origin"));
        if let Some(permission) = permission {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, permission);
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS);
            // Echoed, because the wildcard does not cover `Authorization`.
            if let Some(wanted) = given.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
                headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
            }
        }
        Some(response)
    }

    /// Lets the page behind `origin` read this answer, if it may.
    pub(crate) fn permit(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        if self.origins.is_empty() {
            return;
        }
        if let Some(permission) = origin.and_then(|origin| self.permission(origin)) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, permission);
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
        // The answer depends on who asked; a shared cache must not mix them up.
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }

    fn permission(&self, origin: &HeaderValue) -> Option<HeaderValue> {
        if self.allows_any {
            return Some(HeaderValue::from_static("*"));
        }
        self.origins.contains(origin).then(|| origin.clone())
    }
}

#[cfg(test)]
mod tests;
