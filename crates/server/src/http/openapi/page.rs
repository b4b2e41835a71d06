//! `/docs`: the description of the API for people. Its files are part of the binary, and the policy
//! that is sent with them lets a browser load nothing from anywhere else.

use axum::{
    http::{HeaderValue, header},
    response::{Redirect, Response},
};
use bytes::Bytes;

use super::typed;
use crate::http::route::{Action, RouteTable};

/// Scripts, styles and requests of this server only; nobody may frame the page, because it sends
/// requests with the reader's credentials.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// One file: its path, its media type and its content.
pub(super) type File = (&'static str, &'static str, &'static str);

pub(super) const FILES: [File; 4] = [
    ("/docs/", "text/html; charset=utf-8", include_str!("page/index.html")),
    ("/docs/style.css", "text/css; charset=utf-8", include_str!("page/style.css")),
    ("/docs/example.js", "text/javascript; charset=utf-8", include_str!("page/example.js")),
    ("/docs/app.js", "text/javascript; charset=utf-8", include_str!("page/app.js")),
];

pub(super) fn routes(table: &mut RouteTable) {
    for (path, kind, content) in FILES {
        table.page(Action::ReadDocumentation, path, move || async move { file(kind, content) });
    }
    // Relative, so that they lead to the page behind a proxy that adds a prefix too. `/redoc` is where
    // the older generation had a second form of it.
    for path in ["/docs", "/redoc"] {
        table.page(Action::ReadDocumentation, path, || async { Redirect::to("docs/") });
    }
}

fn file(kind: &'static str, content: &'static str) -> Response {
    let mut response = typed(kind, Bytes::from_static(content.as_bytes()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

#[cfg(test)]
mod tests;
