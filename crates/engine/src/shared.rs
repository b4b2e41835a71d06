//! What all collections of an engine use together.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use huedb_storage::blob::{BlobName, BlobStore};
use huedb_storage::kv::{Committer, Kv};
use huedb_types::CollectionId;
use uuid::Uuid;

use crate::error::Error;
use crate::maintenance::Maintenance;
use crate::open_collections::OpenCollections;
use crate::options::EngineOptions;
use crate::segment::RecordSegment;

/// Where new ids come from; passed in so that tests repeat.
pub type IdSource = Box<dyn Fn() -> Uuid + Send + Sync>;

pub(crate) struct Shared {
    pub(crate) kv: Arc<dyn Kv>,
    pub(crate) committer: Committer,
    pub(crate) blobs: Arc<dyn BlobStore>,
    pub(crate) options: EngineOptions,
    pub(crate) maintenance: Maintenance,
    pub(crate) open_collections: OpenCollections,
    pub(crate) new_id: IdSource,
    /// Records that reads have returned.
    pub(crate) records_read: AtomicU64,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("options", &self.options).finish_non_exhaustive()
    }
}

/// Where segments lie among the blobs.
const SEGMENTS: &str = "seg";

/// Names of the segments of a collection start with this.
pub(crate) fn segment_prefix(collection: CollectionId) -> String {
    format!("{SEGMENTS}/{collection}/")
}

impl Shared {
    /// A name that no segment has had.
    #[expect(clippy::expect_used, reason = "the name is made of lower-case hex digits, dashes and slashes")]
    pub(crate) fn new_segment_name(&self, collection: CollectionId) -> BlobName {
        let name = format!("{}{}.seg", segment_prefix(collection), (self.new_id)());
        BlobName::parse(&name).expect("a uuid is a legal blob name")
    }

    pub(crate) fn open_segment(&self, name: &str) -> Result<RecordSegment, Error> {
        let blob_name =
            BlobName::parse(name).map_err(|error| Error::Corrupt { reason: error.to_string() })?;
        RecordSegment::open(self.blobs.open(&blob_name)?, name)
    }

    /// Deletes a segment that no manifest names; readers that have it open keep it.
    ///
    /// A failure is logged only: the next start finds the segment as an orphan.
    pub(crate) fn delete_segment(&self, name: &str) {
        let deleted = BlobName::parse(name).map(|name| self.blobs.delete(&name));
        if !matches!(deleted, Ok(Ok(()))) {
            tracing::warn!(segment = name, "cannot delete a segment; the next start tries again");
        }
    }
}
