//! The API's description: `/openapi.json` for programs and `/docs` for people, made from the table of
//! routes and from the types that read and write bodies.

mod admission;
mod document;
mod operation;
mod page;

use std::sync::{Arc, OnceLock};

use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;

use self::admission::Admission;
pub(crate) use self::operation::Operation;
use super::{
    app::App,
    route::{Action, RouteTable},
};

/// Registers the description of all routes that `table` has so far.
pub(crate) fn routes(table: &mut RouteTable) {
    let routes: Arc<[_]> = table.described().into();
    page::routes(table);
    // Made when somebody asks: it says what the options of this server are, which routes do not know.
    let document: Arc<OnceLock<Bytes>> = Arc::default();
    table.page(Action::ReadDocumentation, "/openapi.json", move |State(app): State<App>| {
        let (document, routes) = (Arc::clone(&document), Arc::clone(&routes));
        async move {
            let make = || Bytes::from(document::of(&routes, Admission::of(&app)).to_string());
            typed("application/json", document.get_or_init(make).clone())
        }
    });
}

fn typed(kind: &'static str, content: Bytes) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], content).into_response()
}

#[cfg(test)]
mod tests;
