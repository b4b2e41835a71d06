//! Bodies of the routes that are not writes of records.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    embeddings::{self, FastEmbeddings},
    error::ApiError,
    json::{Dict, Json},
    pydantic::{Fields, Noted, Problem, boolean, dict, integer, string},
    request::RequestBody,
    shapes::AnyObject,
};

/// A new tenant or database.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "CreateNameV1")]
pub(super) struct NameBody {
    pub(super) name: String,
}

#[derive(Debug, JsonSchema)]
#[schemars(rename = "CreateCollectionV1")]
#[schemars(extend("examples" = [json!({ "name": "books", "metadata": { "hnsw:space": "cosine" }, "get_or_create": true })]))]
pub(super) struct CreateCollectionBody {
    pub(super) name: String,
    #[schemars(with = "Option<AnyObject>")]
    pub(super) configuration: Option<Dict>,
    #[schemars(with = "Option<AnyObject>")]
    pub(super) metadata: Option<Dict>,
    #[schemars(default)]
    pub(super) get_or_create: bool,
}

#[derive(Debug, JsonSchema)]
#[schemars(rename = "UpdateCollectionV1")]
#[schemars(extend("examples" = [json!({ "new_name": "novels", "new_metadata": { "language": "fr" } })]))]
pub(super) struct UpdateCollectionBody {
    pub(super) new_name: Option<String>,
    #[schemars(with = "Option<AnyObject>")]
    pub(super) new_metadata: Option<Dict>,
}

#[derive(Debug, JsonSchema)]
#[schemars(rename = "GetEmbeddingV1")]
#[schemars(extend("examples" = [json!({ "where": { "year": { "$gte": 1990 } }, "limit": 10, "offset": 0, "include": ["documents", "metadatas"] })]))]
pub(super) struct GetBody {
    pub(super) ids: Option<Vec<String>>,
    #[schemars(rename = "where", with = "Option<AnyObject>")]
    pub(super) where_clause: Option<Dict>,
    #[schemars(with = "Option<AnyObject>")]
    pub(super) where_document: Option<Dict>,
    pub(super) sort: Option<String>,
    pub(super) limit: Option<i64>,
    pub(super) offset: Option<i64>,
    #[schemars(default = "Field::of_get")]
    pub(super) include: Vec<Field>,
}

#[derive(Debug, JsonSchema)]
#[schemars(rename = "DeleteEmbeddingV1")]
#[schemars(extend("examples" = [json!({ "ids": ["a"] })]))]
pub(super) struct DeleteBody {
    pub(super) ids: Option<Vec<String>>,
    #[schemars(rename = "where", with = "Option<AnyObject>")]
    pub(super) where_clause: Option<Dict>,
    #[schemars(with = "Option<AnyObject>")]
    pub(super) where_document: Option<Dict>,
}

#[derive(Debug, JsonSchema)]
#[schemars(rename = "QueryEmbeddingV1")]
#[schemars(extend("examples" = [json!({ "query_embeddings": [[0.1, 0.2, 0.3]], "n_results": 5, "include": ["documents", "metadatas", "distances"] })]))]
pub(super) struct QueryBody {
    /// An embedding that is none is reported after what is wrong with the filter and the collection.
    #[schemars(with = "Vec<Vec<f32>>")]
    pub(super) query_embeddings: Result<Vec<Vec<f32>>, ApiError>,
    #[schemars(default = "QueryBody::default_n_results")]
    pub(super) n_results: i64,
    #[schemars(rename = "where", with = "Option<AnyObject>")]
    pub(super) where_clause: Option<Dict>,
    #[schemars(with = "Option<AnyObject>")]
    pub(super) where_document: Option<Dict>,
    #[schemars(default = "Field::of_query")]
    pub(super) include: Vec<Field>,
}

/// A part of a record that an answer can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "IncludeEnum")]
#[serde(rename_all = "lowercase")]
pub(super) enum Field {
    Documents,
    Embeddings,
    Metadatas,
    Distances,
    Uris,
    Data,
}

impl RequestBody for NameBody {
    fn read_fields(fields: &mut Fields<'_>) -> Result<Self, Noted> {
        fields.required("name", string).map(|name| Self { name })
    }
}

impl RequestBody for CreateCollectionBody {
    fn read_fields(fields: &mut Fields<'_>) -> Result<Self, Noted> {
        let name = fields.required("name", string);
        let configuration = fields.optional("configuration", dict);
        let metadata = fields.optional("metadata", dict);
        let get_or_create = fields.with_default("get_or_create", false, boolean);
        Ok(Self {
            name: name?,
            configuration: configuration?,
            metadata: metadata?,
            get_or_create: get_or_create?,
        })
    }
}

