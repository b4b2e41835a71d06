//! `/api/v2`, as the Chroma server 1.5.9 answers it.
//!
//! Handlers are in `system`, `tenants`, `databases`, `collections`, `writes`, `reads` and
//! `unsupported`; each parses, calls the engine and answers. `request` and `response` are the two
//! ends of the wire, the other modules are the shapes between them. Differences from Chroma that are
//! meant are listed in `COMPAT.md`.

mod collections;
mod configuration;
mod databases;
mod dialect;
mod embeddings;
mod error;
mod filter;
mod include;
mod metadata;
mod names;
mod reads;
mod request;
mod response;
mod schema;
mod system;
mod tenants;
mod unsupported;
mod where_clause;
mod where_document;
mod writes;

use axum::{
    http::{Method, StatusCode},
    response::Response,
};

use self::{dialect::Dialect, error::ApiError, request::route};
use crate::http::route::{Action, RouteTable};

/// Registers every route of this generation.
pub(crate) fn routes(table: &mut RouteTable) {
    system_routes(table);
    catalog_routes(table);
    record_routes(table);
    unsupported_routes(table);
}

fn system_routes(table: &mut RouteTable) {
    route(table, Action::Heartbeat, Method::GET, "/api/v2", system::heartbeat);
    route(table, Action::Heartbeat, Method::GET, "/api/v2/heartbeat", system::heartbeat);
    route(table, Action::Version, Method::GET, "/api/v2/version", system::version);
    route(table, Action::Healthcheck, Method::GET, "/api/v2/healthcheck", system::healthcheck);
    route(
        table,
        Action::PreFlightChecks,
        Method::GET,
        "/api/v2/pre-flight-checks",
        system::pre_flight_checks,
    );
    route(table, Action::Identity, Method::GET, "/api/v2/auth/identity", system::identity);
    route(table, Action::SystemReset, Method::POST, "/api/v2/reset", system::reset);
}

macro_rules! database {
    ($rest:literal) => {
        concat!("/api/v2/tenants/{tenant}/databases/{database}", $rest)
    };
}

/// Paths with a collection's name and paths with its id have one shape, so the segment has one name.
macro_rules! collection {
    ($rest:literal) => {
        concat!("/api/v2/tenants/{tenant}/databases/{database}/collections/{collection}", $rest)
    };
}

fn catalog_routes(table: &mut RouteTable) {
    const TENANT: &str = "/api/v2/tenants/{tenant}";
    const DATABASES: &str = "/api/v2/tenants/{tenant}/databases";
    const BY_ID: &str = database!("/collections/by-id/{collection}");
    route(table, Action::CreateTenant, Method::POST, "/api/v2/tenants", tenants::create);
    route(table, Action::GetTenant, Method::GET, TENANT, tenants::get);
    route(table, Action::UpdateTenant, Method::PATCH, TENANT, tenants::update);
    route(table, Action::CreateDatabase, Method::POST, DATABASES, databases::create);
    route(table, Action::ListDatabases, Method::GET, DATABASES, databases::list);
    route(table, Action::GetDatabase, Method::GET, database!(""), databases::get);
    route(table, Action::DeleteDatabase, Method::DELETE, database!(""), databases::delete);
    route(table, Action::CreateCollection, Method::POST, database!("/collections"), collections::create);
    route(table, Action::ListCollections, Method::GET, database!("/collections"), collections::list);
    route(table, Action::CountCollections, Method::GET, database!("/collections_count"), collections::count);
    route(table, Action::GetCollection, Method::GET, collection!(""), collections::get);
    route(table, Action::GetCollection, Method::GET, BY_ID, collections::get_by_id);
    route(
        table,
        Action::GetCollectionByCrn,
        Method::GET,
        "/api/v2/collections/{crn}",
        collections::get_by_crn,
    );
    route(table, Action::UpdateCollection, Method::PUT, collection!(""), collections::update);
    route(table, Action::DeleteCollection, Method::DELETE, collection!(""), collections::delete);
}

fn record_routes(table: &mut RouteTable) {
    route(table, Action::Add, Method::POST, collection!("/add"), writes::add);
    route(table, Action::Update, Method::POST, collection!("/update"), writes::update);
    route(table, Action::Upsert, Method::POST, collection!("/upsert"), writes::upsert);
    route(table, Action::Delete, Method::POST, collection!("/delete"), writes::delete);
    route(table, Action::Get, Method::POST, collection!("/get"), reads::get);
    route(table, Action::Query, Method::POST, collection!("/query"), reads::query);
    route(table, Action::Count, Method::GET, collection!("/count"), reads::count);
}

fn unsupported_routes(table: &mut RouteTable) {
    const INDEXING: &str = collection!("/indexing_status");
    const ATTACH: &str = collection!("/functions/attach");
    const FUNCTION: &str = collection!("/functions/{function}");
    const DETACH: &str = collection!("/attached_functions/{function}/detach");
    route(table, Action::Search, Method::POST, collection!("/search"), unsupported::search);
    route(table, Action::Fork, Method::POST, collection!("/fork"), unsupported::fork);
    route(table, Action::CountForks, Method::GET, collection!("/fork_count"), unsupported::fork_count);
    route(table, Action::IndexingStatus, Method::GET, INDEXING, unsupported::indexing_status);
    route(table, Action::AttachFunction, Method::POST, ATTACH, unsupported::attach_function);
    route(table, Action::GetAttachedFunction, Method::GET, FUNCTION, unsupported::attached_function);
    route(table, Action::DetachFunction, Method::POST, DETACH, unsupported::detach_function);
}

/// 404 for a path of no route.
pub(crate) fn unknown_path() -> Response {
    ApiError::not_found("There is no such path in the API").into_response(Dialect::Current)
}

/// 405 for a path that has routes, but not with this method.
pub(crate) fn wrong_method() -> Response {
    let message = "The path does not support this method";
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "ChromaError", message).into_response(Dialect::Current)
}

/// 500 for a panic; the log has its text.
pub(crate) fn internal() -> Response {
    ApiError::internal().into_response(Dialect::Current)
}
