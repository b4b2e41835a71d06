//! `where` and `where_document` of one request as one filter.

use huedb_engine::CollectionDescriptor;
use huedb_types::Filter;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{dialect::Dialect, error::ApiError, schema, where_clause, where_document};

/// The two fields, as get, query and delete have them.
#[derive(Deserialize, JsonSchema)]
pub(super) struct RawWhereFields {
    /// Conditions on metadata, such as `{"year": {"$gte": 1990}}`.
    #[serde(rename = "where")]
    #[schemars(with = "Option<serde_json::Map<String, Value>>")]
    metadata: Option<Value>,
    /// Conditions on the document, such as `{"$contains": "fox"}`.
    #[serde(rename = "where_document")]
    #[schemars(with = "Option<serde_json::Map<String, Value>>")]
    document: Option<Value>,
}

impl RawWhereFields {
    /// The filter that records have to pass, if there is one.
    ///
    /// # Errors
    /// 400 for a malformed clause, and for one on an index that the collection's schema has off.
    pub(super) fn filter(
        &self,
        descriptor: &CollectionDescriptor,
        dialect: Dialect,
    ) -> Result<Option<Filter>, ApiError> {
        let metadata = said(self.metadata.as_ref(), dialect).map(where_clause::parse).transpose()?;
        let document = said(self.document.as_ref(), dialect).map(where_document::parse).transpose()?;
        let filter = match (metadata, document) {
            (Some(metadata), Some(document)) => Some(Filter::And(vec![metadata, document])),
            (metadata, document) => metadata.or(document),
        };
        if let Some(filter) = &filter {
            schema::check_filter(descriptor, filter)?;
        }
        Ok(filter)
    }
}

/// The older Python clients send `{}` when they have no filter.
fn said(clause: Option<&Value>, dialect: Dialect) -> Option<&Value> {
    clause.filter(|clause| {
        dialect == Dialect::Current || !clause.as_object().is_some_and(serde_json::Map::is_empty)
    })
}
