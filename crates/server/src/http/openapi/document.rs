//! The OpenAPI 3.1 document.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{
    admission::Admission,
    operation::{Operation, Parameter},
};
use crate::http::{
    Generation,
    route::DescribedRoute,
    v1::{ErrorV1, HttpValidationError},
    v2::ErrorResponse,
};

const SCHEMAS: &str = "/components/schemas";

/// What any request may be answered with: the server is at fault, or has too much to do.
const ALWAYS: [u16; 2] = [500, 503];

/// What a body is refused with: broken, too slow, too large, of another kind.
const OF_BODIES: [u16; 4] = [400, 408, 413, 415];

/// The description of `routes` on a server that lets requests through by `admission`.
pub(super) fn of(routes: &[DescribedRoute], admission: Admission) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = SCHEMAS.into();
        settings.meta_schema = None;
    });
    let mut schemas = settings.into_generator();
    let mut paths: Map<String, Value> = Map::new();
    for route in routes {
        let method = route.method.as_str().to_ascii_lowercase();
        let described = operation(route, admission, &mut schemas);
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[method] = described;
    }
    let mut schemas = Value::Object(schemas.take_definitions(true));
    bound_integers(&mut schemas);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "HueDB",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "A vector database that speaks both generations of Chroma's API: `/api/v2` as \
                Chroma 1.5.9 and `/api/v1` as Chroma 0.5.13.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "headers": { "chroma-trace-id": trace_id() },
            "securitySchemes": admission.schemes(),
        },
    })
}

fn trace_id() -> Value {
    json!({
        "description": "The trace of the request; 0 if there is none.",
        "required": true,
        "schema": { "type": "string" },
    })
}

fn operation(route: &DescribedRoute, admission: Admission, schemas: &mut SchemaGenerator) -> Value {
    let DescribedRoute { path, operation, .. } = route;
    let refusals = admission.refusals(Generation::of_path(path), route.action);
    let mut described = json!({
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "responses": responses(path, operation, &refusals, schemas),
    });
    if let Some(requirement) = admission.requirement(route.action) {
        described["security"] = requirement;
    }
    let path = path_parameters(path);
    let query = operation.query.iter().map(|parameter| query_parameter(parameter, schemas));
    let parameters: Vec<Value> = path.chain(query).collect();
    if !parameters.is_empty() {
        described["parameters"] = parameters.into();
    }
    if let Some(body) = operation.body {
        described["requestBody"] =
            json!({ "required": true, "content": json_content(body(schemas).as_value()) });
    }
    described
}

/// The names between braces.
fn path_parameters(path: &str) -> impl Iterator<Item = Value> {
    let names = path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    names.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
}

fn query_parameter(parameter: &Parameter, schemas: &mut SchemaGenerator) -> Value {
    let mut schema = (parameter.schema)(schemas).to_value();
    bound_integers(&mut schema);
    json!({ "name": parameter.name, "in": "query", "description": parameter.text, "schema": schema })
}

fn responses(
    path: &str,
    operation: &Operation,
    refusals: &BTreeSet<u16>,
    schemas: &mut SchemaGenerator,
) -> Value {
    let (status, success) = operation.success;
    let success = success.map_or_else(|| json!({}), |schema| schema(schemas).to_value());
    let mut responses = Map::from_iter([(status.to_string(), response(status, success))]);
    for status in errors(path, operation).union(refusals).copied() {
        let schema = error_schema(path, status, schemas);
        responses.insert(status.to_string(), response(status, schema));
    }
    responses.into()
}

/// Every status of a refusal or a failure.
fn errors(path: &str, operation: &Operation) -> BTreeSet<u16> {
    let mut errors: BTreeSet<u16> = ALWAYS.into_iter().chain(operation.errors.iter().copied()).collect();
    if operation.body.is_some() {
        errors.insert(422);
    }
    match Generation::of_path(path) {
        Generation::V1 => {
            if operation.body.is_some() {
                errors.extend(OF_BODIES);
            }
            // A name that is no UTF-8 has no route.
            if path.contains('{') {
                errors.insert(404);
            }
        }
        // Bodies of all requests are read, wanted or not.
        Generation::V2 => errors.extend(OF_BODIES),
    }
    errors
}

fn error_schema(path: &str, status: u16, schemas: &mut SchemaGenerator) -> Value {
    fn of<T: JsonSchema>(schemas: &mut SchemaGenerator) -> Value {
        schemas.subschema_for::<T>().to_value()
    }
    match (Generation::of_path(path), status) {
        (Generation::V1, 422) => of::<HttpValidationError>(schemas),
        (Generation::V1, _) => of::<ErrorV1>(schemas),
        (Generation::V2, _) => of::<ErrorResponse<'_>>(schemas),
    }
}

fn response(status: u16, mut schema: Value) -> Value {
    bound_integers(&mut schema);
    let text = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    json!({
        "description": text.unwrap_or_default(),
        "headers": { "chroma-trace-id": { "$ref": "#/components/headers/chroma-trace-id" } },
        "content": json_content(&schema),
    })
}

fn json_content(schema: &Value) -> Value {
    json!({ "application/json": { "schema": schema } })
}

/// Says the largest number of each integer type, which a format alone does not tell a validator.
fn bound_integers(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            let bounds = match object.get("format").and_then(Value::as_str) {
                Some("uint32") => Some((json!(0), json!(u32::MAX))),
                Some("uint64" | "uint") => Some((json!(0), json!(u64::MAX))),
                Some("int64") => Some((json!(i64::MIN), json!(i64::MAX))),
                _ => None,
            };
            if let Some((minimum, maximum)) = bounds {
                object.insert("minimum".to_owned(), minimum);
                object.insert("maximum".to_owned(), maximum);
            }
            object.values_mut().for_each(bound_integers);
        }
        Value::Array(items) => items.iter_mut().for_each(bound_integers),
        _ => {}
    }
}
