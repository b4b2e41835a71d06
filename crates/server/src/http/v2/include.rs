//! The columns that a get or a query asks for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One column. Texts of errors list the variants in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Include {
    Distances,
    Documents,
    Embeddings,
    Metadatas,
    Uris,
}

impl Include {
    pub(super) const OF_GET: [Self; 2] = [Self::Documents, Self::Metadatas];
    pub(super) const OF_QUERY: [Self; 3] = [Self::Documents, Self::Metadatas, Self::Distances];

    /// What `make` makes, if the column was asked for.
    pub(super) fn column<T>(self, asked: &[Self], make: impl FnOnce() -> T) -> Option<T> {
        asked.contains(&self).then(make)
    }
}

/// The columns that the engine has to read.
pub(super) fn of_records(asked: &[Include]) -> huedb_engine::Include {
    huedb_engine::Include {
        embeddings: asked.contains(&Include::Embeddings),
        documents: asked.contains(&Include::Documents),
        metadatas: asked.contains(&Include::Metadatas),
        uris: asked.contains(&Include::Uris),
    }
}
