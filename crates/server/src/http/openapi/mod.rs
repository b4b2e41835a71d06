//! The API's description: `/openapi.json` for programs and `/docs` for people, made from the table of
//! routes and from the types that read and write bodies.

mod document;
mod operation;
mod page;

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;

pub(crate) use self::operation::Operation;
use super::route::{Action, RouteTable};

/// Registers the description of all routes that `table` has so far.
pub(crate) fn routes(table: &mut RouteTable) {
    let document = Bytes::from(document::of(table.described()).to_string());
    page::routes(table);
    table.page(Action::ReadDocumentation, "/openapi.json", move || {
        let document = document.clone();
        async move { typed("application/json", document) }
    });
}

fn typed(kind: &'static str, content: Bytes) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], content).into_response()
}

#[cfg(test)]
mod tests;
