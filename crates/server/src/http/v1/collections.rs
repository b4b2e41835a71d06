//! Routes of collections.

use axum::{
    extract::{Request, State},
    http::HeaderMap,
    response::Response,
};
use huedb_engine::{Collection, CollectionChange, Error, Existing, NewCollection};
use huedb_types::{HnswConfiguration, Metadata, Precision};
use uuid::Uuid;

use super::{
    bodies::{CreateCollectionBody, UpdateCollectionBody},
    error::ApiError,
    hnsw,
    json::{self, Dict, Json},
    metadata,
    names::check_collection_name,
    old_clients::{ListForm, ShortCollectionResponse},
    request::{Admitted, InDatabase, PathText, QueryText, RawBody, collection_id},
    response::{CollectionResponse, null, ok},
};
use crate::{
    auth::access::{AccessError, DatabaseAccess},
    http::{app::App, own_options},
};

pub(super) async fn list(
    State(app): State<App>,
    InDatabase(database): InDatabase,
    query: QueryText,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let [limit, offset] = query.integers(["limit", "offset"])?;
    let form = ListForm::of(&headers, query.names_tenant());
    app.work(move || {
        let collections = database.collections();
        let shown = &collections[python_slice(collections.len(), offset, limit)];
        let shown = shown.iter().map(|collection| collection.descriptor());
        Ok(match form {
            ListForm::Whole => ok(&shown.map(|shown| CollectionResponse::from(&*shown)).collect::<Vec<_>>()),
            _ => ok(&shown.map(|shown| ShortCollectionResponse::new(&shown, form)).collect::<Vec<_>>()),
        })
    })
    .await
}

pub(super) async fn count(
    State(app): State<App>,
    InDatabase(database): InDatabase,
) -> Result<Response, ApiError> {
    let collections = app.work(move || Ok(database.collections())).await?;
    Ok(ok(&collections.len()))
}

pub(super) async fn create(
    State(app): State<App>,
    InDatabase(database): InDatabase,
    request: Request,
) -> Result<Response, ApiError> {
    let body = RawBody::read(&app, request).await?;
    app.work(move || create_in(&database, body.decode()?)).await
}

pub(super) async fn get(
    State(app): State<App>,
    InDatabase(database): InDatabase,
    PathText(name): PathText,
) -> Result<Response, ApiError> {
    app.work(move || {
        let collection = database.collection_named(&name).map_err(|error| missing_in(error, &name))?;
        Ok(ok(&CollectionResponse::from(&*collection.descriptor())))
    })
    .await
}

pub(super) async fn update(
    State(app): State<App>,
    Admitted(access): Admitted,
    PathText(id): PathText,
    request: Request,
) -> Result<Response, ApiError> {
    let body = RawBody::read(&app, request).await?;
    app.work(move || {
        let body: UpdateCollectionBody = body.decode()?;
        let id = collection_id(&id)?;
        let change = change(body)?;
        let collection = access.collection_with_id(id)?;
        if let Some(metadata) = &change.metadata {
            own_options::check_kept(metadata.as_ref(), collection.descriptor().precision)
                .map_err(ApiError::invalid_argument)?;
        }
        access.update_collection(&collection, change).map_err(|error| match error {
            AccessError::Engine(Error::CollectionExists { .. }) => ApiError::raised(
                "IntegrityError",
                "UNIQUE constraint failed: collections.name, collections.database_id",
            ),
            other => other.into(),
        })
    })
    .await?;
    Ok(null())
}

pub(super) async fn delete(
    State(app): State<App>,
    InDatabase(database): InDatabase,
    PathText(name): PathText,
) -> Result<Response, ApiError> {
    app.work(move || {
        database.delete_collection(&name).map_err(|error| match error {
            Error::CollectionNotFound { .. } | Error::DatabaseNotFound { .. } => {
                ApiError::value(format!("Collection {name} does not exist."))
            }
            other => other.into(),
        })
    })
    .await?;
    Ok(null())
}

