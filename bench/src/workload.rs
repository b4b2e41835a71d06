//! The operations, in the order in which they run, and what each one measures.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Result;
use crate::api::{self, Collection, Encoding};
use crate::data::{Dataset, push_word};
use crate::http::Connection;
use crate::load::{self, Plan, Sample};
use crate::options::Sizes;
use crate::process::Process;
use crate::rng::Rng;
use crate::truth::{self, Neighbour};

pub(crate) const K: usize = 10;
const BATCH_RECORDS: u64 = 1_000;
/// Work left over from the bulk add (index builds, merges) gets at most so long to end.
const SETTLE_MAX: Duration = Duration::from_mins(2);
pub(crate) const MAIN_COLLECTION: &str = "bench_base64";
const NUMBERS_COLLECTION: &str = "bench_numbers";

/// The server under test.
pub(crate) struct Target {
    /// `host:port`.
    pub(crate) address: String,
    pub(crate) process: Process,
}

/// One line of the table.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) concurrency: usize,
    /// Operations per request: rates and CPU are per operation, latencies per request.
    pub(crate) operations: u64,
    pub(crate) sample: Sample,
    pub(crate) accuracy: Option<Accuracy>,
}

/// How right the answers of a query are.
#[derive(Clone, Copy)]
pub(crate) struct Accuracy {
    /// Share of the true nearest neighbours that were returned.
    pub(crate) recall: f64,
    /// Largest difference between a returned distance and the exact one.
    pub(crate) distance_error_max: f64,
}

/// Everything one run of the workload saw.
pub(crate) struct RunResult {
    pub(crate) rows: Vec<Row>,
    /// Resident bytes when the bulk add had settled, and at the end.
    pub(crate) rss_bytes_loaded: Option<u64>,
    pub(crate) rss_bytes_end: Option<u64>,
    /// Occupied bytes when the bulk add of the main collection had settled.
    pub(crate) disk_bytes_loaded: Option<u64>,
    /// How long the server went on working after the bulk add was acknowledged.
    pub(crate) settle: Duration,
}

pub(crate) fn run(target: &Target, data: &Dataset, sizes: &Sizes) -> Result<RunResult> {
    let mut connection = Connection::open(&target.address)?;
    let main = Collection::create(&mut connection, MAIN_COLLECTION)?;
    let numbers = Collection::create(&mut connection, NUMBERS_COLLECTION)?;
    let mut runner = Runner { target, data, sizes, rows: Vec::new() };

    let records = sizes.records as u64;
    let settle = runner.bulk_add("bulk add, base64", &main, records, Encoding::Base64)?;
    let (rss_bytes_loaded, disk_bytes_loaded) = (target.process.rss_bytes(), target.process.disk_bytes());
    runner.queries(&main)?;
    runner.reads(&main)?;
    runner.single_adds(&main)?;
    runner.bulk_add("bulk add, numbers", &numbers, (records / 10).max(1), Encoding::Numbers)?;
    let rss_bytes_end = target.process.rss_bytes();
    Ok(RunResult { rows: runner.rows, rss_bytes_loaded, rss_bytes_end, disk_bytes_loaded, settle })
}

struct Runner<'a> {
    target: &'a Target,
    data: &'a Dataset,
    sizes: &'a Sizes,
    rows: Vec<Row>,
}

