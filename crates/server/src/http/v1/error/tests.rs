use axum::{http::StatusCode, response::IntoResponse};
use http_body_util::BodyExt;
use huedb_engine::Error as E;

use super::ApiError;
use crate::http::{
    app::RunError,
    body::{BAD_CODING, BodyError, NO_MEMORY, UNKNOWN_CODING},
    v1::{json::Json, pydantic::Detail},
};

#[track_caller]
fn check(error: impl Into<ApiError>, status: u16, body: &str) {
    let response = error.into().into_response();
    assert_eq!(response.status(), StatusCode::from_u16(status).unwrap(), "{body}");
    assert_eq!(response.headers()["content-type"], "application/json");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let bytes = runtime.block_on(response.into_body().collect()).unwrap().to_bytes();
    assert_eq!(str::from_utf8(&bytes).unwrap(), body);
}

#[test]
fn errors_of_names_have_the_texts_of_the_first_generation() {
    let (tenant, database) = ("ttt".to_owned(), "ddd".to_owned());
    check(
        E::TenantNotFound { tenant: tenant.clone() },
        404,
        r#"{"error":"NotFoundError","message":"Tenant ttt not found"}"#,
    );
    check(
        E::TenantExists { tenant: tenant.clone() },
        500,
        r#"{"error":"UniqueConstraintError('Tenant ttt already exists')"}"#,
    );
    check(
        E::DatabaseNotFound { tenant: tenant.clone(), database: database.clone() },
        404,
        r#"{"error":"NotFoundError","message":"Database ddd not found for tenant ttt. Are you sure it exists?"}"#,
    );
    check(
        E::DatabaseExists { tenant, database },
        500,
        r#"{"error":"UniqueConstraintError('Database ddd already exists for tenant ttt')"}"#,
    );
    check(
        E::CollectionNotFound { collection: "nope".into() },
        400,
        r#"{"error":"InvalidCollection","message":"Collection nope does not exist."}"#,
    );
    check(
        E::CollectionExists { name: "abc".into() },
        500,
        r#"{"error":"UniqueConstraintError('Collection abc already exists')"}"#,
    );
}

#[test]
fn a_number_beyond_the_precision_is_the_clients_mistake() {
    let expected = r#"{"error":"InvalidArgumentError","message":"an embedding holds 70000, and the numbers of a collection with `hue:precision` `f16` are at most 65504 and at least -65504; scale the embeddings, or use a collection with `f32`"}"#;
    check(E::OutOfRange { value: "70000".into() }, 400, expected);
}

#[test]
fn a_wrong_dimension_is_named() {
    check(
        E::DimensionMismatch { expected: 2, actual: 3 },
        400,
        r#"{"error":"InvalidDimension","message":"Embedding dimension 3 does not match collection dimensionality 2"}"#,
    );
}

#[test]
fn an_exception_is_quoted_as_python_prints_it() {
    check(ApiError::value("it's"), 500, r#"{"error":"ValueError(\"it's\")"}"#);
    check(ApiError::raised("KeyError", "_type"), 500, r#"{"error":"KeyError('_type')"}"#);
}

#[test]
fn a_quoted_nan_is_an_error_of_its_own() {
    check(
        Detail::body_is_no_object(Json::Float(f64::NAN)),
        500,
        r#"{"error":"ValueError('Out of range float values are not JSON compliant')"}"#,
    );
}

#[test]
fn what_may_succeed_later_says_when_to_retry() {
    for error in
        [ApiError::from(RunError::Overloaded), E::Busy { reason: "queue".into() }.into(), E::Closed.into()]
    {
        let response = error.into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()["retry-after"], "1");
    }
}

#[test]
fn damage_is_not_described_to_clients() {
    let masked = r#"{"error":"InternalError","message":"internal error, see the log of the server"}"#;
    check(E::Corrupt { reason: "file /data/1.seg".into() }, 500, masked);
    check(E::Storage { reason: "file /data/1.seg".into() }, 500, masked);
    check(RunError::Panicked, 500, masked);
    check(E::Full { reason: "disk full".into() }, 507, r#"{"error":"InternalError","message":"disk full"}"#);
}

#[test]
fn a_body_that_did_not_come_whole_is_refused_by_cause() {
    check(
        ApiError::body(BodyError::TooLarge { limit: 10 }, "HUEDB_BODY_BYTES_MAX"),
        413,
        "{\"error\":\"PayloadTooLarge\",\"message\":\"the request body has more than 10 bytes, the limit of \
         HUEDB_BODY_BYTES_MAX\"}",
    );
    check(ApiError::body(BodyError::TooSlow, ""), 408, r#"{"detail":"The request body came too slowly"}"#);
    check(
        ApiError::body(BodyError::Disconnected, ""),
        400,
        r#"{"detail":"There was an error parsing the body"}"#,
    );
    check(ApiError::body(BodyError::BadCoding, ""), 400, &format!(r#"{{"detail":"{BAD_CODING}"}}"#));
    check(ApiError::body(BodyError::UnknownCoding, ""), 415, &format!(r#"{{"detail":"{UNKNOWN_CODING}"}}"#));
    let full = format!(r#"{{"error":"InternalError","message":"{NO_MEMORY}"}}"#);
    check(ApiError::body(BodyError::NoMemory, ""), 503, &full);
}
