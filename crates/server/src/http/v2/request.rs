//! A request of `/api/v2` as its handler gets it: routed, read within the body limit, not yet parsed.

use axum::{
    RequestExt,
    extract::{Query, RawPathParams, Request, State},
    http::{HeaderValue, StatusCode, Uri, header},
    response::Response,
};
use huedb_engine::Collection;
use huedb_types::CollectionId;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::error::Category;
use uuid::Uuid;

use super::{dialect::Dialect, error::ApiError};
use crate::{
    auth::access::{Access, DatabaseAccess, TenantAccess},
    http::{
        app::App,
        body::{RequestBytes, read_body},
        openapi::Operation,
        route::{Action, RouteTable},
    },
};

/// Path of a JSON error that is printed; deeper ones are left out, the position says enough.
const ERROR_PATH_CHARS_MAX: usize = 200;

/// One request. Handlers take it, do their work through [`Call::run`] and answer.
pub(super) struct Call {
    pub(super) app: App,
    pub(super) access: Access,
    pub(super) dialect: Dialect,
    tenant: Option<TenantAccess>,
    database: Option<DatabaseAccess>,
    path: RawPathParams,
    /// Only what follows `?`, and no part of the connection's read buffer: see [`read_body`].
    query: Uri,
    /// Whether the body came as JSON.
    is_json: bool,
    body: RequestBytes,
}

/// Registers `handler`; what it refuses is answered in the shape that the client's generation reads.
pub(super) fn route<H, F>(
    table: &mut RouteTable,
    action: Action,
    method: axum::http::Method,
    path: &'static str,
    operation: Operation,
    handler: H,
) where
    H: Fn(Call) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Response, ApiError>> + Send + 'static,
{
    table.route(action, method, path, operation, move |State(app): State<App>, request: Request| {
        let dialect = Dialect::of(request.headers());
        // Futures keep room for what they are handed and for all that they may come to; boxes are
        // there only for as long as they are needed.
        let request = Box::new(request);
        async move {
            let answer = match Call::receive(app, dialect, request).await {
                Ok(call) => Box::pin(handler(call)).await,
                Err(refused) => Err(refused),
            };
            answer.unwrap_or_else(|error| error.into_response(dialect))
        }
    });
}

impl Call {
    async fn receive(app: App, dialect: Dialect, mut request: Box<Request>) -> Result<Self, ApiError> {
        let path = request
            .extract_parts::<RawPathParams>()
            .await
            .map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
        // Every request of a route has been through the gate.
        let access = request.extensions_mut().remove::<Access>().ok_or_else(ApiError::internal)?;
        let (tenant, database) = places(&access, &path)?;
        let query = query_of(request.uri());
        let is_json = request.headers().get(header::CONTENT_TYPE).is_none_or(is_json);
        let body = read_body(&app, *request)
            .await
            .map_err(|error| ApiError::of_body(error, app.settings.body_option))?;
        Ok(Self { app, access, dialect, tenant, database, path, query, is_json, body })
    }

    /// Runs `work` on the CPU pool: parsing, the engine's blocking calls, serialising.
    pub(super) async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce(&Self) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let app = self.app.clone();
        app.run(move || work(&self)).await?
    }

    /// The decoded path segment called `name`; empty if the route has none.
    pub(super) fn segment(&self, name: &str) -> &str {
        segment(&self.path, name)
    }

    /// The tenant of the path.
    pub(super) fn tenant(&self) -> Result<&TenantAccess, ApiError> {
        self.tenant.as_ref().ok_or_else(ApiError::internal)
    }

    /// The database of the path.
    pub(super) fn database(&self) -> Result<&DatabaseAccess, ApiError> {
        self.database.as_ref().ok_or_else(ApiError::internal)
    }

    /// The collection whose id is in the path, if it belongs to the tenant and database of the path.
    pub(super) fn collection(&self) -> Result<Collection, ApiError> {
        let id = self.segment("collection");
        let id = Uuid::parse_str(id).map(CollectionId).map_err(|_| ApiError::bad_collection_id())?;
        self.database()?.collection_with_id(id).map_err(|error| match error {
            huedb_engine::Error::CollectionNotFound { .. } => ApiError::record_collection_missing(id),
            other => other.into(),
        })
    }

    /// The parameters after `?`.
    pub(super) fn query<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        match Query::<T>::try_from_uri(&self.query) {
            Ok(Query(parameters)) => Ok(parameters),
            Err(rejection) => Err(ApiError::invalid(rejection.body_text())),
        }
    }

    /// The body as JSON. Errors name the path and position of what is wrong.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        if !self.is_json {
            let message = "Expected request with `Content-Type: application/json`";
            return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "ChromaError", message));
        }
        parse(&self.body)
    }
}

/// A copy of the part after `?`.
fn query_of(uri: &Uri) -> Uri {
    let query = uri.query().map(|query| format!("/?{query}").parse());
    // What was a query of one URI is a query of another.
    query.and_then(Result::ok).unwrap_or_default()
}

fn segment<'a>(path: &'a RawPathParams, name: &str) -> &'a str {
    path.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value)
}

/// Tenant and database of a path that has them, before the body is read.
fn places(
    access: &Access,
    path: &RawPathParams,
) -> Result<(Option<TenantAccess>, Option<DatabaseAccess>), ApiError> {
    let (tenant, database) = (segment(path, "tenant"), segment(path, "database"));
    if !database.is_empty() {
        return Ok((None, Some(access.database(tenant, database)?)));
    }
    if !tenant.is_empty() {
        return Ok((Some(access.tenant(tenant)?), None));
    }
    Ok((None, None))
}

/// Which part of a list is wanted.
#[derive(Deserialize)]
pub(super) struct Page {
    limit: Option<u32>,
    offset: Option<u32>,
}

impl Page {
    pub(super) fn of<T>(&self, list: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
        let limit = self.limit.map_or(usize::MAX, |limit| limit as usize);
        list.skip(self.offset.unwrap_or(0) as usize).take(limit)
    }
}

/// `application/json` or a type built on it, such as `application/geo+json`.
fn is_json(content_type: &HeaderValue) -> bool {
    let Ok(text) = content_type.to_str() else { return false };
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence
        .strip_prefix("application/")
        .is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
}

/// Parses without tracking where it is; only a body that is refused is parsed again to say why.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).or_else(|_| parse_with_path(body))
}

fn parse_with_path<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let is_printed = error.path().to_string().len() <= ERROR_PATH_CHARS_MAX;
        let text = if is_printed { error.to_string() } else { error.inner().to_string() };
        refusal(error.inner(), text)
    })?;
    deserializer.end().map_err(|error| refusal(&error, &error))?;
    Ok(value)
}

/// 400 for what is not JSON, 422 for JSON of another shape.
fn refusal(error: &serde_json::Error, text: impl std::fmt::Display) -> ApiError {
    match error.classify() {
        Category::Data => {
            let message = format!("Failed to deserialize the JSON body into the target type: {text}");
            ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "ChromaError", message)
        }
        Category::Syntax | Category::Eof | Category::Io => {
            ApiError::invalid(format!("Failed to parse the request body as JSON: {text}"))
        }
    }
}

#[cfg(test)]
mod tests;