fn create_in(database: &DatabaseAccess, body: CreateCollectionBody) -> Result<Response, ApiError> {
    let document = hnsw::configuration_document(body.configuration.as_ref())?;
    let checked = body.metadata.as_ref().map(metadata::of_new_collection).transpose()?;
    check_collection_name(&body.name)?;
    let existing = if body.get_or_create { Existing::Get } else { Existing::Fail };
    // Everything is checked before anything is made. The index settings of a collection that is there
    // already were never looked at.
    let settings = hnsw::from_metadata(body.metadata.as_ref().unwrap_or(&Dict::new())).and_then(|hnsw| {
        let precision = own_options::precision(checked.as_ref()).map_err(ApiError::invalid_argument)?;
        Ok((hnsw, precision))
    });
    let created = match settings {
        Ok(settings) => {
            let new = new_collection(body.name, checked, settings, &document);
            database.create_collection(new, existing)
        }
        Err(refusal) => existing_one(database, body.name, existing).ok_or(refusal)?,
    };
    let collection = created.map_err(|error| match error {
        AccessError::Engine(Error::DatabaseNotFound { .. } | Error::TenantNotFound { .. }) => no_database(),
        other => other.into(),
    })?;
    Ok(ok(&CollectionResponse::from(&*collection.descriptor())))
}

fn new_collection(
    name: String,
    metadata: Option<Metadata>,
    (hnsw, precision): (HnswConfiguration, Precision),
    document: &Json,
) -> NewCollection {
    NewCollection {
        name,
        metadata,
        hnsw,
        precision,
        // A JSON value can always be written as a text.
        v1_configuration: json::to_vec(document).ok().and_then(|text| String::from_utf8(text).ok()),
        embedding_function: None,
        schema: None,
    }
}

/// What creating would give without making anything. `None` if nothing stands in the way.
fn existing_one(
    database: &DatabaseAccess,
    name: String,
    existing: Existing,
) -> Option<Result<Collection, AccessError>> {
    if let Err(denied) = database.check_new(&name) {
        return Some(Err(denied.into()));
    }
    if let Err(error) = database.describe() {
        return Some(Err(error.into()));
    }
    let collection = database.collection_named(&name).ok()?;
    Some(match existing {
        Existing::Get => Ok(collection),
        Existing::Fail => Err(Error::CollectionExists { name }.into()),
    })
}

/// A collection of an unknown database broke the same rule of the store as one with a used id, and the
/// text named the id that it would have had.
fn no_database() -> ApiError {
    let id = Uuid::new_v4();
    ApiError::exists(format!("Collection {id} already exists"))
}

/// A missing collection is named as it was asked for, whichever level of the name is missing.
fn missing_in(error: Error, name: &str) -> ApiError {
    match error {
        Error::CollectionNotFound { .. } | Error::DatabaseNotFound { .. } | Error::TenantNotFound { .. } => {
            ApiError::no_collection(name)
        }
        other => other.into(),
    }
}

fn change(body: UpdateCollectionBody) -> Result<CollectionChange, ApiError> {
    let name = body.new_name.filter(|name| !name.is_empty());
    if let Some(name) = &name {
        check_collection_name(name)?;
    }
    // Changed metadata replaces all of the old; the index settings in it have no effect.
    let metadata = match body.new_metadata {
        Some(metadata) if !metadata.is_empty() => Some(metadata::of_changed_collection(&metadata)?),
        _ => None,
    };
    Ok(CollectionChange { name, metadata, hnsw: None, embedding_function: None, schema: None })
}

/// `list[offset : offset + limit]` as Python cuts it: negative bounds count from the end.
fn python_slice(len: usize, offset: Option<i64>, limit: Option<i64>) -> std::ops::Range<usize> {
    let bound = |at: i64| {
        let at = if at < 0 { at.saturating_add_unsigned(len as u64).max(0) } else { at };
        usize::try_from(at).map_or(len, |at| at.min(len))
    };
    let offset = offset.unwrap_or(0);
    let start = bound(offset);
    let end = limit.map_or(len, |limit| bound(offset.saturating_add(limit)));
    start..end.max(start)
}

#[cfg(test)]
mod tests;
