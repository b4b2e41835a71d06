//! Tenants.

use axum::{http::StatusCode, response::Response};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{
    error::ApiError,
    names,
    request::Call,
    response::{self, empty_object},
};

#[derive(Deserialize, JsonSchema)]
#[serde(expecting = "struct CreateTenantPayload")]
#[schemars(rename = "CreateTenantPayload")]
pub(super) struct CreateRequest {
    name: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(expecting = "struct UpdateTenantPayload")]
#[schemars(rename = "UpdateTenantPayload")]
pub(super) struct UpdateRequest {
    /// Accepted and not kept, as on Chroma's single node.
    #[serde(rename = "resource_name")]
    _resource_name: String,
}

pub(super) async fn create(call: Call) -> Result<Response, ApiError> {
    call.run(|call| {
        let request: CreateRequest = call.json()?;
        names::check_tenant(&request.name)?;
        Ok(call.access.create_tenant(&request.name)?)
    })
    .await?;
    Ok(empty_object(StatusCode::OK))
}

pub(super) async fn get(call: Call) -> Result<Response, ApiError> {
    let body = call
        .run(|call| {
            let tenant = call.tenant()?;
            tenant.exists()?;
            Ok(response::to_bytes(&json!({ "name": tenant.name(), "resource_name": null })))
        })
        .await?;
    Ok(response::ok(body))
}

pub(super) async fn update(call: Call) -> Result<Response, ApiError> {
    call.run(|call| {
        let _: UpdateRequest = call.json()?;
        Ok(call.tenant()?.exists()?)
    })
    .await?;
    Ok(empty_object(StatusCode::OK))
}
