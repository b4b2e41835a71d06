//! How the index grows: the first rows of one synthetic set, up to a million of 768 dimensions.
//!
//! Real embeddings have far fewer degrees of freedom than numbers, come in clusters of all sizes, and hold some
//! noise. So a row starts as a point of [`LATENT_DIMENSIONS`], near the centre of a cluster; every number of it is the
//! sine of a random combination of these, which bends the space; some noise is added to each number. Clusters are
//! drawn with probabilities that fall about as one over their number. Queries are drawn as rows are, and are none of them.

use std::error::Error;
use std::fs;
use std::path::Path;

use huedb_index::topk::TopK;
use huedb_index::vector::{Flat, GraphParameters, Kernels, Query, Scope, VectorIndex, Vectors, Workers};
use huedb_kernels::Buffer;
use huedb_types::Distance;
use serde_json::json;

use super::dataset::{Block, Dataset, inverse_norms};
use super::graph::{Built, comparisons, rows};
use super::rng::Rng;
use super::{CANDIDATES, DEFAULT_CANDIDATES, K, measure, print};

const SEED: u64 = 1;
const DIMENSIONS: usize = 768;
const LATENT_DIMENSIONS: usize = 48;
const CLUSTERS: usize = 10_000;
/// Standard deviation of a row around its cluster's centre, where that of centres is one.
const SPREAD: f32 = 0.5;
/// Standard deviation of the noise of a number; the number itself has one of about 0.6.
const NOISE: f32 = 0.1;
const QUERIES: usize = 300;

const STREAM_CENTRE: u64 = 1;
const STREAM_COMBINATION: u64 = 2;
const STREAM_ROW: u64 = 3;
const STREAM_QUERY: u64 = 4;

/// Rows that are compared with all queries while they are in the cache.
const BLOCK_ROWS: usize = 256;
/// The curves end at this recall.
const RECALL_ENOUGH: f64 = 0.995;

/// So many threads at once.
struct Threads(usize);

impl Workers for Threads {
    fn run(&self, work: &(dyn Fn() + Sync)) {
        std::thread::scope(|scope| {
            for _ in 1..self.0 {
                scope.spawn(work);
            }
            work();
        });
    }
}

/// Prints builds and curves over the first tenth of the rows, over the root of a tenth, and over all; writes the
/// tenth into `directory` as the data set `scale`, for other libraries.
pub(crate) fn curves(directory: &Path, rows: usize) -> Result<(), Box<dyn Error>> {
    let sizes = [rows / 10, (rows as f64 / 10_f64.sqrt()) as usize, rows];
    let mut data = made(rows);
    let truth = truth(&data, &sizes);
    let inverse_norms = data.inverse_norms();
    for (size, truth) in sizes.into_iter().zip(truth) {
        data.truth = truth;
        if size == sizes[0] {
            write(&data, size, directory)?;
        }
        let block = Block { vectors: Vectors::F32(&data.base[..size * DIMENSIONS]), ..data.block() };
        // One thread would take a quarter of an hour for all rows, and tell nothing that the smallest size does not.
        let fewest = if size == sizes[0] { 1 } else { 2 };
        for threads in fewest..=2 {
            let built =
                Built::new(block, &inverse_norms[..size], GraphParameters::default(), &Threads(threads));
            eprintln!("{size} rows, {threads} threads: built in {:.1} s", built.seconds);
            curve(&data, &built, (size, threads));
        }
    }
    Ok(())
}

/// Prints recall and speed of searches on as many threads as built the graph.
fn curve(data: &Dataset, built: &Built<'_>, (size, threads): (usize, usize)) {
    let defaults = built.index(DEFAULT_CANDIDATES);
    let points = CANDIDATES.iter().map(|candidates| (format!("ef={candidates}"), built.index(*candidates)));
    for (name, index) in std::iter::once(("defaults".to_owned(), defaults)).chain(points) {
        let [(found, seconds)] =
            measure(data, threads, [&|query| rows(&index, data.distance, data.query(query))]);
        let recall = data.recall(&found);
        print(&json!({
            "rows": size, "dimensions": DIMENSIONS, "threads": threads, "parameters": name, "recall_at_10": recall,
            "qps": data.query_count() as f64 / seconds, "comparisons": comparisons(&index, data).0,
            "build_seconds": built.seconds, "bytes_per_vector": built.bytes_per_vector(),
            "effort": built.graph.view().effort(),
        }));
        if recall >= RECALL_ENOUGH && name != "defaults" {
            break;
        }
    }
}

