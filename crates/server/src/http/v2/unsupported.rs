//! Features of Chroma's cloud that its single-node server refuses, refused with the same answers.

use axum::response::Response;
use schemars::JsonSchema;
use serde::{Deserialize, de::IgnoredAny};

use super::{error::ApiError, reads::ReadLevel, request::Call};

#[derive(Deserialize, JsonSchema)]
#[serde(expecting = "struct SearchRequestPayload")]
#[schemars(rename = "SearchRequestPayload")]
pub(super) struct SearchRequest {
    #[serde(rename = "searches")]
    _searches: Vec<serde_json::Map<String, serde_json::Value>>,
    #[serde(rename = "read_level")]
    _read_level: Option<ReadLevel>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(expecting = "struct ForkCollectionPayload")]
#[schemars(rename = "ForkCollectionPayload")]
pub(super) struct ForkRequest {
    #[serde(rename = "new_name")]
    _new_name: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(expecting = "struct AttachFunctionRequest")]
#[schemars(rename = "AttachFunctionRequest")]
pub(super) struct AttachRequest {
    #[serde(rename = "name")]
    _name: String,
    #[serde(rename = "function_id")]
    _function_id: String,
    #[serde(rename = "output_collection")]
    _output_collection: String,
    #[serde(rename = "params")]
    #[schemars(with = "Option<serde_json::Value>")]
    _params: Option<IgnoredAny>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(expecting = "struct DetachFunctionRequest")]
#[schemars(rename = "DetachFunctionRequest")]
pub(super) struct DetachRequest {
    #[serde(rename = "delete_output", default)]
    _delete_output: bool,
}

pub(super) async fn search(call: Call) -> Result<Response, ApiError> {
    call.run(|call| {
        let _: SearchRequest = call.json()?;
        call.collection()?;
        Err(ApiError::unimplemented(
            "Error executing plan: Not implemented: Search operation is not implemented for local executor",
        ))
    })
    .await
}

pub(super) async fn fork(call: Call) -> Result<Response, ApiError> {
    call.run(|call| {
        let _: ForkRequest = call.json()?;
        call.collection()?;
        Err(ApiError::unimplemented("Collection forking is unsupported for local chroma"))
    })
    .await
}

pub(super) async fn fork_count(call: Call) -> Result<Response, ApiError> {
    call.run(|call| {
        call.collection()?;
        Err(ApiError::unimplemented("Count forks is unsupported for local chroma"))
    })
    .await
}

pub(super) async fn attach_function(call: Call) -> Result<Response, ApiError> {
    call.run(|call| {
        let _: AttachRequest = call.json()?;
        call.collection()?;
        Err(ApiError::unimplemented(
            "Tonic error: code: 'Operation is not implemented or not supported', message: \" Attached Function \
             operations not yet implemented in SqliteSysDb\"",
        ))
    })
    .await
}

pub(super) async fn attached_function(call: Call) -> Result<Response, ApiError> {
    call.run(|call| {
        call.collection()?;
        Err(ApiError::not_found("Attached function not found"))
    })
    .await
}

pub(super) async fn detach_function(call: Call) -> Result<Response, ApiError> {
    call.run(|call| {
        let _: DetachRequest = call.json()?;
        call.collection()?;
        Err(ApiError::unimplemented(
            "Tonic error: code: 'Operation is not implemented or not supported', message: \"Not implemented\"",
        ))
    })
    .await
}
