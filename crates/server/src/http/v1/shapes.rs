//! Schemas of what this generation reads and answers, where they cannot be derived from the types that
//! do it. What is no JSON of its form is often taken all the same, as Python would take it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::response::MetadataResponse;

/// Any JSON object.
pub(super) struct AnyObject;

/// Metadata of a record or a collection.
pub(super) struct MetadataV1;

#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes an answer that is made without a type")]
pub(super) struct HeartbeatV1 {
    /// Nanoseconds since 1970.
    #[schemars(rename = "nanosecond heartbeat")]
    nanosecond_heartbeat: u64,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes an answer that is made without a type")]
pub(super) struct PreFlightChecksV1 {
    /// Records that one request may bring.
    max_batch_size: u32,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes an answer that is made without a type")]
pub(super) struct TenantV1 {
    name: String,
}

/// The request has the wrong form: one entry for each mistake.
#[derive(JsonSchema)]
#[schemars(rename = "HTTPValidationError")]
#[expect(dead_code, reason = "describes an answer that is made without a type")]
pub(crate) struct HttpValidationError {
    detail: Vec<ValidationError>,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes an answer that is made without a type")]
struct ValidationError {
    /// Where the mistake is: `body` or `query`, then names and places.
    loc: Vec<NameOrPlace>,
    msg: String,
    #[schemars(rename = "type")]
    kind: String,
    /// What stood there.
    input: Option<serde_json::Value>,
    ctx: Option<serde_json::Map<String, serde_json::Value>>,
}

#[derive(JsonSchema)]
#[schemars(untagged, inline)]
#[expect(dead_code, reason = "describes an answer that is made without a type")]
enum NameOrPlace {
    Name(String),
    Place(u64),
}

/// A refused or failed request, in one of three forms.
///
/// The status 500 does not say whose mistake it was: this generation answers most mistakes of users
/// with it. A fault of the server has the name `InternalError`.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "describes an answer that is made without a type")]
pub(crate) enum ErrorV1 {
    /// An error with a name.
    Named { error: String, message: String },
    /// An exception as Python prints it, such as `ValueError('Expected ...')`.
    Raised { error: String },
    /// A text.
    Detail { detail: String },
    /// Too many requests, or a tenant that may not grow.
    Limited { message: String },
}

impl JsonSchema for AnyObject {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "AnyObject".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object" })
    }
}

impl JsonSchema for MetadataV1 {
    fn schema_name() -> Cow<'static, str> {
        "MetadataV1".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "additionalProperties": { "type": ["string", "integer", "number", "boolean", "null"] },
        })
    }
}

impl JsonSchema for MetadataResponse {
    fn schema_name() -> Cow<'static, str> {
        "MetadataResponseV1".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object" })
    }
}
