//! The first generation of the API, as Chroma 0.5.13 spoke it: `/api/v1`.
//!
//! Handlers translate and nothing else. `request` and `bodies` read, with `pydantic` and `python_json`
//! for what is unusual; `where_clause`, `metadata`, `hnsw`, `names` and `write` turn what was read into
//! the words of the engine; `response` and `error` answer, with `python_repr` for error texts.

mod bodies;
mod collections;
mod embeddings;
mod error;
mod fast_metadata;
mod hnsw;
mod json;
mod metadata;
mod names;
mod pydantic;
mod python_json;
mod python_repr;
mod records;
mod request;
mod response;
mod system;
mod tenants;
mod where_clause;
mod write;

use axum::{
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
};

use self::error::ApiError;
use crate::http::route::{Action, RouteTable};

/// Registers every route of this generation.
pub(crate) fn routes(table: &mut RouteTable) {
    table.route(Action::Heartbeat, Method::GET, "/api/v1", system::heartbeat);
    table.route(Action::Heartbeat, Method::GET, "/api/v1/heartbeat", system::heartbeat);
    table.route(Action::Version, Method::GET, "/api/v1/version", system::version);
    table.route(Action::PreFlightChecks, Method::GET, "/api/v1/pre-flight-checks", system::pre_flight_checks);
    table.route(Action::SystemReset, Method::POST, "/api/v1/reset", system::reset);

    table.route(Action::CreateTenant, Method::POST, "/api/v1/tenants", tenants::create_tenant);
    table.route(Action::GetTenant, Method::GET, "/api/v1/tenants/{tenant}", tenants::get_tenant);
    table.route(Action::CreateDatabase, Method::POST, "/api/v1/databases", tenants::create_database);
    table.route(Action::GetDatabase, Method::GET, "/api/v1/databases/{database}", tenants::get_database);

    table.route(Action::ListCollections, Method::GET, "/api/v1/collections", collections::list);
    table.route(Action::CountCollections, Method::GET, "/api/v1/count_collections", collections::count);
    table.route(Action::CreateCollection, Method::POST, "/api/v1/collections", collections::create);
    // One parameter for both meanings, or the router would see two routes: GET and DELETE take the name
    // of a collection, PUT and what follows its id.
    let collection = "/api/v1/collections/{collection}";
    table.route(Action::GetCollection, Method::GET, collection, collections::get);
    table.route(Action::DeleteCollection, Method::DELETE, collection, collections::delete);
    table.route(Action::UpdateCollection, Method::PUT, collection, collections::update);

    table.route(Action::Add, Method::POST, "/api/v1/collections/{collection}/add", records::add);
    table.route(Action::Update, Method::POST, "/api/v1/collections/{collection}/update", records::update);
    table.route(Action::Upsert, Method::POST, "/api/v1/collections/{collection}/upsert", records::upsert);
    table.route(Action::Get, Method::POST, "/api/v1/collections/{collection}/get", records::get);
    table.route(Action::Delete, Method::POST, "/api/v1/collections/{collection}/delete", records::delete);
    table.route(Action::Count, Method::GET, "/api/v1/collections/{collection}/count", records::count);
    table.route(Action::Query, Method::POST, "/api/v1/collections/{collection}/query", records::query);
}

/// The answer to a path that no route has.
pub(crate) fn unknown_path() -> Response {
    detail(StatusCode::NOT_FOUND, "Not Found")
}

/// The answer to a method that the path does not have.
pub(crate) fn wrong_method() -> Response {
    detail(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
}

/// The answer to a fault of the server.
pub(crate) fn internal() -> Response {
    ApiError::internal().into_response()
}

fn detail(status: StatusCode, text: &str) -> Response {
    ApiError::Detail { status, text: text.to_owned() }.into_response()
}