impl Runner<'_> {
    /// Adds records 0.. in batches over one connection and waits until the server rests again; the CPU
    /// of the work it does after the last answer belongs to the add.
    fn bulk_add(
        &mut self,
        name: &'static str,
        collection: &Collection,
        records: u64,
        encoding: Encoding,
    ) -> Result<Duration> {
        let plan =
            Plan { concurrency: 1, time_max: Duration::MAX, requests_max: records.div_ceil(BATCH_RECORDS) };
        let cpu_before = self.target.process.cpu();
        let progress = Progress::start(name, records);
        let mut sample = load::run(&self.target.address, &self.target.process, plan, |number, request| {
            let start = number * BATCH_RECORDS;
            progress.report(start);
            let range = start..(start + BATCH_RECORDS).min(records);
            collection.post(request, "add", &api::add_body(self.data, range, encoding));
        })?;
        let settle = self.target.process.settle(SETTLE_MAX);
        sample.cpu =
            self.target.process.cpu().zip(cpu_before).map(|(after, before)| after.saturating_sub(before));
        // The last batch may be smaller; the rate counts batches of the average size.
        let operations = records / (sample.latencies_ms.len() as u64).max(1);
        self.push(Row { name, concurrency: 1, operations, sample, accuracy: None });
        Ok(settle)
    }

    fn queries(&mut self, collection: &Collection) -> Result<()> {
        let data = self.data;
        let all = truth::nearest(data, K, |_| true);
        self.query("query", collection, "", &all, &[1, 8, 32])?;
        let c10 = truth::nearest(data, K, |index| data.fields(index as u64).c10 == 3);
        self.query("query, 10 % filter", collection, "\"where\":{\"c10\":3},", &c10, &[1, 8])?;
        let c100 = truth::nearest(data, K, |index| data.fields(index as u64).c100 == 33);
        self.query("query, 1 % filter", collection, "\"where\":{\"c100\":33},", &c100, &[1, 8])?;
        let c1000 = truth::nearest(data, K, |index| data.fields(index as u64).c1000 == 333);
        self.query("query, 0.1 % filter", collection, "\"where\":{\"c1000\":333},", &c1000, &[1, 8])?;
        let mut word = String::from(" ");
        push_word(&mut word, 1_234);
        word.push(' ');
        let contains = truth::nearest(data, K, |index| data.document(index as u64).contains(&word));
        let conditions = format!("\"where_document\":{{\"$contains\":\"{word}\"}},");
        self.query("query, $contains 1 %", collection, &conditions, &contains, &[1])
    }

    fn query(
        &mut self,
        name: &'static str,
        collection: &Collection,
        conditions: &str,
        truth: &[Vec<Neighbour>],
        concurrencies: &[usize],
    ) -> Result<()> {
        let bodies: Vec<String> = (0..self.sizes.queries)
            .map(|number| api::query_body(self.data.query(number), K, conditions))
            .collect();
        let accuracy = self.accuracy(collection, &bodies, truth)?;
        for &concurrency in concurrencies {
            self.timed(name, concurrency, Some(accuracy), |number, request| {
                collection.post(request, "query", &bodies[number as usize % bodies.len()]);
            })?;
        }
        Ok(())
    }

    /// Sends every query once, untimed; this also warms the server up.
    fn accuracy(
        &self,
        collection: &Collection,
        bodies: &[String],
        truth: &[Vec<Neighbour>],
    ) -> Result<Accuracy> {
        let mut connection = Connection::open(&self.target.address)?;
        let (mut found, mut wanted, mut distance_error_max) = (0, 0, 0.0f64);
        for (number, (body, expected)) in bodies.iter().zip(truth).enumerate() {
            let mut request = Vec::new();
            collection.post(&mut request, "query", body);
            let answer = connection.send(&request)?;
            if answer.status != 200 {
                return Err(api::failure("a query", &answer));
            }
            let hits = Hits::parse(&answer.body)?;
            wanted += expected.len();
            found += expected.iter().filter(|neighbour| hits.indexes.contains(&neighbour.index)).count();
            for (&index, &distance) in hits.indexes.iter().zip(&hits.distances) {
                let error = (truth::distance(self.data, number, index) - distance).abs();
                distance_error_max = distance_error_max.max(error);
            }
        }
        Ok(Accuracy { recall: found as f64 / wanted.max(1) as f64, distance_error_max })
    }

    fn reads(&mut self, collection: &Collection) -> Result<()> {
        let records = self.sizes.records as u64;
        for concurrency in [1, 8] {
            self.timed("heartbeat", concurrency, None, |_, request| api::heartbeat(request))?;
        }
        for concurrency in [1, 8] {
            self.timed("get by id", concurrency, None, |number, request| {
                let index = Rng::of_item(self.sizes.seed, 100, number).below(records);
                collection.post(request, "get", &format!("{{\"ids\":[\"{}\"]}}", api::id(index)));
            })?;
        }
        self.timed("count", 1, None, |_, request| collection.count(request))
    }

    /// One record a request, new ids, into the loaded collection.
    fn single_adds(&mut self, collection: &Collection) -> Result<()> {
        for concurrency in [1, 8] {
            // Each operation has ids of its own, beyond those of the bulk add.
            let first = (self.sizes.records + concurrency * 10_000_000) as u64;
            self.timed("single add", concurrency, None, |number, request| {
                let index = first + number;
                let body = api::add_body(self.data, index..index + 1, Encoding::Base64);
                collection.post(request, "add", &body);
            })?;
        }
        Ok(())
    }

    fn timed(
        &mut self,
        name: &'static str,
        concurrency: usize,
        accuracy: Option<Accuracy>,
        make: impl Fn(u64, &mut Vec<u8>) + Sync,
    ) -> Result<()> {
        let plan = Plan { concurrency, time_max: self.sizes.time_max(), requests_max: u64::MAX };
        let sample = load::run(&self.target.address, &self.target.process, plan, make)
            .map_err(|error| format!("{name} at concurrency {concurrency}: {error}"))?;
        self.push(Row { name, concurrency, operations: 1, sample, accuracy });
        Ok(())
    }

    fn push(&mut self, row: Row) {
        let clear = if std::io::stderr().is_terminal() { "\r\x1b[K" } else { "" };
        eprintln!("{clear}  {}", crate::report::row_line(&row));
        self.rows.push(row);
    }
}

