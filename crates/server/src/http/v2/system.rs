//! Routes that concern the whole server.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::{http::StatusCode, response::Response};
use huedb_engine::{DEFAULT_DATABASE, DEFAULT_TENANT};
use huedb_types::limits::BATCH_RECORDS_MAX;
use serde_json::json;

use super::{
    error::ApiError,
    request::Call,
    response::{self, json},
};

/// The version of the API, which every Chroma server since 1.0 reports whatever its own is.
const API_VERSION: &str = "1.0.0";

pub(super) async fn heartbeat(_: Call) -> Result<Response, ApiError> {
    let nanoseconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_nanos());
    Ok(json(StatusCode::OK, &json!({ "nanosecond heartbeat": nanoseconds as u64 })))
}

pub(super) async fn version(_: Call) -> Result<Response, ApiError> {
    Ok(json(StatusCode::OK, &API_VERSION))
}

pub(super) async fn healthcheck(_: Call) -> Result<Response, ApiError> {
    Ok(json(StatusCode::OK, &json!({ "is_executor_ready": true, "is_log_client_ready": true })))
}

pub(super) async fn pre_flight_checks(_: Call) -> Result<Response, ApiError> {
    let checks = json!({ "max_batch_size": BATCH_RECORDS_MAX, "supports_base64_encoding": true });
    Ok(json(StatusCode::OK, &checks))
}

/// Who the caller is. Without authentication every caller is the anonymous user of the defaults.
pub(super) async fn identity(call: Call) -> Result<Response, ApiError> {
    let identity = call.access.identity();
    let identity = match identity.user_id() {
        "" => json!({ "user_id": "", "tenant": DEFAULT_TENANT, "databases": [DEFAULT_DATABASE] }),
        user => json!({ "user_id": user, "tenant": identity.tenant(), "databases": identity.databases() }),
    };
    Ok(json(StatusCode::OK, &identity))
}

pub(super) async fn reset(call: Call) -> Result<Response, ApiError> {
    if !call.app.settings.allow_reset {
        return Err(ApiError::new(StatusCode::FORBIDDEN, "ChromaError", "Reset is disabled by config"));
    }
    call.run(|call| Ok(call.access.reset()?)).await?;
    Ok(response::ok(b"true".to_vec()))
}
