//! Clients older than 0.5.13 whose list of collections has to be shorter.
//!
//! Python clients up to 0.5.0 pass every key of a listed collection on as an argument, and fail at one
//! that they do not know: 0.5.13 itself cannot serve them a list. They are known by the library that
//! they are built on. Those of 0.5.1 to 0.5.4 look the same on the wire and need the longer form; no
//! answer pleases both, and the older ones are many more.

use axum::http::{HeaderMap, header};
use huedb_engine::CollectionDescriptor;
use serde::Serialize;

use super::response::MetadataResponse;

/// Which keys a listed collection may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListForm {
    /// All that 0.5.13 shows.
    Whole,
    /// What 0.4.15 to 0.5.0 know.
    WithTenant,
    /// What releases before tenants know; they name none either.
    Bare,
}

impl ListForm {
    pub(super) fn of(headers: &HeaderMap, names_tenant: bool) -> Self {
        let is_old = headers
            .get(header::USER_AGENT)
            .is_some_and(|agent| agent.as_bytes().starts_with(b"python-requests/"));
        match (is_old, names_tenant) {
            (false, _) => Self::Whole,
            (true, true) => Self::WithTenant,
            (true, false) => Self::Bare,
        }
    }
}

/// A listed collection in the shorter forms.
#[derive(Serialize)]
pub(super) struct ShortCollectionResponse {
    name: String,
    id: String,
    metadata: Option<MetadataResponse>,
    #[serde(flatten)]
    place: Option<Place>,
}

#[derive(Serialize)]
struct Place {
    tenant: String,
    database: String,
}

impl ShortCollectionResponse {
    pub(super) fn new(collection: &CollectionDescriptor, form: ListForm) -> Self {
        let place = (form != ListForm::Bare)
            .then(|| Place { tenant: collection.tenant.clone(), database: collection.database.clone() });
        Self {
            name: collection.name.clone(),
            id: collection.id.to_string(),
            metadata: collection.metadata.clone().map(MetadataResponse),
            place,
        }
    }
}

#[cfg(test)]
mod tests;
