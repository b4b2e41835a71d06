//! Which segments a collection is made of, as the key-value store knows it.

use huedb_types::{DocId, SeqNo};
use roaring::RoaringBitmap;

use crate::catalog::rows::{check_version, versioned};
use crate::codec::{DecodeError, Decoder};
use crate::snapshot::Snapshot;

/// What was committed last, and whether anything may be committed again.
#[derive(Debug, Default)]
pub(crate) struct Manifest {
    /// Writes up to this one are in segments; later ones are in the log.
    pub(super) flushed: SeqNo,
    pub(super) is_retired: bool,
}

/// The manifest row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ManifestRow {
    pub(crate) flushed: SeqNo,
    /// The next record number to give out; `None` when there is none left.
    pub(crate) next_doc_id: Option<DocId>,
    pub(crate) segments: Vec<SegmentRow>,
}

/// A live segment.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SegmentRow {
    pub(crate) name: String,
    pub(crate) tombstones: RoaringBitmap,
}

impl ManifestRow {
    /// The row for `snapshot`, whose writes up to `flushed` are all in its segments.
    pub(super) fn new(flushed: SeqNo, next_doc_id: Option<DocId>, snapshot: &Snapshot) -> Self {
        let segments = snapshot.segments.iter().map(|view| SegmentRow {
            name: view.segment.name().to_owned(),
            tombstones: (*view.tombstones).clone(),
        });
        Self { flushed, next_doc_id, segments: segments.collect() }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = versioned();
        out.u64(self.flushed.0);
        out.option(self.next_doc_id, |out, id| out.u32(id.0));
        out.len(self.segments.len());
        for segment in &self.segments {
            out.str(&segment.name);
            let mut tombstones = Vec::with_capacity(segment.tombstones.serialized_size());
            let written = segment.tombstones.serialize_into(&mut tombstones);
            debug_assert!(written.is_ok(), "a vector takes all bytes");
            out.bytes(&tombstones);
        }
        out.finish()
    }

    pub(crate) fn decode(value: &[u8]) -> Result<Self, DecodeError> {
        let mut input = Decoder::new(value);
        check_version(&mut input)?;
        let flushed = SeqNo(input.u64()?);
        let next_doc_id = input.option(Decoder::u32)?.map(DocId);
        let mut segments = Vec::new();
        for _ in 0..input.len()? {
            let name = input.string()?;
            let error = input.error("tombstones");
            let tombstones = RoaringBitmap::deserialize_from(input.bytes()?).map_err(|_| error)?;
            segments.push(SegmentRow { name, tombstones });
        }
        input.finish()?;
        Ok(Self { flushed, next_doc_id, segments })
    }
}
