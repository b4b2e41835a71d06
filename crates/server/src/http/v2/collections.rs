//! Collections of a database.

use axum::{http::StatusCode, response::Response};
use huedb_engine::{CollectionChange, CollectionDescriptor, Error as EngineError, Existing, NewCollection};
use huedb_types::{CollectionId, Metadata};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::{
    configuration::{self, CollectionConfiguration, EmbeddingFunction, UpdateCollectionConfiguration},
    dialect::Dialect,
    error::ApiError,
    metadata::{MetadataChanges, NewMetadata, WireMetadata},
    names,
    request::{Call, Page},
    response::{self, empty_object},
    schema::{self, Schema},
    writes,
};
use crate::{auth::access::AccessError, http::own_options};

#[derive(Deserialize, JsonSchema)]
#[serde(expecting = "struct CreateCollectionPayload")]
#[schemars(rename = "CreateCollectionPayload")]
#[schemars(extend("examples" = [json!({ "name": "books", "metadata": { "language": "en" }, "configuration": { "hnsw": { "space": "cosine" } }, "get_or_create": true })]))]
pub(super) struct CreateRequest {
    schema: Option<Schema>,
    configuration: Option<CollectionConfiguration>,
    name: String,
    metadata: Option<NewMetadata>,
    #[serde(default)]
    get_or_create: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(expecting = "struct UpdateCollectionPayload")]
#[schemars(rename = "UpdateCollectionPayload")]
#[schemars(extend("examples" = [json!({ "new_name": "novels", "new_metadata": { "language": "fr" } })]))]
pub(super) struct UpdateRequest {
    new_name: Option<String>,
    new_metadata: Option<MetadataChanges>,
    new_configuration: Option<UpdateCollectionConfiguration>,
}

pub(super) async fn create(call: Call) -> Result<Response, ApiError> {
    let body = call
        .run(|call| {
            let request: CreateRequest = call.json()?;
            let existing = if request.get_or_create { Existing::Get } else { Existing::Fail };
            let new = request.into_new(call.dialect)?;
            let created = call.database()?.create_collection(new, existing);
            let collection = created.map_err(|error| match error {
                AccessError::Engine(EngineError::DatabaseNotFound { database, .. }) => {
                    ApiError::invalid(format!("Database [{database}] does not exist"))
                }
                other => other.into(),
            })?;
            Ok(response::collection(&collection.descriptor(), call.dialect))
        })
        .await?;
    Ok(response::ok(body))
}

impl CreateRequest {
    pub(super) fn into_new(self, dialect: Dialect) -> Result<NewCollection, ApiError> {
        names::check_collection("name", &self.name)?;
        let metadata = self.metadata.map(|wire| checked(wire, "metadata")).transpose()?;
        let settings = match deciding_schema(self.schema, self.configuration.as_ref())? {
            Some(schema) => of_schema(schema)?,
            None => of_configuration(self.configuration, metadata.as_ref(), dialect)?,
        };
        let precision = own_options::precision(metadata.as_ref());
        let precision = precision.map_err(|error| ApiError::validation("metadata", error))?;
        Ok(NewCollection {
            name: self.name,
            precision,
            metadata: metadata.filter(|metadata| !metadata.is_empty()),
            hnsw: settings.hnsw,
            v1_configuration: None,
            embedding_function: settings.embedding_function.as_ref().map(EmbeddingFunction::to_stored),
            schema: settings.schema,
        })
    }
}

/// What the configuration or the schema of a new collection come to.
struct Settings {
    hnsw: huedb_types::HnswConfiguration,
    embedding_function: Option<EmbeddingFunction>,
    schema: Option<String>,
}

/// The schema, unless the configuration counts. Clients send the defaults of both unasked, so only two
/// that say something are one too many.
fn deciding_schema(
    schema: Option<Schema>,
    configuration: Option<&CollectionConfiguration>,
) -> Result<Option<Schema>, ApiError> {
    let Some(schema) = schema else { return Ok(None) };
    schema.check()?;
    match configuration {
        Some(_) if schema.is_default() => Ok(None),
        Some(configuration) if !configuration.is_default() => Err(ApiError::invalid(
            "Failed to reconcile schema: Cannot set both collection config and schema simultaneously",
        )),
        _ => Ok(Some(schema)),
    }
}

fn of_schema(schema: Schema) -> Result<Settings, ApiError> {
    let reconciled = schema.reconcile()?;
    Ok(Settings {
        hnsw: reconciled.hnsw,
        embedding_function: reconciled.embedding_function,
        schema: Some(reconciled.stored),
    })
}

