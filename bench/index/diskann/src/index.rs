//! The library's index in memory.

use std::error::Error;
use std::pin::pin;
use std::task::{Context as TaskContext, Poll, Waker};

use diskann::graph::config::{Builder, MaxDegree as DegreeRule};
use diskann::graph::search::Knn;
use diskann::graph::{DiskANNIndex, IdDistance};
use diskann_inmem::num::{Capacity, MaxDegree};
use diskann_inmem::repr::Full;
use diskann_inmem::{Context, Provider, Strategy};
use diskann_utils::sampling::medoid::ComputeMedoid;
use diskann_utils::views::rowmajor::{Owned, Ref};
use diskann_vector::distance::Metric;

use crate::K;

/// Links that a list is pruned to.
const DEGREE: usize = 32;

/// Links that a list may have before it is pruned: the library's own slack of 1.3.
const DEGREE_MAX: usize = 41;

/// Candidates while building.
const BUILD_CANDIDATES: usize = 200;

const ALPHA: f32 = 1.2;

/// Numbered vectors and the graph over them.
pub(crate) struct Index {
    graph: DiskANNIndex<Provider<Full<f32>>>,
}

impl Index {
    pub(crate) const PARAMETERS: &str = "R=32 L=200 alpha=1.2";

    /// Inserts the rows of `base` one after the other on this thread.
    pub(crate) fn build(base: &[f32], dimensions: usize) -> Result<Self, Box<dyn Error>> {
        let rows = base.len() / dimensions;
        let start = f32::compute_medoid(
            Ref::try_from_data(base, rows, dimensions).map_err(|error| error.to_string())?,
        );
        let start = Owned::row_vector(start.into_boxed_slice());
        let settings = Full::config(Capacity::new(rows), MaxDegree::new(DEGREE_MAX), Metric::L2, start)?;
        let provider = Provider::new(settings).map_err(|error| error.to_string())?;
        let rule = DegreeRule::new(DEGREE_MAX);
        let config = Builder::new_with(DEGREE, rule, BUILD_CANDIDATES, Metric::L2.into(), |builder| {
            builder.alpha(ALPHA);
        })
        .build()?;
        let graph = DiskANNIndex::new(config, provider, None);
        for (vector, row) in base.chunks_exact(dimensions).zip(0_u32..) {
            finish(graph.insert(&Strategy, &Context, &row, vector))?.map_err(|error| error.to_string())?;
        }
        Ok(Self { graph })
    }

    /// The rows found for `query`, nearest first.
    pub(crate) fn search(&self, query: &[f32], candidates: usize) -> Result<[u32; K], String> {
        let (mut rows, mut distances) = ([u32::MAX; K], [0.0; K]);
        let mut found = IdDistance::new(&mut rows, &mut distances);
        let search = Knn::new(candidates, None).map_err(|error| error.to_string())?;
        finish(self.graph.search(search, &Strategy, &Context, query, &mut found))?
            .map_err(|error| error.to_string())?;
        Ok(rows)
    }

    /// The vector with its tag byte, in whole cache lines, and the list of links with its length.
    pub(crate) fn bytes_per_vector(dimensions: usize) -> usize {
        (dimensions * size_of::<f32>() + 1).next_multiple_of(64) + (DEGREE_MAX + 1) * size_of::<u32>()
    }
}

/// The library is written for any async runtime, but in memory it never waits.
fn finish<T>(work: impl Future<Output = T>) -> Result<T, String> {
    match pin!(work).poll(&mut TaskContext::from_waker(Waker::noop())) {
        Poll::Ready(output) => Ok(output),
        Poll::Pending => Err("the library waits for something".to_owned()),
    }
}