impl RequestBody for UpdateCollectionBody {
    fn read_fields(fields: &mut Fields<'_>) -> Result<Self, Noted> {
        let new_name = fields.optional("new_name", string);
        let new_metadata = fields.optional("new_metadata", dict);
        Ok(Self { new_name: new_name?, new_metadata: new_metadata? })
    }
}

impl RequestBody for GetBody {
    fn read_fields(fields: &mut Fields<'_>) -> Result<Self, Noted> {
        let ids = fields.optional_list("ids", string);
        let where_clause = fields.optional("where", dict);
        let where_document = fields.optional("where_document", dict);
        let sort = fields.optional("sort", string);
        let limit = fields.optional("limit", integer);
        let offset = fields.optional("offset", integer);
        let include = fields.list_with_default("include", Field::of_get(), include_item);
        Ok(Self {
            ids: ids?,
            where_clause: where_clause?,
            where_document: where_document?,
            sort: sort?,
            limit: limit?,
            offset: offset?,
            include: include?,
        })
    }
}

impl RequestBody for DeleteBody {
    fn read_fields(fields: &mut Fields<'_>) -> Result<Self, Noted> {
        let ids = fields.optional_list("ids", string);
        let where_clause = fields.optional("where", dict);
        let where_document = fields.optional("where_document", dict);
        Ok(Self { ids: ids?, where_clause: where_clause?, where_document: where_document? })
    }
}

impl Field {
    fn of_get() -> Vec<Self> {
        vec![Self::Metadatas, Self::Documents]
    }

    fn of_query() -> Vec<Self> {
        vec![Self::Metadatas, Self::Documents, Self::Distances]
    }
}

impl QueryBody {
    fn default_n_results() -> i64 {
        10
    }
}

/// As with writes, a body with other fields is read the slow way, which looks at them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FastQueryBody {
    query_embeddings: FastEmbeddings,
    n_results: Option<i64>,
    #[serde(rename = "where")]
    where_clause: Option<Json>,
    where_document: Option<Json>,
    include: Option<Vec<Field>>,
}

impl RequestBody for QueryBody {
    fn read_fast(bytes: &[u8]) -> Option<Self> {
        let body: FastQueryBody = serde_json::from_str(str::from_utf8(bytes).ok()?).ok()?;
        let condition = |value: Option<Json>| match value {
            None => Some(None),
            Some(Json::Dict(dict)) => Some(Some(dict)),
            Some(_) => None,
        };
        Some(Self {
            query_embeddings: Ok(body.query_embeddings.0),
            // Null and absent look alike here, and null is refused.
            n_results: body.n_results?,
            where_clause: condition(body.where_clause)?,
            where_document: condition(body.where_document)?,
            include: body.include?,
        })
    }

    fn read_fields(fields: &mut Fields<'_>) -> Result<Self, Noted> {
        let where_clause = fields.optional("where", dict);
        let where_document = fields.optional("where_document", dict);
        let query_embeddings =
            fields.required_list("query_embeddings", |value| Ok(embeddings::from_json(value)));
        let n_results = fields.with_default("n_results", Self::default_n_results(), integer);
        let include = fields.list_with_default("include", Field::of_query(), include_item);
        Ok(Self {
            query_embeddings: query_embeddings?.into_iter().collect(),
            n_results: n_results?,
            where_clause: where_clause?,
            where_document: where_document?,
            include: include?,
        })
    }
}

fn include_item(value: &Json) -> Result<Field, Problem> {
    const UNKNOWN: Problem = Problem::not_in_enum(
        "Input should be 'documents', 'embeddings', 'metadatas', 'distances', 'uris' or 'data'",
        "'documents', 'embeddings', 'metadatas', 'distances', 'uris' or 'data'",
    );
    let Json::Str(name) = value else { return Err(UNKNOWN) };
    match name.as_str() {
        "documents" => Ok(Field::Documents),
        "embeddings" => Ok(Field::Embeddings),
        "metadatas" => Ok(Field::Metadatas),
        "distances" => Ok(Field::Distances),
        "uris" => Ok(Field::Uris),
        "data" => Ok(Field::Data),
        _ => Err(UNKNOWN),
    }
}

#[cfg(test)]
mod tests;
