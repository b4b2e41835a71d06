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
    request::{Admitted, InTenant, PathText, QueryText, RawBody},
    response::{DatabaseResponse, null, ok},
};
use crate::{auth::access::AccessError, http::app::App};

pub(super) async fn create_tenant(
    State(app): State<App>,
    Admitted(access): Admitted,
    request: Request,
) -> Result<Response, ApiError> {
    let body = RawBody::read(&app, request).await?;
    app.work(move || {
        let NameBody { name } = body.decode()?;
        check_namespace_name("Tenant", &name)?;
        Ok(access.create_tenant(&name)?)
    })
    .await?;
    Ok(null())
}

pub(super) async fn get_tenant(
    State(app): State<App>,
    Admitted(access): Admitted,
    PathText(name): PathText,
) -> Result<Response, ApiError> {
    let tenant = access.tenant(&name)?;
    let name = app.work(move || Ok(tenant.exists().map(|()| tenant.name().to_owned())?)).await?;
    Ok(ok(&BTreeMap::from([("name", name)])))
}

pub(super) async fn create_database(
    State(app): State<App>,
    InTenant(tenant): InTenant,
    request: Request,
) -> Result<Response, ApiError> {
    let body = RawBody::read(&app, request).await?;
    app.work(move || {
        let NameBody { name } = body.decode()?;
        check_namespace_name("Database", &name)?;
        tenant.create_database(&name).map_err(|error| match error {
            // A database of an unknown tenant broke the same rule of the store as a second one.
            AccessError::Engine(Error::TenantNotFound { tenant }) => {
                Error::DatabaseExists { tenant, database: name }.into()
            }
            other => other.into(),
        })
    })
    .await
    .map(|_: huedb_engine::Database| null())
}

pub(super) async fn get_database(
    State(app): State<App>,
    Admitted(access): Admitted,
    PathText(name): PathText,
    query: QueryText,
) -> Result<Response, ApiError> {
    let database = access.database(query.tenant(), &name)?;
    let database = app.work(move || Ok(database.describe()?)).await?;
    Ok(ok(&DatabaseResponse::from(&database)))
}