/// The whole set, without what is true of it.
fn made(rows: usize) -> Dataset {
    let space = Space::new();
    let mut base = Buffer::zeroed(rows * DIMENSIONS);
    let part = rows.div_ceil(2).max(1);
    std::thread::scope(|scope| {
        for (number, vectors) in base.chunks_mut(part * DIMENSIONS).enumerate() {
            let space = &space;
            scope.spawn(move || space.fill(STREAM_ROW, number * part, vectors));
        }
    });
    let mut queries = vec![0.0; QUERIES * DIMENSIONS];
    space.fill(STREAM_QUERY, 0, &mut queries);
    let name = "scale".to_owned();
    Dataset {
        name,
        dimensions: DIMENSIONS,
        distance: Distance::Cosine,
        base,
        packed: None,
        queries,
        truth: Vec::new(),
        truth_k: K,
    }
}

/// Where rows come from.
struct Space {
    centres: Vec<f32>,
    /// By dimension of the rows: what each latent dimension counts for.
    combinations: Vec<f32>,
}

impl Space {
    fn new() -> Self {
        let normal = |stream, count| {
            let mut values = vec![0.0; count];
            Rng::of_item(SEED, stream, 0).fill_normal(&mut values);
            values
        };
        let centres = normal(STREAM_CENTRE, CLUSTERS * LATENT_DIMENSIONS);
        let mut combinations = normal(STREAM_COMBINATION, DIMENSIONS * LATENT_DIMENSIONS);
        combinations.iter_mut().for_each(|value| *value /= (LATENT_DIMENSIONS as f32).sqrt());
        Self { centres, combinations }
    }

    /// Fills `vectors` with the rows of a stream from number `first` on.
    fn fill(&self, stream: u64, first: usize, vectors: &mut [f32]) {
        let (mut latent, mut noise) = ([0.0; LATENT_DIMENSIONS], [0.0; DIMENSIONS]);
        for (number, vector) in vectors.chunks_exact_mut(DIMENSIONS).enumerate() {
            let mut rng = Rng::of_item(SEED, stream, (first + number) as u64);
            // A number whose logarithm is uniform.
            let cluster = (CLUSTERS as f64).powf(rng.unit()) as usize - 1;
            let centre = &self.centres[cluster * LATENT_DIMENSIONS..];
            rng.fill_normal(&mut latent);
            latent.iter_mut().zip(centre).for_each(|(value, centre)| *value = centre + SPREAD * *value);
            Kernels::detect().dot_many(&latent, &self.combinations, vector);
            rng.fill_normal(&mut noise);
            vector.iter_mut().zip(&noise).for_each(|(value, noise)| *value = value.sin() + NOISE * noise);
        }
    }
}

/// The nearest rows of every query among the first so many, for each of the ascending `sizes`.
fn truth(data: &Dataset, sizes: &[usize]) -> Vec<Vec<u32>> {
    let mut nearest = vec![TopK::new(K); data.query_count()];
    let mut start = 0;
    let mut truths = Vec::new();
    for size in sizes {
        let part = data.query_count().div_ceil(2);
        let queries = data.queries.chunks(part * DIMENSIONS);
        std::thread::scope(|scope| {
            for (queries, nearest) in queries.zip(nearest.chunks_mut(part)) {
                scope.spawn(move || compare(data, start..*size, queries, nearest));
            }
        });
        start = *size;
        let sorted = nearest.iter().flat_map(|nearest| nearest.clone().into_sorted());
        truths.push(sorted.map(|near| near.row).collect());
    }
    truths
}

fn compare(data: &Dataset, rows: std::ops::Range<usize>, queries: &[f32], nearest: &mut [TopK]) {
    for first in rows.clone().step_by(BLOCK_ROWS) {
        let end = rows.end.min(first + BLOCK_ROWS);
        let vectors = &data.base[first * DIMENSIONS..end * DIMENSIONS];
        let norms = inverse_norms(DIMENSIONS, vectors);
        let Ok(flat) = Flat::new(DIMENSIONS, vectors, Some(&norms)) else { continue };
        for (vector, nearest) in queries.chunks_exact(DIMENSIONS).zip(&mut *nearest) {
            let query = Query::new(Kernels::detect(), data.distance, vector);
            for near in flat.search(&query, &Scope::all(K)).neighbours {
                nearest.push(first as u32 + near.row, near.distance);
            }
        }
    }
}

/// Writes the first rows as `bench/index/data.py` writes a data set.
fn write(data: &Dataset, rows: usize, directory: &Path) -> Result<(), Box<dyn Error>> {
    let file = |what: &str| directory.join(format!("scale.{what}"));
    let floats =
        |values: &[f32]| -> Vec<u8> { values.iter().flat_map(|value| value.to_le_bytes()).collect() };
    fs::write(file("base.f32"), floats(&data.base[..rows * DIMENSIONS]))?;
    fs::write(file("query.f32"), floats(&data.queries))?;
    fs::write(file("truth.u32"), data.truth.iter().flat_map(|row| row.to_le_bytes()).collect::<Vec<u8>>())?;
    let shape = json!({
        "rows": rows, "dimensions": DIMENSIONS, "queries": QUERIES, "metric": "cosine", "truth_k": K,
    });
    Ok(fs::write(file("json"), format!("{shape}\n"))?)
}
