//! What a request is about, as the span of its authorisation tells.

use axum::{
    RequestExt as _,
    extract::{Query, RawPathParams, Request},
};

use super::attributes::Attribute;
use crate::http::Generation;

/// Tenant, database and collection of a request, as far as its path and query name them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Resource {
    pub(crate) tenant: Option<String>,
    pub(crate) database: Option<String>,
    pub(crate) collection: Option<String>,
}

impl Resource {
    /// Reads the path and, in the first generation, the query, where both have defaults.
    pub(crate) async fn of(request: &mut Request, generation: Generation) -> Self {
        let mut found = Self::default();
        if let Ok(path) = request.extract_parts::<RawPathParams>().await {
            for (name, value) in &path {
                let field = match name {
                    "tenant" => &mut found.tenant,
                    "database" => &mut found.database,
                    "collection" | "crn" => &mut found.collection,
                    _ => continue,
                };
                *field = Some(value.to_owned());
            }
        }
        if generation == Generation::V1 {
            let query = Query::<Vec<(String, String)>>::try_from_uri(request.uri());
            let pairs = query.map(|Query(pairs)| pairs).unwrap_or_default();
            for (name, value) in pairs {
                match name.as_str() {
                    "tenant" => found.tenant = Some(value),
                    "database" => found.database = Some(value),
                    _ => {}
                }
            }
            // Routes of records name neither; Chroma reports the defaults for all others.
            let names_neither = found.collection.is_some() && found.tenant.is_none();
            if !names_neither {
                found.tenant.get_or_insert_with(|| "default_tenant".to_owned());
                found.database.get_or_insert_with(|| "default_database".to_owned());
            }
        }
        found
    }

    pub(crate) fn attributes(&self) -> Vec<Attribute> {
        let all = [("tenant", &self.tenant), ("database", &self.database), ("collection", &self.collection)];
        all.into_iter().filter_map(|(name, value)| Some(Attribute::text(name, value.as_ref()?))).collect()
    }
}
