//! What the server should hold: records in maps, and what each operation does to them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::http::Request;

pub(crate) const DATABASE: &str = "/api/v2/tenants/default_tenant/databases/default_database";

/// Records by id.
pub(crate) type Records = BTreeMap<String, Record>;
/// Records by collection name.
pub(crate) type Collections = BTreeMap<String, Records>;
/// The server's collection ids by name.
pub(crate) type CollectionIds = BTreeMap<String, String>;

/// Stored numbers may differ from those sent by so much.
const EMBEDDING_ERROR_MAX: f32 = 1e-6;

#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    pub(crate) document: Option<String>,
    pub(crate) metadata: BTreeMap<String, i64>,
    pub(crate) embedding: Vec<f32>,
}

impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        self.document == other.document
            && self.metadata == other.metadata
            && self.embedding_error(other) <= EMBEDDING_ERROR_MAX
    }
}

impl Record {
    /// What is different in this record from what was expected, in words.
    pub(crate) fn difference(&self, expected: &Self) -> String {
        let start = |document: &Option<String>| -> String {
            document.as_deref().unwrap_or("none").chars().take(40).collect()
        };
        if self.document != expected.document {
            return format!("document `{}` for `{}`", start(&self.document), start(&expected.document));
        }
        if self.metadata != expected.metadata {
            return format!("metadata {:?} for {:?}", self.metadata, expected.metadata);
        }
        format!("embedding off by {}", self.embedding_error(expected))
    }

    fn embedding_error(&self, other: &Self) -> f32 {
        if self.embedding.len() != other.embedding.len() {
            return f32::INFINITY;
        }
        let errors = self.embedding.iter().zip(&other.embedding).map(|(a, b)| (a - b).abs());
        errors.fold(0.0, f32::max)
    }
}

/// What a write says about one record; what it leaves out stays as it is.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) document: Option<String>,
    /// `None` deletes the key.
    pub(crate) metadata: BTreeMap<String, Option<i64>>,
    pub(crate) embedding: Option<Vec<f32>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WriteKind {
    Add,
    Upsert,
    Update,
}

/// One request of a writer.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    CreateCollection { name: String },
    DropCollection { name: String },
    Write { kind: WriteKind, collection: String, changes: BTreeMap<String, Change> },
    Delete { collection: String, ids: Vec<String> },
    DeleteWhere { collection: String, conditions: BTreeMap<String, i64> },
}

impl Change {
    fn apply(&self, record: &mut Record) {
        if let Some(document) = &self.document {
            record.document = Some(document.clone());
        }
        for (key, value) in &self.metadata {
            match value {
                Some(value) => record.metadata.insert(key.clone(), *value),
                None => record.metadata.remove(key),
            };
        }
        if let Some(embedding) = &self.embedding {
            record.embedding.clone_from(embedding);
        }
    }
}

impl Operation {
    /// What the state is once the server has done all of it.
    pub(crate) fn apply(&self, collections: &mut Collections) {
        match self {
            Self::CreateCollection { name } => {
                collections.insert(name.clone(), Records::new());
            }
            Self::DropCollection { name } => {
                collections.remove(name);
            }
            Self::Write { kind, collection, changes } => {
                let records = collections.entry(collection.clone()).or_default();
                for (id, change) in changes {
                    let exists = records.contains_key(id);
                    let applies = match kind {
                        WriteKind::Add => !exists,
                        WriteKind::Upsert => true,
                        WriteKind::Update => exists,
                    };
                    if applies {
                        change.apply(records.entry(id.clone()).or_default());
                    }
                }
            }
            Self::Delete { collection, ids } => {
                if let Some(records) = collections.get_mut(collection) {
                    records.retain(|id, _| !ids.contains(id));
                }
            }
            Self::DeleteWhere { collection, conditions } => {
                if let Some(records) = collections.get_mut(collection) {
                    let matches = |record: &Record| {
                        conditions.iter().all(|(key, value)| record.metadata.get(key) == Some(value))
                    };
                    records.retain(|_, record| !matches(record));
                }
            }
        }
    }

    /// `None` if the collection's id is not known.
    pub(crate) fn request(&self, ids: &CollectionIds) -> Option<Request> {
        let route = |collection: &str, verb: &str| {
            ids.get(collection).map(|id| format!("{DATABASE}/collections/{id}/{verb}"))
        };
        Some(match self {
            Self::CreateCollection { name } => {
                Request::post(format!("{DATABASE}/collections"), &json!({"name": name}))
            }
            Self::DropCollection { name } => Request {
                method: "DELETE",
                path: format!("{DATABASE}/collections/{name}"),
                body: String::new(),
            },
            Self::Write { kind, collection, changes } => {
                let verb = match kind {
                    WriteKind::Add => "add",
                    WriteKind::Upsert => "upsert",
                    WriteKind::Update => "update",
                };
                Request::post(route(collection, verb)?, &write_body(changes))
            }
            Self::Delete { collection, ids } => {
                Request::post(route(collection, "delete")?, &json!({"ids": ids}))
            }
            Self::DeleteWhere { collection, conditions } => {
                let parts: Vec<Value> =
                    conditions.iter().map(|(key, value)| json!({key.as_str(): value})).collect();
                Request::post(route(collection, "delete")?, &json!({"where": {"$and": parts}}))
            }
        })
    }
}

fn write_body(changes: &BTreeMap<String, Change>) -> Value {
    let metadata = |change: &Change| -> Value {
        let entries: Map<String, Value> =
            change.metadata.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
        if entries.is_empty() { Value::Null } else { Value::Object(entries) }
    };
    json!({
        "ids": changes.keys().collect::<Vec<_>>(),
        "embeddings": changes.values().map(|change| &change.embedding).collect::<Vec<_>>(),
        "documents": changes.values().map(|change| &change.document).collect::<Vec<_>>(),
        "metadatas": changes.values().map(metadata).collect::<Vec<_>>(),
    })
}
