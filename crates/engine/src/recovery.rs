//! What an earlier run left behind: the catalog to load, collections to drop, orphans to delete.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use huedb_storage::blob::BlobMeta;
use huedb_storage::kv::{Kv, WriteBatch};
use huedb_types::CollectionId;

use crate::catalog::{Catalog, CollectionDescriptor, rows};
use crate::collection::{CollectionEntry, ManifestRow};
use crate::error::Error;
use crate::shape::Shape;
use crate::shared::Shared;

/// Reads the whole catalog.
pub(crate) fn load_catalog(kv: &dyn Kv) -> Result<Catalog, Error> {
    let mut catalog = Catalog::default();
    let damaged = |what: &str| Error::Corrupt { reason: format!("{what} row of the catalog is wrong") };
    for entry in kv.scan(rows::TENANTS)? {
        let name = entry?.0[rows::TENANTS.len()..].to_vec();
        catalog.tenants.insert(String::from_utf8(name).map_err(|_| damaged("a tenant"))?);
    }
    let mut databases = HashMap::new();
    for entry in kv.scan(rows::DATABASES)? {
        let (key, value) = entry?;
        let database = rows::decode_database(&key[rows::DATABASES.len()..], &value)?;
        databases.insert(database.id, database.clone());
        catalog.databases.insert((database.tenant.clone(), database.name.clone()), database);
    }
    let shapes = load_shapes(kv)?;
    for entry in kv.scan(rows::COLLECTIONS)? {
        let (key, value) = entry?;
        let id =
            rows::parse_collection_key(rows::COLLECTIONS, &key).ok_or_else(|| damaged("a collection"))?;
        let (database, descriptor) = rows::decode_collection(id, &value)?;
        let database = databases.get(&database).ok_or_else(|| damaged("the database of a collection"))?;
        let descriptor = CollectionDescriptor {
            tenant: database.tenant.clone(),
            database: database.name.clone(),
            shape: shapes.get(&id).cloned().unwrap_or_default(),
            ..descriptor
        };
        catalog.insert(database.id, Arc::new(CollectionEntry::new(database.id, descriptor)));
    }
    Ok(catalog)
}

fn load_shapes(kv: &dyn Kv) -> Result<HashMap<CollectionId, Arc<Shape>>, Error> {
    let mut shapes = HashMap::new();
    for entry in kv.scan(rows::SHAPES)? {
        let (key, value) = entry?;
        let id = rows::parse_collection_key(rows::SHAPES, &key);
        let id = id.ok_or_else(|| Error::Corrupt { reason: "a shape row of the catalog is wrong".into() })?;
        shapes.insert(id, Arc::new(Shape::decode(&value)?));
    }
    Ok(shapes)
}

/// Segments of collections that are gone from the catalog.
#[must_use = "the files stay on disk otherwise"]
pub(crate) struct DroppedSegments(Vec<String>);

impl DroppedSegments {
    /// Frees the files; called once the catalog change is durable.
    pub(crate) fn delete_segments(self, shared: &Shared) {
        self.0.iter().for_each(|name| shared.delete_segment(name));
    }
}

/// Stops all writes to `entries` and adds the removal of all their rows to `batch`.
pub(crate) fn retire_collections(
    shared: &Shared,
    entries: &[Arc<CollectionEntry>],
    batch: &mut WriteBatch,
) -> Result<DroppedSegments, Error> {
    let mut segments = Vec::new();
    entries.iter().for_each(|entry| entry.retire());
    // Writes that were on their way are in the store when this returns, and so in the scans below.
    shared.committer.submit(WriteBatch::new())?.wait()?;
    for entry in entries {
        if let Some(row) = shared.kv.get(&rows::manifest_key(entry.id))? {
            segments.extend(ManifestRow::decode(&row)?.segments.into_iter().map(|segment| segment.name));
        }
        for key in shared.kv.scan_keys(&rows::log_prefix(entry.id))? {
            batch.delete(key?.to_vec());
        }
        batch.delete(rows::manifest_key(entry.id));
        batch.delete(rows::shape_key(entry.id));
        batch.delete(rows::collection_key(entry.id));
    }
    Ok(DroppedSegments(segments))
}

/// Deletes, in the background, those of `files` that a crash left without a manifest.
///
/// `files` must be listed before the first flush: a segment that is written but not committed yet
/// would look like an orphan.
pub(crate) fn spawn_orphan_collection(shared: &Arc<Shared>, files: Vec<BlobMeta>) {
    let shared = Arc::clone(shared);
    let collect = move || {
        if let Err(error) = collect_orphans(&shared, &files) {
            tracing::warn!(%error, "cannot look for orphaned segments; the next start tries again");
        }
    };
    if let Err(error) = std::thread::Builder::new().name("orphans".into()).spawn(collect) {
        tracing::warn!(%error, "cannot look for orphaned segments; the next start tries again");
    }
}

fn collect_orphans(shared: &Shared, files: &[BlobMeta]) -> Result<(), Error> {
    let mut live = HashSet::new();
    for entry in shared.kv.scan(rows::MANIFESTS)? {
        live.extend(ManifestRow::decode(&entry?.1)?.segments.into_iter().map(|segment| segment.name));
    }
    for file in files.iter().filter(|file| !live.contains(file.name.as_str())) {
        tracing::info!(segment = file.name.as_str(), bytes = file.bytes, "deleting an orphaned segment");
        shared.delete_segment(file.name.as_str());
    }
    Ok(())
}
