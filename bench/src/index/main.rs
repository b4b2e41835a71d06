//! Benchmark of the vector index: recall against speed on the data sets of `bench/index/data.py`.
//!
//! `huedb-index-bench MODE DIRECTORY NAME` prints one JSON object a line. `bench/index.sh` runs the modes `curves`,
//! which is the bare index and a collection in turns, and `filters` beside other libraries; `core` is the bare index
//! alone. `turns` and `turns-reordered` are for `bench/ablate.sh`, `scale DIRECTORY ROWS` for `bench/scale.sh`,
//! `open` and `queries DIRECTORY ROWSxDIMENSIONS`, of a collection that stays on disk, for `bench/memory.sh`;
//! `precision` compares collections of vectors in 32 and in 16 bits.

#![allow(clippy::print_stdout, reason = "the rows are the output")]

mod curves;
mod dataset;
#[cfg(feature = "collection")]
mod engine;
mod graph;
#[cfg(feature = "collection")]
mod precision;
#[path = "../rng.rs"]
#[allow(dead_code, reason = "the benchmark of the server uses more of it")]
mod rng;
mod scale;
#[cfg(feature = "collection")]
mod stored;
#[cfg(feature = "collection")]
mod synthetic;
mod turns;

use std::ops::Range;
use std::path::Path;
use std::time::Instant;

use serde_json::Value;

/// Neighbours looked for.
const K: usize = 10;

/// Candidates (`ef_search`) of the points of a curve.
const CANDIDATES: [u32; 19] =
    [10, 12, 16, 20, 28, 40, 56, 80, 112, 160, 224, 320, 480, 640, 960, 1_400, 2_000, 2_800, 4_000];

/// The `ef_search` of a collection that sets none.
const DEFAULT_CANDIDATES: u32 = 100;

/// A curve ends once it found this share.
const RECALL_ENOUGH: f64 = 0.9995;

/// Rounds over all queries, at least; the fastest counts.
const ROUNDS: usize = 5;

/// There are more rounds until so much time has gone by: a fast point takes a fraction of it.
const SECONDS: f64 = 1.0;

/// Where they take more than so many seconds there are fewer.
const SECONDS_LONG: f64 = 5.0;
const ROUNDS_LONG: usize = 2;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mode, directory, name] = &arguments[..] else {
        return Err(
            "usage: huedb-index-bench core|curves|filters|turns|turns-reordered|precision|scale|open|queries \
             DIRECTORY NAME"
                .into(),
        );
    };
    let directory = Path::new(directory);
    match mode.as_str() {
        "scale" => return scale::curves(directory, name.parse()?),
        #[cfg(feature = "collection")]
        "open" => return stored::Stored::prepare(directory, name)?.opening(directory),
        #[cfg(feature = "collection")]
        "reopen" => return stored::Stored::prepare(directory, name)?.reopen(),
        #[cfg(feature = "collection")]
        "queries" => return stored::Stored::prepare(directory, name)?.queries(),
        _ => {}
    }
    let data = dataset::Dataset::read(directory, name)?;
    match mode.as_str() {
        "core" => curves::bare(&data),
        #[cfg(feature = "collection")]
        "curves" => curves::both(&data, &directory.join("engine"))?,
        #[cfg(feature = "collection")]
        "precision" => precision::compare(&data, &directory.join("engine"))?,
        "turns" => turns::take(&data)?,
        "turns-reordered" => {
            let order = turns::in_breadth(&data);
            turns::take(&data.reordered(&order))?;
        }
        "filters" => graph::filters(&data),
        other => return Err(format!("unknown mode {other}").into()),
    }
    Ok(())
}

fn print(row: &Value) {
    println!("{row}");
}

/// Finds rows for a query, which is given by its number.
type Search<'a> = &'a (dyn Fn(usize) -> Vec<u32> + Sync);

/// Several searches answer so many queries in turns.
const QUERIES_A_TURN: usize = 50;

/// Answers every query of the data set on `threads` threads by each of `searches`. These take turns every few
/// milliseconds, so that a machine that gets slower does so for all of them. Returns of each the rows found for
/// every query and its seconds in the round that was the fastest of all together.
fn measure<const SEARCHES: usize>(
    data: &dataset::Dataset,
    threads: usize,
    searches: [Search<'_>; SEARCHES],
) -> [(Vec<Vec<u32>>, f64); SEARCHES] {
    let all = data.query_count();
    let a_turn = if SEARCHES == 1 { all } else { QUERIES_A_TURN };
    let mut fastest = searches.map(|_| (Vec::new(), f64::INFINITY));
    let (begin, mut rounds) = (Instant::now(), 0);
    while more_rounds(rounds, begin.elapsed().as_secs_f64() / SEARCHES as f64) {
        rounds += 1;
        let mut round = searches.map(|_| (Vec::new(), 0.0));
        for first in (0..all).step_by(a_turn) {
            let queries = first..all.min(first + a_turn);
            for ((found, seconds), search) in round.iter_mut().zip(searches) {
                let start = Instant::now();
                found.extend(answers(queries.clone(), threads, search));
                *seconds += start.elapsed().as_secs_f64();
            }
        }
        let together = |of: &[(_, f64); SEARCHES]| of.iter().map(|(_, seconds)| seconds).sum::<f64>();
        if together(&round) < together(&fastest) {
            fastest = round;
        }
    }
    fastest
}

/// Whether a point gets another round after so many, which took so long.
fn more_rounds(rounds: usize, seconds: f64) -> bool {
    if seconds < SECONDS_LONG { rounds < ROUNDS || seconds < SECONDS } else { rounds < ROUNDS_LONG }
}

fn answers(queries: Range<usize>, threads: usize, search: Search<'_>) -> Vec<Vec<u32>> {
    if threads == 1 {
        return queries.map(search).collect();
    }
    let part = queries.len().div_ceil(threads);
    let parts = queries.clone().step_by(part.max(1)).map(|first| first..queries.end.min(first + part));
    std::thread::scope(|scope| {
        let workers: Vec<_> =
            parts.map(|queries| scope.spawn(move || queries.map(search).collect())).collect();
        let answers = workers.into_iter().map(|worker| worker.join().unwrap_or_default());
        answers.flat_map(|answers: Vec<Vec<u32>>| answers).collect()
    })
}
