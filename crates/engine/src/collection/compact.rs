//! Several segments become one; superseded and deleted records leave the disk, and large segments get a graph.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use huedb_index::vector::{BaseGraph, GraphParameters};
use huedb_storage::blob::Access;
use roaring::RoaringBitmap;

use super::state::CollectionState;
use crate::error::Error;
use crate::segment::{GraphJob, PlacedRow, RecordSegment};
use crate::snapshot::{SegmentView, Snapshot};
use crate::source::Source;

/// Segments of about one size that are merged at once.
const TIER_SEGMENTS: usize = 4;
/// Segments count as about one size while the largest is at most this many times the smallest.
const TIER_RATIO: u64 = 8;
/// Share of dead rows, in percent, beyond which a segment is rewritten on its own.
const DEAD_PERCENT_MAX: u64 = 25;

/// A graph is extended if it has one in so many of the rows; else all is built anew.
const BASE_ONE_IN: u64 = 4;
/// Segments without a graph are merged with one that has a graph once they have one in so many of its rows.
const GROWTH_ONE_IN: u64 = 4;

/// A row that a merge dropped.
const DROPPED: u32 = BaseGraph::DROPPED;

/// Segments and the one that takes their place.
struct Merged {
    inputs: Vec<Arc<RecordSegment>>,
    /// By input and row: the row in the output, or [`DROPPED`].
    moved: Vec<Vec<u32>>,
    /// `None` if no record is left.
    output: Option<Arc<RecordSegment>>,
}

impl CollectionState {
    pub(crate) fn schedule_compaction(self: &Arc<Self>) {
        if !self.due(&self.published().segments).is_empty()
            && !self.compaction_scheduled.swap(true, Ordering::AcqRel)
        {
            self.shared.maintenance.compact(self);
        }
    }

    /// Merges the segments that are due, until none is.
    pub(crate) fn compact(self: &Arc<Self>) -> Result<(), Error> {
        self.compaction_scheduled.store(false, Ordering::Release);
        loop {
            let snapshot = self.published();
            let chosen = self.due(&snapshot.segments);
            if chosen.is_empty() || self.shared.maintenance.is_stopping() {
                return Ok(());
            }
            let inputs: Vec<_> = chosen.iter().map(|index| snapshot.segments[*index].clone()).collect();
            let merged = self.merge(&inputs, &snapshot)?;
            let committed = self.commit_manifest(&[], |version| merged.swap_into(version));
            match committed {
                Ok(true) => inputs.iter().for_each(|view| self.shared.delete_segment(view.segment.name())),
                _ => merged.output.iter().for_each(|segment| self.shared.delete_segment(segment.name())),
            }
            if !committed? {
                return Ok(());
            }
        }
    }

    fn merge(&self, inputs: &[SegmentView], snapshot: &Snapshot) -> Result<Merged, Error> {
        let sources: Vec<_> = inputs.iter().map(|view| Source::Segment(Arc::clone(&view.segment))).collect();
        let mut rows = Vec::new();
        for (number, view) in inputs.iter().enumerate() {
            let live =
                (0_u32..).zip(view.segment.doc_ids()).filter(|(row, _)| !view.tombstones.contains(*row));
            rows.extend(live.map(|(row, doc_id)| (*doc_id, number, row)));
        }
        rows.sort_unstable();
        let mut moved: Vec<_> =
            inputs.iter().map(|view| vec![DROPPED; view.segment.rows() as usize]).collect();
        for (to, (_, input, from)) in (0_u32..).zip(&rows) {
            moved[*input][*from as usize] = to;
        }
        let placed: Vec<_> = rows
            .iter()
            .map(|(doc_id, input, row)| PlacedRow {
                doc_id: huedb_types::DocId(*doc_id),
                source: &sources[*input],
                row: *row,
            })
            .collect();
        let moved_with_embedding = self.base(inputs, &moved, placed.len());
        let job = GraphJob {
            parameters: self.graph_parameters(),
            base: moved_with_embedding.as_ref().map(|(segment, moved)| (Arc::clone(segment), &moved[..])),
            progress: &self.build_progress,
            is_cancelled: &|| self.shared.maintenance.is_stopping(),
        };
        let job = (placed.len() as u64 >= self.shared.options.graph_rows_min).then_some(&job);
        let output = in_order(inputs, || self.build(&placed, snapshot.shape.dimension, job))?;
        Ok(Merged { inputs: inputs.iter().map(|view| Arc::clone(&view.segment)).collect(), moved, output })
    }
}

