//! A large collection that stays on disk between runs: how long it takes to open, and how it answers when
//! memory is scarce.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use huedb_engine::{Collection, Engine, EngineOptions};
use huedb_index::topk::TopK;
use huedb_index::vector::{Flat, Kernels, Query, Scope, VectorIndex};
use huedb_types::{Distance, Precision, Record};
use serde_json::{Value, json};

use super::synthetic::Synthetic;
use super::{K, engine, print};

/// Records of a write.
const BATCH: u64 = 1_000;

/// Queries whose true neighbours are known.
const KNOWN_QUERIES: u64 = 500;

/// Queries of a round. None is asked twice, so that no answer is in memory because it was given before.
const ROUND_QUERIES: u64 = 10_000;

/// Times that the collection is opened; the median counts.
const OPENINGS: usize = 5;

/// Candidates of a search, as Chroma's default has it.
const CANDIDATES: u32 = 100;

/// A collection of synthetic vectors in a directory.
pub(crate) struct Stored {
    name: String,
    rows: u64,
    data: Synthetic,
    directory: PathBuf,
}

impl Stored {
    /// The collection of the shape `name`, for example `1000000x384`, which is made first if it is not there.
    pub(crate) fn prepare(directory: &Path, name: &str) -> Result<Self, Box<dyn Error>> {
        let (rows, dimensions) = name.split_once('x').ok_or("the shape must be ROWSxDIMENSIONS")?;
        let stored = Self {
            name: name.to_owned(),
            rows: rows.parse()?,
            data: Synthetic::new(dimensions.parse()?),
            directory: directory.join(name),
        };
        // Written last, so that a directory without it is one that was not finished.
        if !stored.directory.join("truth.u32").exists() {
            stored.fill()?;
        }
        Ok(stored)
    }

    fn fill(&self) -> Result<(), Box<dyn Error>> {
        if self.directory.exists() {
            std::fs::remove_dir_all(&self.directory)?;
        }
        std::fs::create_dir_all(self.data_directory())?;
        let start = Instant::now();
        // One graph at the end takes less time than one that is extended again and again.
        let flat = EngineOptions { graph_rows_min: u64::MAX, ..EngineOptions::default() };
        let engine = Engine::open(&self.data_directory(), flat)?;
        let docs = collection(&engine)?;
        for first in (0..self.rows).step_by(BATCH as usize) {
            let record = |number| Record {
                id: format!("{number}"),
                embedding: Some(self.data.row(number)),
                ..Record::default()
            };
            docs.add((first..self.rows.min(first + BATCH)).map(record).collect())?.wait()?;
        }
        engine.close()?;
        eprintln!("{} s: all rows are stored", start.elapsed().as_secs());
        let engine = Engine::open(&self.data_directory(), EngineOptions::default())?;
        let docs = collection(&engine)?;
        let mut anonymous_mb = 0;
        while docs.indexing()?.indexed < docs.indexing()?.records {
            std::thread::sleep(std::time::Duration::from_millis(100));
            anonymous_mb = process_number("status", "RssAnon:").max(anonymous_mb * 1_000) / 1_000;
        }
        engine.close()?;
        let seconds = start.elapsed().as_secs();
        eprintln!("{seconds} s: all rows are in a graph, {anonymous_mb} MB of memory without files at most");
        let truth: Vec<u8> = self.truth().into_iter().flat_map(u32::to_le_bytes).collect();
        Ok(std::fs::write(self.directory.join("truth.u32"), truth)?)
    }

    /// The true neighbours of the known queries.
    fn truth(&self) -> Vec<u32> {
        let queries: Vec<_> = (0..KNOWN_QUERIES).map(|number| self.data.query(number)).collect();
        let mut nearest: Vec<_> = queries.iter().map(|_| TopK::new(K)).collect();
        for first in (0..self.rows).step_by(BATCH as usize) {
            let rows: Vec<f32> =
                (first..self.rows.min(first + BATCH)).flat_map(|number| self.data.row(number)).collect();
            let Ok(block) = Flat::new(self.data.dimensions, &rows, None) else { continue };
            for (query, nearest) in queries.iter().zip(&mut nearest) {
                let found = block
                    .search(&Query::new(Kernels::detect(), Distance::L2, query), &Scope::all(K))
                    .neighbours;
                for neighbour in found {
                    nearest.push(first as u32 + neighbour.row, neighbour.distance);
                }
            }
        }
        nearest
            .into_iter()
            .flat_map(|nearest| nearest.into_sorted().into_iter().map(|near| near.row))
            .collect()
    }

