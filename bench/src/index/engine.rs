//! The index as a collection uses it.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use huedb_engine::{
    Collection, CollectionChange, DEFAULT_DATABASE, DEFAULT_TENANT, Engine, EngineOptions, Existing, Include,
    NewCollection, QueryRequest, SearchPlan,
};
use huedb_types::{Distance, HnswConfiguration, Precision, Record};
use serde_json::json;

use super::dataset::Dataset;
use super::{CANDIDATES, K, RECALL_ENOUGH, measure, print};

/// Records of a write.
const BATCH: usize = 1_000;

/// Prints the curve of a collection that holds the data set in this precision, in an engine that lies in
/// `directory`.
pub(crate) fn curves(data: &Dataset, directory: &Path, precision: Precision) -> Result<(), Box<dyn Error>> {
    let directory = directory.join(&data.name);
    if directory.exists() {
        std::fs::remove_dir_all(&directory)?;
    }
    std::fs::create_dir_all(&directory)?;
    let start = Instant::now();
    fill(data, &directory, precision)?;
    let seconds = start.elapsed().as_secs_f64();
    let engine = Engine::open(&directory, EngineOptions::default())?;
    let collection = collection(&engine, (data.distance, precision), CANDIDATES[0])?;
    let held = collection.held()?;
    let name = match precision {
        Precision::F32 => "huedb collection",
        Precision::F16 => "huedb collection f16",
    };
    for candidates in CANDIDATES {
        let hnsw = HnswConfiguration { ef_search: candidates, ..collection.descriptor().hnsw };
        engine.update_collection(
            &collection,
            CollectionChange { hnsw: Some(hnsw), ..CollectionChange::default() },
        )?;
        let failed = std::sync::Mutex::new(None);
        let (found, elapsed) = measure(data, 1, |vector| {
            rows(&collection, vector).unwrap_or_else(|error| {
                *failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(error.to_string());
                Vec::new()
            })
        });
        if let Some(error) = failed.into_inner().unwrap_or_default() {
            return Err(error.into());
        }
        let recall = data.recall(&found);
        print(&json!({
            "dataset": data.name, "dimensions": data.dimensions, "engine": name, "threads": 1,
            "parameters": format!("ef_search={candidates}"), "recall_at_10": recall,
            "qps": data.query_count() as f64 / elapsed, "build_seconds": seconds, "bytes_per_vector": held.bytes as f64 / held.records as f64,
        }));
        if recall >= RECALL_ENOUGH {
            break;
        }
    }
    engine.close()?;
    std::fs::remove_dir_all(&directory)?;
    Ok(())
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

fn request(vector: &[f32]) -> QueryRequest {
    let include = Include::default();
    QueryRequest { embeddings: vec![vector.to_vec()], k: K as u32, include, ..QueryRequest::default() }
}

/// The numbers of the nearest records.
pub(crate) fn rows(collection: &Collection, vector: &[f32]) -> Result<Vec<u32>, Box<dyn Error>> {
    let hits = collection.query(&request(vector))?.remove(0);
    hits.iter().map(|hit| Ok(hit.record.id.parse()?)).collect()
}
