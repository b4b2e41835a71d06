//! Routes about the server itself.

use std::{collections::BTreeMap, time::SystemTime};

use axum::{extract::State, response::Response};
use huedb_types::limits::BATCH_RECORDS_MAX;

use super::{error::ApiError, request::Admitted, response::ok};
use crate::http::app::App;

/// The release whose behaviour this generation has; clients of that time check it.
const VERSION: &str = "0.5.13";

const RESET_REFUSED: &str = "Resetting is not allowed by this configuration (to enable it, set `allow_reset` to \
    `True` in your Settings() or include `ALLOW_RESET=TRUE` in your environment variables)";

pub(super) async fn heartbeat() -> Response {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    ok(&BTreeMap::from([("nanosecond heartbeat", since_epoch.as_nanos() as u64)]))
}

pub(super) async fn version() -> Response {
    ok(&VERSION)
}

pub(super) async fn pre_flight_checks() -> Response {
    ok(&BTreeMap::from([("max_batch_size", BATCH_RECORDS_MAX)]))
}

pub(super) async fn reset(State(app): State<App>, Admitted(access): Admitted) -> Result<Response, ApiError> {
    if !app.settings.allow_reset {
        return Err(ApiError::value(RESET_REFUSED));
    }
    app.work(move || Ok(access.reset()?)).await?;
    Ok(ok(&true))
}
