//! What a handler reads from a request: path, query string and body.

use std::convert::Infallible;

use axum::{
    extract::{FromRequestParts, Path, Query, Request},
    http::{header, request::Parts},
    response::Response,
};
use huedb_engine::{DEFAULT_DATABASE, DEFAULT_TENANT};
use huedb_types::CollectionId;
use uuid::Uuid;

use super::{
    error::ApiError,
    json::{Dict, Json},
    pydantic::{Detail, Fields, Noted, query_int},
    python_json::{self, ParseError, VALUES_MAX},
    unknown_path,
};
use crate::{
    auth::access::{Access, DatabaseAccess, TenantAccess},
    http::{
        app::App,
        body::{RequestBytes, read_body},
    },
};

impl App {
    /// Runs `work` on the CPU pool; an error of either kind is the answer.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.run(work).await?
    }
}

/// What the gate has admitted the request for.
pub(super) struct Admitted(pub(super) Access);

impl<S: Send + Sync> FromRequestParts<S> for Admitted {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        // Every request of a route has been through the gate.
        parts.extensions.remove::<Access>().map(Self).ok_or_else(ApiError::internal)
    }
}

/// The tenant of the query string, within reach.
pub(super) struct InTenant(pub(super) TenantAccess);

impl<S: Send + Sync> FromRequestParts<S> for InTenant {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let (Admitted(access), query) =
            (Admitted::from_request_parts(parts, state).await?, QueryText::of(parts));
        Ok(Self(access.tenant(query.tenant())?))
    }
}

/// The tenant and database of the query string, within reach.
pub(super) struct InDatabase(pub(super) DatabaseAccess);

impl<S: Send + Sync> FromRequestParts<S> for InDatabase {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let (Admitted(access), query) =
            (Admitted::from_request_parts(parts, state).await?, QueryText::of(parts));
        Ok(Self(access.database(query.tenant(), query.database())?))
    }
}

/// A form that bodies can have.
pub(super) trait RequestBody: Sized {
    /// Reads a body without anything unusual. `None` says nothing about the body: the slow way decides.
    fn read_fast(_bytes: &[u8]) -> Option<Self> {
        None
    }

    /// Reads the fields and notes every mistake.
    fn read_fields(fields: &mut Fields<'_>) -> Result<Self, Noted>;
}

/// A body that has not been looked at.
pub(super) struct RawBody {
    is_json: bool,
    bytes: RequestBytes,
}

impl RawBody {
    /// As [`read_body`].
    pub(super) fn read(app: &App, request: Request) -> impl Future<Output = Result<Self, ApiError>> + Send {
        let is_json =
            is_json(request.headers().get(header::CONTENT_TYPE).map_or(b"", |value| value.as_bytes()));
        let reading = read_body(app, request);
        async move {
            let bytes = reading.await.map_err(|error| ApiError::body(error, app.settings.body_option))?;
            Ok(Self { is_json, bytes })
        }
    }

    /// A body that came as JSON.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(super) fn of_json(bytes: &[u8]) -> Self {
        Self { is_json: true, bytes: bytes::Bytes::copy_from_slice(bytes).into() }
    }

    /// The body as a `B`. It may be large: call it on the CPU pool.
    pub(super) fn decode<B: RequestBody>(&self) -> Result<B, ApiError> {
        if self.bytes.is_empty() {
            return Err(Detail::missing_body().into());
        }
        if !self.is_json {
            let text = String::from_utf8_lossy(&self.bytes).into_owned();
            return Err(Detail::body_is_no_object(Json::Str(text)).into());
        }
        B::read_fast(&self.bytes).map_or_else(|| decode_slowly(&self.bytes), Ok)
    }
}

pub(super) fn decode_slowly<B: RequestBody>(bytes: &[u8]) -> Result<B, ApiError> {
    let (value, refusal) = match python_json::parse(bytes) {
        Ok(parsed) => parsed.into_parts(),
        Err(ParseError::Syntax { message, position }) => {
            return Err(Detail::json_invalid(message, position).into());
        }
        Err(ParseError::TooManyValues) => {
            let text = format!("The body has more than {VALUES_MAX} values, and one that is not valid");
            return Err(ApiError::value(text));
        }
        Err(ParseError::Unreadable) => {
            let text = "There was an error parsing the body".to_owned();
            return Err(ApiError::Detail { status: axum::http::StatusCode::BAD_REQUEST, text });
        }
    };
    let dict: Dict = match value {
        Json::Dict(dict) => dict,
        Json::Null => return Err(Detail::missing_body().into()),
        other => return Err(Detail::body_is_no_object(other).into()),
    };
    let mut fields = Fields::new(&dict);
    let body = B::read_fields(&mut fields);
    let details = fields.into_details();
    match body {
        Ok(body) if details.is_empty() => match refusal {
            Some(text) => Err(ApiError::raised("JSONDecodeError", text)),
            None => Ok(body),
        },
        _ => Err(ApiError::Invalid(details)),
    }
}

/// Whether a `Content-Type` promises JSON. Clients of this generation send none at all.
fn is_json(content_type: &[u8]) -> bool {
    let kind = content_type.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii();
    let kind = kind.to_ascii_lowercase();
    content_type.is_empty()
        || kind == b"application/json"
        || (kind.starts_with(b"application/") && kind.ends_with(b"+json"))
}

/// The one parameter of a path, decoded.
pub(super) struct PathText(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for PathText {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        // Only bytes that are no UTF-8 are rejected; nothing has such a name.
        let Path(text) = Path::from_request_parts(parts, state).await.map_err(|_| unknown_path())?;
        Ok(Self(text))
    }
}

/// Pairs of the query string. Of a repeated name the last one counts.
pub(super) struct QueryText(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for QueryText {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

impl QueryText {
    fn of(parts: &Parts) -> Self {
        Self(Query::try_from_uri(&parts.uri).map(|Query(pairs)| pairs).unwrap_or_default())
    }

    pub(super) fn tenant(&self) -> &str {
        self.get("tenant").unwrap_or(DEFAULT_TENANT)
    }

    pub(super) fn names_tenant(&self) -> bool {
        self.get("tenant").is_some()
    }

    fn database(&self) -> &str {
        self.get("database").unwrap_or(DEFAULT_DATABASE)
    }

    /// The integers called `names`, each of which may be absent.
    pub(super) fn integers<const N: usize>(
        &self,
        names: [&'static str; N],
    ) -> Result<[Option<i64>; N], ApiError> {
        let read = names.map(|name| self.get(name).map(|text| query_int(name, text)).transpose());
        let mut details = Vec::new();
        let integers = read.map(|result| {
            result.unwrap_or_else(|detail| {
                details.push(detail);
                None
            })
        });
        if details.is_empty() { Ok(integers) } else { Err(ApiError::Invalid(details)) }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The collection id in a path, spelled as Python's `UUID` takes it: in any case, with or without
/// hyphens, braces and the prefix of a URN.
pub(super) fn collection_id(text: &str) -> Result<CollectionId, ApiError> {
    let bare = text.replace("urn:", "").replace("uuid:", "");
    let digits = bare.trim_matches(['{', '}']).replace('-', "");
    let is_hex = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    match Uuid::try_parse(&digits) {
        Ok(id) if is_hex => Ok(CollectionId(id)),
        _ => Err(ApiError::Named {
            status: axum::http::StatusCode::BAD_REQUEST,
            name: "InvalidUUID",
            message: format!("Could not parse {text} as a UUID"),
        }),
    }
}

#[cfg(test)]
mod tests;
