//! The index as a collection uses it.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use huedb_engine::{
    Collection, CollectionChange, DEFAULT_DATABASE, DEFAULT_TENANT, Engine, EngineOptions, Existing, Include,
    NewCollection, QueryRequest, SearchPlan,
};
use huedb_types::{Distance, HnswConfiguration, Precision, Record};

use super::dataset::Dataset;
use super::{CANDIDATES, K};

/// Records of a write.
const BATCH: usize = 1_000;

/// A collection that holds a data set, in an engine of its own.
pub(crate) struct Filled {
    engine: Engine,
    collection: Collection,
    directory: PathBuf,
    /// What writing all records took, until they were in a graph.
    pub(crate) seconds: f64,
}

impl Filled {
    /// Makes the collection anew; the engine lies below `directory`.
    pub(crate) fn new(
        data: &Dataset,
        directory: &Path,
        precision: Precision,
    ) -> Result<Self, Box<dyn Error>> {
        let directory = directory.join(format!("{}-{}", data.name, precision.name()));
        if directory.exists() {
            std::fs::remove_dir_all(&directory)?;
        }
        std::fs::create_dir_all(&directory)?;
        let start = Instant::now();
        fill(data, &directory, precision)?;
        let seconds = start.elapsed().as_secs_f64();
        let engine = Engine::open(&directory, EngineOptions::default())?;
        let collection = collection(&engine, (data.distance, precision), CANDIDATES[0])?;
        Ok(Self { engine, collection, directory, seconds })
    }

    /// Sets the number of candidates (`ef_search`) of later searches.
    pub(crate) fn set_candidates(&self, candidates: u32) -> Result<(), Box<dyn Error>> {
        let hnsw = HnswConfiguration { ef_search: candidates, ..self.collection.descriptor().hnsw };
        let change = CollectionChange { hnsw: Some(hnsw), ..CollectionChange::default() };
        Ok(self.engine.update_collection(&self.collection, change)?)
    }

    /// The rows nearest to a query.
    #[allow(clippy::expect_used, reason = "there is nothing to measure of a collection that fails")]
    pub(crate) fn rows(&self, request: &QueryRequest) -> Vec<u32> {
        rows(&self.collection, request).expect("the query is sound")
    }

    /// Bytes that it takes on disk, for each record.
    pub(crate) fn bytes_per_vector(&self) -> Result<f64, Box<dyn Error>> {
        let held = self.collection.held()?;
        Ok(held.bytes as f64 / held.records as f64)
    }

    /// Removes everything.
    pub(crate) fn remove(self) -> Result<(), Box<dyn Error>> {
        self.engine.close()?;
        Ok(std::fs::remove_dir_all(&self.directory)?)
    }
}

/// Writes all records and waits until one graph holds nearly all of them.
fn fill(data: &Dataset, directory: &Path, precision: Precision) -> Result<(), Box<dyn Error>> {
    let engine = Engine::open(directory, EngineOptions::default())?;
    let docs = collection(&engine, (data.distance, precision), CANDIDATES[0])?;
    let mut number = 0;
    for part in data.base.chunks(BATCH * data.dimensions) {
        let record = |vector: &[f32]| {
            number += 1;
            let id = format!("{}", number - 1);
            Record { id, embedding: Some(vector.to_vec()), ..Record::default() }
        };
        let records = part.chunks_exact(data.dimensions).map(record).collect();
        docs.add(records)?.wait()?;
    }
    engine.close()?;
    // The last records are in files now; what is due is due at the next start.
    let engine = Engine::open(directory, EngineOptions::default())?;
    let docs = collection(&engine, (data.distance, precision), CANDIDATES[0])?;
    let probe = request(&data.queries[..data.dimensions]);
    while docs.indexing()?.indexed < docs.indexing()?.records {
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let searches = docs.explain(&probe)?.1.searches.remove(0);
    let walked = searches.iter().filter(|search| search.plan == SearchPlan::Graph);
    let walked: u64 = walked.map(|search| u64::from(search.rows)).sum();
    eprintln!("{} of {} rows are in a graph, segments: {}", walked, data.rows(), searches.len());
    Ok(engine.close()?)
}

/// The collection of the benchmark, which is made if it is not there.
pub(crate) fn collection(
    engine: &Engine,
    (distance, precision): (Distance, Precision),
    candidates: u32,
) -> Result<Collection, Box<dyn Error>> {
    let hnsw = HnswConfiguration {
        space: distance,
        ef_construction: 200,
        ef_search: candidates,
        max_neighbors: 16,
        num_threads: 1,
        resize_factor: 1.2,
        sync_threshold: 1_000,
        batch_size: 100,
    };
    let new = NewCollection {
        name: "bench".to_owned(),
        metadata: None,
        hnsw,
        precision,
        v1_configuration: None,
        embedding_function: None,
        schema: None,
    };
    Ok(engine.create_collection(DEFAULT_TENANT, DEFAULT_DATABASE, new, Existing::Get)?)
}

/// The queries of a data set as a server has them once it has read them, for whom to make them is not the engine's.
pub(crate) fn requests(data: &Dataset) -> Vec<QueryRequest> {
    data.queries.chunks_exact(data.dimensions).map(request).collect()
}

pub(crate) fn request(vector: &[f32]) -> QueryRequest {
    let include = Include::default();
    QueryRequest { embeddings: vec![vector.to_vec()], k: K as u32, include, ..QueryRequest::default() }
}

/// The numbers of the nearest records.
pub(crate) fn rows(collection: &Collection, request: &QueryRequest) -> Result<Vec<u32>, Box<dyn Error>> {
    let hits = collection.query(request)?.remove(0);
    let mut rows = Vec::with_capacity(hits.len());
    for hit in &hits {
        rows.push(hit.record.id.parse()?);
    }
    Ok(rows)
}
