//! The graph of a segment: building it from rows, and opening it again.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use huedb_index::vector::{
    BaseGraph, Flat, Graph, GraphBuilder, GraphHead, GraphIndex, GraphParameters, GraphView, VectorRows,
    Workers,
};
use huedb_storage::segment::{SectionId, SegmentReader};
use huedb_types::Distance;

use super::build::PlacedRow;
use super::sections as section;
use super::{RecordSegment, damaged};
use crate::error::Error;

/// What a segment's builder needs to know to give it a graph.
pub(crate) struct GraphJob<'a> {
    pub(crate) parameters: GraphParameters,
    /// A segment whose graph is to be extended, and where its rows went.
    pub(crate) base: Option<(Arc<RecordSegment>, &'a [u32])>,
    pub(crate) progress: &'a BuildProgress,
    /// Whether to stop building; the segment then gets no graph.
    pub(crate) is_cancelled: &'a (dyn Fn() -> bool + Sync),
}

/// How far the running build is.
#[derive(Debug, Default)]
pub(crate) struct BuildProgress {
    done: AtomicU64,
}

impl BuildProgress {
    /// Rows that are in the graph that is being built; 0 between builds.
    pub(crate) fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }
}

/// Half of the processors, so that queries find one that is free.
struct HalfOfProcessors;

impl Workers for HalfOfProcessors {
    fn run(&self, work: &(dyn Fn() + Sync)) {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            for _ in 1..processors / 2 {
                // With fewer threads than wanted the work takes longer, that is all.
                let _ = std::thread::Builder::new().name("graph".into()).spawn_scoped(scope, work);
            }
            work();
        });
    }
}

/// The embeddings of rows that go into a segment.
struct PlacedVectors<'a> {
    rows: &'a [PlacedRow<'a>],
    zeros: Vec<f32>,
}

impl VectorRows for PlacedVectors<'_> {
    fn rows(&self) -> u32 {
        self.rows.len() as u32
    }

    fn dimensions(&self) -> usize {
        self.zeros.len()
    }

    fn vector(&self, row: u32) -> Cow<'_, [f32]> {
        self.embedding(row).unwrap_or(Cow::Borrowed(&self.zeros))
    }
}

impl PlacedVectors<'_> {
    /// `None` if there is none; the sections that hold it were read without error when they were written.
    fn embedding(&self, row: u32) -> Option<Cow<'_, [f32]>> {
        let row = self.rows.get(row as usize)?;
        row.source.embedding(row.row).ok().flatten().filter(|vector| vector.len() == self.zeros.len())
    }
}

/// The graph over `rows`; `None` if they do not suit one or the build was cancelled.
pub(super) fn build_graph(
    rows: &[PlacedRow<'_>],
    dimension: u32,
    distance: Distance,
    job: &GraphJob<'_>,
) -> Option<Graph> {
    let vectors = PlacedVectors { rows, zeros: vec![0.0; dimension as usize] };
    let skip = |row| vectors.embedding(row).is_none();
    let workers = &HalfOfProcessors;
    let extended = job.base.as_ref().and_then(|(segment, moved)| {
        let base = BaseGraph { graph: segment.graph()?, moved };
        GraphBuilder::extend(&base, &vectors, &skip, job.parameters, workers).ok()
    });
    let builder = match extended {
        Some(builder) => builder,
        None => GraphBuilder::new(distance, &vectors, &skip, job.parameters, workers).ok()?,
    };
    let (kept, total) = builder.progress();
    tracing::info!(rows = total, kept, extended = job.base.is_some(), "building a vector graph");
    builder.insert_all(workers, &|| {
        job.progress.done.store(builder.progress().0, Ordering::Relaxed);
        (job.is_cancelled)()
    });
    job.progress.done.store(0, Ordering::Relaxed);
    let (done, total) = builder.progress();
    (done == total && !(job.is_cancelled)()).then(|| builder.finish(&vectors, workers))
}

/// Reads the head of a segment's graph and checks what it says; `None` if there is no graph.
pub(super) fn open_graph(
    reader: &SegmentReader,
    (rows, dimension, distance): (u32, u32, Distance),
) -> Result<Option<GraphHead>, Error> {
    let Some(bytes) = reader.section(section::GRAPH_HEAD) else { return Ok(None) };
    let wrong = || damaged("graph", reader.name());
    let head = GraphHead::decode(bytes).map_err(|_| wrong())?;
    let view = view(&head, reader).ok_or_else(wrong)?;
    view.check_links().map_err(|_| wrong())?;
    let fits = (view.rows(), view.dimensions(), view.distance()) == (rows, dimension as usize, distance);
    if fits { Ok(Some(head)) } else { Err(wrong()) }
}

fn view<'a>(head: &'a GraphHead, reader: &'a SegmentReader) -> Option<GraphView<'a>> {
    let bytes = |id: SectionId| reader.section(id);
    let links = bytemuck::try_cast_slice(bytes(section::GRAPH_LINKS)?).ok()?;
    GraphView::new(head, links, bytes(section::GRAPH_CODES)?).ok()
}

impl RecordSegment {
    /// The segment's graph, if it has one.
    pub(crate) fn graph(&self) -> Option<GraphView<'_>> {
        view(self.graph_head()?, self.reader())
    }

    /// A search through the graph that keeps at least `candidates` candidates.
    pub(super) fn graph_index<'a>(&'a self, vectors: Flat<'a>, candidates: u32) -> Option<GraphIndex<'a>> {
        Some(GraphIndex::new(vectors, self.graph()?, candidates as usize))
    }
}
