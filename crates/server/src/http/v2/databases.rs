//! Databases of a tenant.

use axum::{http::StatusCode, response::Response};
use huedb_engine::Error as EngineError;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    error::ApiError,
    names,
    request::{Call, Page},
    response::{self, DatabaseResponse, empty_object},
};

#[derive(Deserialize, JsonSchema)]
#[serde(expecting = "struct CreateDatabasePayload")]
#[schemars(rename = "CreateDatabasePayload")]
pub(super) struct CreateRequest {
    name: String,
}

pub(super) async fn create(call: Call) -> Result<Response, ApiError> {
    call.run(|call| {
        let request: CreateRequest = call.json()?;
        names::check_database(&request.name)?;
        call.tenant()?.create_database(&request.name)?;
        Ok(())
    })
    .await?;
    Ok(empty_object(StatusCode::OK))
}

pub(super) async fn list(call: Call) -> Result<Response, ApiError> {
    let body = call
        .run(|call| {
            let page: Page = call.query()?;
            let databases = call.tenant()?.databases();
            let views: Vec<_> = page.of(databases.iter()).map(DatabaseResponse::from).collect();
            Ok(response::to_bytes(&views))
        })
        .await?;
    Ok(response::ok(body))
}

pub(super) async fn get(call: Call) -> Result<Response, ApiError> {
    let body = call
        .run(|call| {
            names::check_database_lookup(call.segment("database"))?;
            let database = call.database()?.describe().map_err(|error| match error {
                EngineError::DatabaseNotFound { database, .. } => {
                    ApiError::not_found(format!("Database [{database}] not found. Are you sure it exists?"))
                }
                other => other.into(),
            })?;
            Ok(response::to_bytes(&DatabaseResponse::from(&database)))
        })
        .await?;
    Ok(response::ok(body))
}

pub(super) async fn delete(call: Call) -> Result<Response, ApiError> {
    call.run(|call| Ok(call.database()?.delete()?)).await?;
    Ok(empty_object(StatusCode::OK))
}