impl CollectionState {
    fn due(&self, segments: &[SegmentView]) -> Vec<usize> {
        choose(segments, self.shared.options.graph_rows_min)
    }

    /// What the collection's settings mean for its graphs.
    fn graph_parameters(&self) -> GraphParameters {
        let hnsw = self.entry.descriptor().hnsw;
        GraphParameters::from_hnsw(hnsw.max_neighbors, hnsw.ef_construction)
    }

    /// The input whose graph is worth extending, and where its rows with an embedding go.
    fn base(
        &self,
        inputs: &[SegmentView],
        moved: &[Vec<u32>],
        rows: usize,
    ) -> Option<(Arc<RecordSegment>, Vec<u32>)> {
        let links = self.graph_parameters().links;
        let suitable = |view: &SegmentView| {
            view.segment.graph().is_some_and(|graph| graph.links_per_node() == links)
                && view.live_rows() * BASE_ONE_IN >= rows as u64
                && view.live_rows() * 2 >= u64::from(view.segment.rows())
        };
        let (view, moved) = inputs
            .iter()
            .zip(moved)
            .filter(|(view, _)| suitable(view))
            .max_by_key(|(view, _)| view.live_rows())?;
        let missing = view.segment.missing();
        let kept = (0_u32..).zip(moved).map(|(row, to)| if missing.contains(row) { DROPPED } else { *to });
        Some((Arc::clone(&view.segment), kept.collect()))
    }

    /// Records whose place in a graph is still to come.
    pub(super) fn waiting_for_graph(&self, snapshot: &Snapshot) -> u64 {
        let waiting = flat_rows(&snapshot.segments);
        if waiting < self.shared.options.graph_rows_min {
            0
        } else {
            waiting.saturating_sub(self.build_progress.done())
        }
    }
}

impl Merged {
    /// `version` with the output in place of the inputs.
    fn swap_into(&self, version: &Snapshot) -> Snapshot {
        let mut after = version.clone();
        let mut tombstones = RoaringBitmap::new();
        after.segments.retain(|view| {
            let input = self.inputs.iter().position(|input| Arc::ptr_eq(input, &view.segment));
            if let Some(input) = input {
                let moved = view.tombstones.iter().map(|row| self.moved[input][row as usize]);
                tombstones.extend(moved.filter(|row| *row != DROPPED));
            }
            input.is_none()
        });
        if let Some(output) = &self.output {
            let view = SegmentView { segment: Arc::clone(output), tombstones: Arc::new(tombstones) };
            after.segments.insert(0, view);
        }
        after
    }
}

/// Does what reads the embeddings of `inputs` from front to back.
fn in_order<T>(inputs: &[SegmentView], read: impl FnOnce() -> T) -> T {
    let advise = |access| inputs.iter().for_each(|view| view.segment.advise_vectors(access));
    advise(Access::InOrder);
    let result = read();
    advise(Access::Scattered);
    result
}

fn flat_rows(segments: &[SegmentView]) -> u64 {
    segments.iter().filter(|view| view.segment.is_flat()).map(SegmentView::live_rows).sum()
}

/// Indexes of the segments to merge now; none if nothing is due.
fn choose(segments: &[SegmentView], graph_rows_min: u64) -> Vec<usize> {
    if let Some(damaged) = segments.iter().position(|view| view.segment.lost_index()) {
        return vec![damaged];
    }
    let flat = flat_rows(segments);
    if flat >= graph_rows_min {
        let joins = |view: &SegmentView| view.segment.is_flat() || view.live_rows() <= flat * GROWTH_ONE_IN;
        return (0..segments.len()).filter(|index| joins(&segments[*index])).collect();
    }
    let mut by_size: Vec<_> = (0..segments.len()).map(|index| (segments[index].live_rows(), index)).collect();
    by_size.sort_unstable();
    for start in 0..by_size.len() {
        let smallest = by_size[start].0.max(1);
        let tier = by_size[start..].iter().take_while(|(rows, _)| *rows <= smallest * TIER_RATIO);
        let tier: Vec<_> = tier.map(|(_, index)| *index).collect();
        if tier.len() >= TIER_SEGMENTS {
            return tier;
        }
    }
    let is_mostly_dead =
        |view: &SegmentView| view.tombstones.len() * 100 > u64::from(view.segment.rows()) * DEAD_PERCENT_MAX;
    segments.iter().position(is_mostly_dead).into_iter().collect()
}
