//! Routes of tenants and databases.

use std::collections::BTreeMap;

use axum::{
    extract::{Request, State},
    response::Response,
};
use huedb_engine::Error;

use super::{
    bodies::NameBody,
    error::ApiError,
    names::check_namespace_name,
    request::{PathText, QueryText, RawBody},
    response::{DatabaseResponse, null, ok},
};
use crate::http::app::App;

pub(super) async fn create_tenant(State(app): State<App>, request: Request) -> Result<Response, ApiError> {
    let body = RawBody::read(&app, request).await?;
    app.engine_call(move |engine| {
        let NameBody { name } = body.decode()?;
        check_namespace_name("Tenant", &name)?;
        Ok(engine.create_tenant(&name)?)
    })
    .await?;
    Ok(null())
}

pub(super) async fn get_tenant(
    State(app): State<App>,
    PathText(name): PathText,
) -> Result<Response, ApiError> {
    let name = app.engine_call(move |engine| Ok(engine.tenant(&name).map(|()| name)?)).await?;
    Ok(ok(&BTreeMap::from([("name", name)])))
}

pub(super) async fn create_database(
    State(app): State<App>,
    query: QueryText,
    request: Request,
) -> Result<Response, ApiError> {
    let body = RawBody::read(&app, request).await?;
    app.engine_call(move |engine| {
        let NameBody { name } = body.decode()?;
        check_namespace_name("Database", &name)?;
        engine.create_database(&query.tenant(), &name).map_err(|error| match error {
            // A database of an unknown tenant broke the same rule of the store as a second one.
            Error::TenantNotFound { tenant } => Error::DatabaseExists { tenant, database: name }.into(),
            other => other.into(),
        })
    })
    .await
    .map(|_: huedb_engine::Database| null())
}

pub(super) async fn get_database(
    State(app): State<App>,
    PathText(name): PathText,
    query: QueryText,
) -> Result<Response, ApiError> {
    let database = app.engine_call(move |engine| Ok(engine.database(&query.tenant(), &name)?)).await?;
    Ok(ok(&DatabaseResponse::from(&database)))
}
