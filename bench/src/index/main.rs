//! Benchmark of the vector index: recall against speed on the data sets of `bench/index/data.py`.
//!
//! `huedb-index-bench core|engine|filters|precision DIRECTORY NAME` prints one JSON object a line; `bench/index.sh`
//! runs it beside other libraries. `huedb-index-bench open|queries DIRECTORY ROWSxDIMENSIONS` does so for a collection
//! that stays on disk; `bench/memory.sh` runs it with less memory than the vectors take.

#![allow(clippy::print_stdout, reason = "the rows are the output")]

mod dataset;
mod engine;
mod graph;
mod precision;
#[path = "../rng.rs"]
mod rng;
mod stored;
mod synthetic;

use std::path::Path;
use std::time::Instant;

use huedb_types::Precision;
use serde_json::Value;

/// Neighbours looked for.
const K: usize = 10;

/// Candidates (`ef_search`) of the points of a curve.
const CANDIDATES: [u32; 16] = [10, 12, 16, 20, 28, 40, 56, 80, 112, 160, 224, 320, 480, 640, 960, 1_400];

/// A curve ends once it found this share.
const RECALL_ENOUGH: f64 = 0.9995;

/// Rounds over all queries; the fastest counts.
const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mode, directory, name] = &arguments[..] else {
        return Err(
            "usage: huedb-index-bench core|engine|filters|precision|open|queries DIRECTORY NAME".into()
        );
    };
    let directory = Path::new(directory);
    match mode.as_str() {
        "open" => return stored::Stored::prepare(directory, name)?.opening(directory),
        "reopen" => return stored::Stored::prepare(directory, name)?.reopen(),
        "queries" => return stored::Stored::prepare(directory, name)?.queries(),
        _ => {}
    }
    let data = dataset::Dataset::read(directory, name)?;
    match mode.as_str() {
        "core" => graph::curves(&data),
        "filters" => graph::filters(&data),
        "engine" => engine::curves(&data, &directory.join("engine"), Precision::F32)?,
        "precision" => precision::compare(&data, &directory.join("precision"))?,
        other => return Err(format!("unknown mode {other}").into()),
    }
    Ok(())
}

fn print(row: &Value) {
    println!("{row}");
}

/// Answers every query of the data set on `threads` threads. Returns the rows found for each and the seconds of
/// the fastest round.
fn measure(
    data: &dataset::Dataset,
    threads: usize,
    search: impl Fn(&[f32]) -> Vec<u32> + Sync,
) -> (Vec<Vec<u32>>, f64) {
    let queries: Vec<&[f32]> = data.queries.chunks_exact(data.dimensions).collect();
    let mut fastest = f64::INFINITY;
    let mut found = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        found = std::thread::scope(|scope| {
            let part = queries.len().div_ceil(threads);
            let search = &search;
            let workers: Vec<_> = queries
                .chunks(part)
                .map(|queries| scope.spawn(move || queries.iter().map(|query| search(query)).collect()))
                .collect();
            let answers = workers.into_iter().map(|worker| worker.join().unwrap_or_default());
            answers.flat_map(|answers: Vec<Vec<u32>>| answers).collect::<Vec<_>>()
        });
        fastest = fastest.min(start.elapsed().as_secs_f64());
    }
    (found, fastest)
}
