//! Routes of records.

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};
use huedb_engine::{Collection, Error, GetRequest, Hit, Include, QueryRequest, Selection, WriteTicket};
use huedb_types::RecordPatch;

use super::{
    bodies::{DeleteBody, Field, GetBody, QueryBody},
    error::ApiError,
    request::{Admitted, PathText, RawBody, collection_id},
    response::{GetResponse, QueryResponse, json, null, ok},
    where_clause,
    write::WriteBody,
};
use crate::{
    auth::access::Access,
    http::app::App,
    telemetry::request::{durable, note},
};

const NOTHING_TO_DELETE: &str = "\n                \
    You must provide either ids, where, or where_document to delete. If\n                \
    you want to delete all data in a collection you can delete the\n                \
    collection itself using the delete_collection method. Or alternatively,\n                \
    you can get() all the relevant ids and then delete them.\n                ";

pub(super) async fn add(
    State(app): State<App>,
    Admitted(access): Admitted,
    PathText(id): PathText,
    request: Request,
) -> Result<Response, ApiError> {
    write(&app, access, id, request, |collection, patches| {
        collection.add(patches.into_iter().map(|patch| patch.apply(None)).collect())
    })
    .await
    .map_err(of_add)?;
    Ok(json(StatusCode::CREATED, &true))
}

pub(super) async fn update(
    State(app): State<App>,
    Admitted(access): Admitted,
    PathText(id): PathText,
    request: Request,
) -> Result<Response, ApiError> {
    write(&app, access, id, request, Collection::update).await?;
    Ok(null())
}

pub(super) async fn upsert(
    State(app): State<App>,
    Admitted(access): Admitted,
    PathText(id): PathText,
    request: Request,
) -> Result<Response, ApiError> {
    write(&app, access, id, request, Collection::upsert).await?;
    Ok(null())
}

pub(super) async fn delete(
    State(app): State<App>,
    Admitted(access): Admitted,
    PathText(id): PathText,
    request: Request,
) -> Result<Response, ApiError> {
    let body = RawBody::read(&app, request).await?;
    let ticket = app
        .work(move || {
            let body: DeleteBody = body.decode()?;
            let id = collection_id(&id)?;
            let filter = where_clause::filter(body.where_clause.as_ref(), body.where_document.as_ref())?;
            if filter.is_none() && body.ids.as_ref().is_none_or(Vec::is_empty) {
                return Err(ApiError::value(NOTHING_TO_DELETE));
            }
            let collection = access.collection_with_id(id)?;
            note("ids_count", body.ids.as_ref().map_or(0, Vec::len));
            Ok(collection.delete(&Selection { ids: body.ids, filter, limit: None, offset: 0 })?)
        })
        .await?;
    durable(ticket).await?;
    Ok(null())
}

pub(super) async fn count(
    State(app): State<App>,
    Admitted(access): Admitted,
    PathText(id): PathText,
) -> Result<Response, ApiError> {
    app.work(move || Ok(ok(&find(&access, &id)?.count()?))).await
}

pub(super) async fn get(
    State(app): State<App>,
    Admitted(access): Admitted,
    PathText(id): PathText,
    request: Request,
) -> Result<Response, ApiError> {
    let body = RawBody::read(&app, request).await?;
    app.work(move || {
        let body: GetBody = body.decode()?;
        let collection = find(&access, &id)?;
        let included = body.include.clone();
        note("ids_count", body.ids.as_ref().map_or(0, Vec::len));
        let records = collection.get(&get_request(body)?)?;
        access.trail().count_records(records.len() as u64);
        Ok(ok(&GetResponse::new(records, included)))
    })
    .await
}

pub(super) async fn query(
    State(app): State<App>,
    Admitted(access): Admitted,
    PathText(id): PathText,
    request: Request,
) -> Result<Response, ApiError> {
    let body = RawBody::read(&app, request).await?;
    app.work(move || {
        let body: QueryBody = body.decode()?;
        let included = body.include.clone();
        let hits = nearest(&access, &id, body)?;
        access.trail().count_records(hits.iter().map(Vec::len).sum::<usize>() as u64);
        Ok(ok(&QueryResponse::new(hits, included)))
    })
    .await
}

/// Reads a body of records, hands its changes to `operation` and waits until they are durable.
async fn write(
    app: &App,
    access: Access,
    id: String,
    request: Request,
    operation: impl FnOnce(&Collection, Vec<RecordPatch>) -> Result<WriteTicket, Error> + Send + 'static,
) -> Result<(), ApiError> {
    let body = RawBody::read(app, request).await?;
    let ticket = app
        .work(move || {
            let body: WriteBody = body.decode()?;
            let collection = find(&access, &id)?;
            let patches = body.into_patches(collection.descriptor().shape.dimension)?;
            Ok(operation(&collection, patches)?)
        })
        .await?;
    durable(ticket).await?;
    Ok(())
}

fn get_request(body: GetBody) -> Result<GetRequest, ApiError> {
    let filter = where_clause::filter(body.where_clause.as_ref(), body.where_document.as_ref())?;
    if body.sort.is_some() {
        return Err(ApiError::raised("NotImplementedError", "Sorting is not yet supported"));
    }
    // No limit and zero are the same; an offset before the start is the start.
    let limit = match body.limit {
        None | Some(0) => None,
        Some(limit) => Some(u64::try_from(limit).map_err(|_| ApiError::value("Limit cannot be negative"))?),
    };
    let offset = body.offset.map_or(0, |offset| u64::try_from(offset).unwrap_or(0));
    let include = include(&body.include);
    Ok(GetRequest { selection: Selection { ids: body.ids, filter, limit, offset }, include })
}

fn nearest(access: &Access, id: &str, body: QueryBody) -> Result<Vec<Vec<Hit>>, ApiError> {
    let id = collection_id(id)?;
    let embeddings = body.query_embeddings?;
    if embeddings.is_empty() {
        return Err(ApiError::raised("TypeError", "object of type 'NoneType' has no len()"));
    }
    let filter = where_clause::filter(body.where_clause.as_ref(), body.where_document.as_ref())?;
    let collection = access.collection_with_id(id)?;
    if body.n_results < 0 {
        let text = format!("Number of requested results {}, cannot be negative, or zero.", body.n_results);
        return Err(ApiError::raised("TypeError", text));
    }
    let k = u32::try_from(body.n_results).unwrap_or(u32::MAX);
    note("n_results", k as usize);
    note("num_queries", embeddings.len());
    let include = include(&body.include);
    Ok(collection.query(&QueryRequest { embeddings, k, ids: None, filter, include })?)
}

/// The collection of a record route, wherever it is within reach: these routes name no database.
fn find(access: &Access, id: &str) -> Result<Collection, ApiError> {
    Ok(access.collection_with_id(collection_id(id)?)?)
}

fn include(fields: &[Field]) -> Include {
    let has = |field| fields.contains(&field);
    Include {
        embeddings: has(Field::Embeddings),
        documents: has(Field::Documents),
        metadatas: has(Field::Metadatas),
        uris: has(Field::Uris),
    }
}

/// Only `add` answers a wrong dimension as a fault of the server.
fn of_add(error: ApiError) -> ApiError {
    match error {
        ApiError::Named { name: "InvalidDimension", message, .. } => {
            ApiError::Detail { status: StatusCode::INTERNAL_SERVER_ERROR, text: message }
        }
        other => other,
    }
}