    fn data_directory(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// Prints how long a process takes to open the collection and to answer its first query, with its files in
    /// the page cache.
    pub(crate) fn opening(&self, cache: &Path) -> Result<(), Box<dyn Error>> {
        read_files(&self.data_directory())?;
        let mut rows = Vec::new();
        for _ in 0..OPENINGS {
            let program = std::env::current_exe()?;
            let output = Command::new(program).arg("reopen").arg(cache).arg(&self.name).output()?;
            rows.push(serde_json::from_slice::<Value>(&output.stdout)?);
        }
        let median = |key: &str| {
            let mut values: Vec<f64> = rows.iter().filter_map(|row| row[key].as_f64()).collect();
            values.sort_unstable_by(f64::total_cmp);
            values.get(values.len() / 2).copied()
        };
        let keys = ["engine_ms", "collection_ms", "first_query_ms", "second_query_ms", "resident_mb"];
        let medians = keys.map(|key| (key.to_owned(), json!(median(key))));
        print(
            &json!({"shape": self.name, "openings": OPENINGS, "median": Value::Object(medians.into_iter().collect())}),
        );
        Ok(())
    }

    /// Opens the collection once and prints what it took.
    pub(crate) fn reopen(&self) -> Result<(), Box<dyn Error>> {
        let milliseconds = |start: Instant| start.elapsed().as_secs_f64() * 1e3;
        let queries = [self.data.query(0), self.data.query(1)];
        let start = Instant::now();
        let engine = Engine::open(&self.data_directory(), EngineOptions::default())?;
        let engine_ms = milliseconds(start);
        let start = Instant::now();
        let docs = collection(&engine)?;
        let records = docs.count()?;
        let collection_ms = milliseconds(start);
        let mut query_ms = [0.0; 2];
        for (query, elapsed) in queries.iter().zip(&mut query_ms) {
            let start = Instant::now();
            engine::rows(&docs, &engine::request(query))?;
            *elapsed = milliseconds(start);
        }
        print(&json!({
            "records": records, "engine_ms": engine_ms, "collection_ms": collection_ms,
            "first_query_ms": query_ms[0], "second_query_ms": query_ms[1],
            "resident_mb": process_number("status", "VmRSS:") / 1_000,
        }));
        Ok(engine.close()?)
    }

    /// Prints recall, speed and reads of queries that were not asked before, as the memory at hand allows.
    pub(crate) fn queries(&self) -> Result<(), Box<dyn Error>> {
        let start = Instant::now();
        let engine = Engine::open(&self.data_directory(), EngineOptions::default())?;
        let docs = collection(&engine)?;
        docs.count()?;
        let open_ms = start.elapsed().as_secs_f64() * 1e3;
        let truth = std::fs::read(self.directory.join("truth.u32"))?;
        let truth: Vec<u32> = truth.as_chunks::<4>().0.iter().map(|row| u32::from_le_bytes(*row)).collect();
        let mut hits = 0;
        for (number, truth) in (0..KNOWN_QUERIES).zip(truth.chunks_exact(K)) {
            let found = engine::rows(&docs, &engine::request(&self.data.query(number)))?;
            hits += found.iter().filter(|row| truth.contains(row)).count();
        }
        let recall = hits as f64 / (KNOWN_QUERIES as usize * K) as f64;
        let mut next = KNOWN_QUERIES;
        for round in 1..=3 {
            let queries: Vec<_> =
                (next..next + ROUND_QUERIES).map(|number| self.data.query(number)).collect();
            next += ROUND_QUERIES;
            let (faults, read) = (major_faults(), process_number("io", "read_bytes:"));
            let mut times = Vec::with_capacity(queries.len());
            for query in &queries {
                let start = Instant::now();
                engine::rows(&docs, &engine::request(query))?;
                times.push(start.elapsed().as_secs_f64() * 1e3);
            }
            let per_query = |count: u64| count as f64 / ROUND_QUERIES as f64;
            let seconds: f64 = times.iter().sum::<f64>() / 1e3;
            times.sort_unstable_by(f64::total_cmp);
            print(&json!({
                "shape": self.name, "round": round, "open_ms": open_ms, "recall_at_10": recall,
                "qps": ROUND_QUERIES as f64 / seconds, "p50_ms": times[times.len() / 2],
                "p99_ms": times[times.len() / 100 * 99],
                "faults_per_query": per_query(major_faults() - faults),
                "read_kb_per_query": per_query(process_number("io", "read_bytes:") - read) / 1e3,
                "resident_mb": process_number("status", "VmRSS:") / 1_000,
                "anonymous_mb": process_number("status", "RssAnon:") / 1_000,
            }));
        }
        Ok(engine.close()?)
    }
}

/// Brings all files below a directory into the page cache.
fn read_files(directory: &Path) -> Result<(), Box<dyn Error>> {
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            read_files(&path)?;
        } else {
            std::io::copy(&mut std::fs::File::open(path)?, &mut std::io::sink())?;
        }
    }
    Ok(())
}

/// A number that the system tells of this process; 0 if it does not.
fn process_number(file: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/self/{file}")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// Page faults that waited for the disk.
fn major_faults() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    fields.split_whitespace().nth(9).and_then(|field| field.parse().ok()).unwrap_or_default()
}

fn collection(engine: &Engine) -> Result<Collection, Box<dyn Error>> {
    engine::collection(engine, (Distance::L2, Precision::F32), CANDIDATES)
}
