//! Schemas of what this generation reads and answers, where they cannot be derived from the types that
//! do it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{
    embeddings::{EmbeddingsPayload, UpdateEmbeddingsPayload},
    metadata::{MetadataView, Nulls, WireMetadata},
};

/// `{}`: done.
#[derive(JsonSchema)]
pub(super) struct EmptyResponse {}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes an answer that is made without a type")]
pub(super) struct HeartbeatResponse {
    /// Nanoseconds since 1970.
    #[schemars(rename = "nanosecond heartbeat")]
    nanosecond_heartbeat: u64,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes an answer that is made without a type")]
pub(super) struct HealthResponse {
    is_executor_ready: bool,
    is_log_client_ready: bool,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes an answer that is made without a type")]
pub(super) struct ChecklistResponse {
    /// Records that one request may bring.
    max_batch_size: u32,
    /// Whether embeddings may come as base64.
    supports_base64_encoding: bool,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes an answer that is made without a type")]
pub(super) struct GetUserIdentityResponse {
    user_id: String,
    tenant: String,
    databases: Vec<String>,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes an answer that is made without a type")]
pub(super) struct GetTenantResponse {
    name: String,
    resource_name: Option<String>,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes an answer that is made without a type")]
pub(super) struct DeleteCollectionRecordsResponse {
    /// Records that were deleted.
    deleted: u64,
}

impl<N: Nulls> JsonSchema for WireMetadata<N> {
    fn schema_name() -> Cow<'static, str> {
        if N::ALLOWED { "UpdateMetadata" } else { "Metadata" }.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut values = metadata_values();
        if N::ALLOWED {
            values.push(json_schema!({ "type": "null", "description": "removes the key" }));
        }
        json_schema!({
            "type": "object",
            "additionalProperties": { "anyOf": values },
            "propertyNames": { "minLength": 1, "pattern": "^[^#$]" },
        })
    }
}

impl JsonSchema for MetadataView<'_> {
    fn schema_name() -> Cow<'static, str> {
        "MetadataResponse".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "additionalProperties": { "anyOf": metadata_values() } })
    }
}

fn metadata_values() -> Vec<Schema> {
    let list = |kind: &str| json_schema!({ "type": "array", "items": { "type": kind } });
    vec![
        json_schema!({ "type": "string" }),
        json_schema!({ "type": "integer" }),
        json_schema!({ "type": "number" }),
        json_schema!({ "type": "boolean" }),
        list("string"),
        list("integer"),
        list("number"),
        list("boolean"),
    ]
}

impl JsonSchema for EmbeddingsPayload {
    fn schema_name() -> Cow<'static, str> {
        "EmbeddingsPayload".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        embeddings_schema(&json_schema!({ "type": "string" }), &vector_schema())
    }
}

impl JsonSchema for UpdateEmbeddingsPayload {
    fn schema_name() -> Cow<'static, str> {
        "UpdateEmbeddingsPayload".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let text = json_schema!({ "type": ["string", "null"] });
        embeddings_schema(&text, &json_schema!({ "anyOf": [vector_schema(), { "type": "null" }] }))
    }
}

fn vector_schema() -> Schema {
    json_schema!({ "type": "array", "minItems": 1, "items": { "type": "number", "format": "float" } })
}

fn embeddings_schema(text: &Schema, vector: &Schema) -> Schema {
    json_schema!({
        "anyOf": [
            { "type": "array", "items": vector },
            { "type": "array", "items": text, "description": "little-endian 32-bit floats in base64" },
        ]
    })
}