/// The ids and distances in the answer to a query of one vector.
struct Hits {
    indexes: Vec<usize>,
    distances: Vec<f64>,
}

impl Hits {
    fn parse(body: &[u8]) -> Result<Self> {
        let answer: Value = serde_json::from_slice(body)?;
        let list = |name: &str| {
            answer[name][0].as_array().ok_or_else(|| format!("the answer to a query has no {name}"))
        };
        let indexes = list("ids")?
            .iter()
            .map(|id| id.as_str().and_then(api::index_of).ok_or("an unknown id in an answer"))
            .collect::<std::result::Result<_, _>>()?;
        let distances = list("distances")?.iter().filter_map(Value::as_f64).collect();
        Ok(Self { indexes, distances })
    }
}

/// One line on standard error: rewritten four times a second on a terminal, a new one every ten seconds
/// in a log.
struct Progress {
    name: &'static str,
    total: u64,
    start: Instant,
    last: std::sync::Mutex<Instant>,
}

impl Progress {
    fn start(name: &'static str, total: u64) -> Self {
        let start = Instant::now();
        Self { name, total, start, last: std::sync::Mutex::new(start) }
    }

    fn report(&self, done: u64) {
        let Ok(mut last) = self.last.lock() else { return };
        let terminal = std::io::stderr().is_terminal();
        if last.elapsed() < Duration::from_millis(if terminal { 250 } else { 10_000 }) {
            return;
        }
        *last = Instant::now();
        let rate = done as f64 / self.start.elapsed().as_secs_f64();
        let left = (self.total - done) as f64 / rate.max(1e-9);
        let (before, after) = if terminal { ("\r\x1b[K", "") } else { ("", "\n") };
        let (name, total) = (self.name, self.total);
        eprint!("{before}  {name}: {done} of {total}, {rate:.0} a second, {left:.0} s left{after}");
        // Progress that cannot be shown is no reason to stop.
        let _shown = std::io::stderr().flush();
    }
}
