//! Curves of Microsoft's `diskann` crate on a data set made by `data.py`: one JSON object a line, as `peers.py`
//! prints them for other libraries.
//!
//! Usage: `huedb-bench-diskann DIRECTORY NAME`. The graph is built by one thread with the parameters of the other
//! one-layer graphs of the comparison, over vectors of 32-bit floats in memory.

mod dataset;
mod index;

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use dataset::Dataset;
use index::Index;

/// Neighbours looked for.
const K: usize = 10;

/// Candidates of the points of a curve, those of `peers.py`.
const CANDIDATES: [usize; 19] =
    [10, 12, 16, 20, 28, 40, 56, 80, 112, 160, 224, 320, 480, 640, 960, 1_400, 2_000, 2_800, 4_000];

/// A curve ends once it found this share.
const RECALL_ENOUGH: f64 = 0.9995;

/// Rounds over all queries; the fastest counts.
const ROUNDS: usize = 5;

/// Where they take more than so many seconds there are fewer, as in `peers.py`.
const SECONDS_LONG: f64 = 5.0;
const ROUNDS_LONG: usize = 2;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [directory, name] = &arguments[..] else {
        return Err("usage: huedb-bench-diskann DIRECTORY NAME".into());
    };
    let data = Dataset::read(Path::new(directory), name)?;
    let (start, computing) = (Instant::now(), computing_seconds()?);
    let index = Index::build(&data.base, data.dimensions)?;
    let computing = computing_seconds()? - computing;
    eprintln!(
        "{name} diskann: built in {:.1} s, {computing:.1} of them computing",
        start.elapsed().as_secs_f64()
    );
    for threads in [1, 2] {
        for candidates in CANDIDATES {
            let (found, seconds) = measure(&data, &index, threads, candidates)?;
            let recall = data.recall(&found);
            let row = serde_json::json!({
                "dataset": name, "dimensions": data.dimensions, "engine": "diskann", "threads": threads,
                "parameters": format!("{} L={candidates}", Index::PARAMETERS), "recall_at_10": recall,
                "qps": data.query_count() as f64 / seconds, "build_seconds": computing,
                "bytes_per_vector": Index::bytes_per_vector(data.dimensions),
            });
            println!("{row}");
            if recall >= RECALL_ENOUGH {
                break;
            }
        }
    }
    Ok(())
}

/// Answers every query on `threads` threads. Returns the rows found for each and the seconds of the fastest round.
fn measure(
    data: &Dataset,
    index: &Index,
    threads: usize,
    candidates: usize,
) -> Result<(Vec<[u32; K]>, f64), String> {
    let part = data.query_count().div_ceil(threads) * data.dimensions;
    let mut fastest = f64::INFINITY;
    let mut found = Vec::new();
    let (begin, mut rounds) = (Instant::now(), 0);
    while rounds < if begin.elapsed().as_secs_f64() < SECONDS_LONG { ROUNDS } else { ROUNDS_LONG } {
        rounds += 1;
        let start = Instant::now();
        found = std::thread::scope(|scope| {
            let search = |queries: &[f32]| -> Result<Vec<[u32; K]>, String> {
                queries.chunks_exact(data.dimensions).map(|query| index.search(query, candidates)).collect()
            };
            let parts: Vec<_> =
                data.queries.chunks(part).map(|queries| scope.spawn(move || search(queries))).collect();
            let answers =
                parts.into_iter().map(|part| part.join().map_err(|_| "a search panicked".to_owned())?);
            answers.collect::<Result<Vec<_>, String>>()
        })?
        .concat();
        fastest = fastest.min(start.elapsed().as_secs_f64());
    }
    Ok((found, fastest))
}

/// Seconds that this thread computed so far; time that other programs took does not count.
fn computing_seconds() -> Result<f64, Box<dyn Error>> {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds = statistics.split(' ').next().unwrap_or_default().parse::<u64>()?;
    Ok(nanoseconds as f64 / 1e9)
}