fn of_configuration(
    mut configuration: Option<CollectionConfiguration>,
    metadata: Option<&Metadata>,
    dialect: Dialect,
) -> Result<Settings, ApiError> {
    let embedding_function = configuration.as_mut().and_then(|sent| sent.embedding_function.take());
    let hnsw = configuration::new_hnsw(configuration, metadata, dialect)?;
    Ok(Settings { hnsw, embedding_function, schema: None })
}

/// Metadata of a collection, without nulls and empty lists.
fn checked<N>(wire: WireMetadata<N>, field: &str) -> Result<Metadata, ApiError> {
    if wire.is_empty() {
        return Err(ApiError::validation(field, "Metadata cannot be empty"));
    }
    wire.check().map_err(|error| ApiError::validation(field, error))?;
    match wire.sparse_key() {
        Some(key) => Err(writes::sparse_unsupported(key)),
        None => Ok(wire.into()),
    }
}

pub(super) async fn list(call: Call) -> Result<Response, ApiError> {
    let body = call
        .run(|call| {
            let page: Page = call.query()?;
            let collections = call.database()?.collections();
            let page: Vec<_> =
                page.of(collections.iter()).map(huedb_engine::Collection::descriptor).collect();
            Ok(response::collections(&page, call.dialect))
        })
        .await?;
    Ok(response::ok(body))
}

pub(super) async fn count(call: Call) -> Result<Response, ApiError> {
    let body = call
        .run(|call| {
            let count = call.database()?.collections().len();
            Ok(response::to_bytes(&count))
        })
        .await?;
    Ok(response::ok(body))
}

pub(super) async fn get(call: Call) -> Result<Response, ApiError> {
    let body = call
        .run(|call| {
            let name = call.segment("collection");
            let collection = call.database()?.collection_named(name)?;
            Ok(response::collection(&collection.descriptor(), call.dialect))
        })
        .await?;
    Ok(response::ok(body))
}

pub(super) async fn get_by_id(call: Call) -> Result<Response, ApiError> {
    let body = call
        .run(|call| {
            let id = Uuid::parse_str(call.segment("collection")).map_err(|_| {
                ApiError::validation("collection_id", "Invalid collection ID format, expected UUID")
            })?;
            let collection = call.database()?.collection_with_id(CollectionId(id))?;
            Ok(response::collection(&collection.descriptor(), call.dialect))
        })
        .await?;
    Ok(response::ok(body))
}

/// A resource name belongs to a tenant, and no tenant has one here, so no collection is ever found.
pub(super) async fn get_by_crn(call: Call) -> Result<Response, ApiError> {
    let crn = call.segment("crn");
    let parts: Vec<&str> = crn.split(':').collect();
    if parts.len() != 3 || parts.contains(&"") {
        return Err(ApiError::validation(
            "crn",
            "CRN must be in the format <tenant_resource_name>:<database_name>:<collection_name> with non-empty parts",
        ));
    }
    Err(ApiError::collection_missing(crn))
}

pub(super) async fn update(call: Call) -> Result<Response, ApiError> {
    call.run(|call| {
        let request: UpdateRequest = call.json()?;
        let collection = call.collection()?;
        let change = request.into_change(&collection.descriptor())?;
        Ok(call.access.update_collection(&collection, change)?)
    })
    .await?;
    Ok(empty_object(StatusCode::OK))
}

impl UpdateRequest {
    fn into_change(self, descriptor: &CollectionDescriptor) -> Result<CollectionChange, ApiError> {
        if let Some(name) = &self.new_name {
            names::check_collection("new_name", name)?;
        }
        let metadata = self.new_metadata.map(|wire| checked(wire, "new_metadata")).transpose()?;
        own_options::check_kept(metadata.as_ref(), descriptor.precision)
            .map_err(|error| ApiError::validation("new_metadata", error))?;
        let (hnsw, embedding_function) =
            self.new_configuration.map_or((None, None), |new| (new.hnsw, new.embedding_function));
        let schema = if hnsw.is_some() || embedding_function.is_some() {
            schema::changed(descriptor, hnsw.as_ref(), embedding_function.as_ref())
        } else {
            None
        };
        Ok(CollectionChange {
            name: self.new_name,
            metadata: metadata.map(|metadata| (!metadata.is_empty()).then_some(metadata)),
            hnsw: hnsw.map(|change| change.over(descriptor.hnsw)),
            embedding_function: embedding_function.as_ref().map(EmbeddingFunction::to_stored),
            schema,
        })
    }
}

pub(super) async fn delete(call: Call) -> Result<Response, ApiError> {
    call.run(|call| {
        let name = call.segment("collection");
        Ok(call.database()?.delete_collection(name)?)
    })
    .await?;
    Ok(empty_object(StatusCode::OK))
}
