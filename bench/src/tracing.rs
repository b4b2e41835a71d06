//! What tracing costs at each granularity, and what a server costs that does nothing.

mod image;
mod lane;
mod report;
mod sink;

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use self::lane::{Collector, Lane, Mode, remove};
use self::sink::Sink;
use crate::Result;
use crate::api::{self, Collection, Encoding};
use crate::data::Dataset;
use crate::http::Connection;
use crate::load::{self, Plan};
use crate::machine;
use crate::options::{Sizes, TracingOptions};

use crate::rng::Rng;
use crate::running::Running;
use crate::workload::{K, MAIN_COLLECTION};

const BATCH_RECORDS: u64 = 1_000;
/// What is left over from the bulk add gets at most so long to end.
const SETTLE_MAX: Duration = Duration::from_mins(2);
/// A server that has just started is left alone for so long before its memory counts as at rest.
const IDLE: Duration = Duration::from_millis(500);

/// Requests of one kind.
struct Case<'a> {
    name: &'static str,
    concurrency: usize,
    make: &'a (dyn Fn(u64, &mut Vec<u8>) + Sync),
}

/// Measures all of it and writes `telemetry.json` and `telemetry.md`.
pub(crate) fn measure(options: &TracingOptions) -> Result<()> {
    let load_average = machine::load_average();
    let sink = Sink::start()?;
    let collector = match &options.collector {
        Some(endpoint) => Collector { endpoint: endpoint.clone(), protocol: "grpc" },
        None => Collector { endpoint: sink.endpoint.clone(), protocol: "http/protobuf" },
    };
    let data = Dataset::generate(options.sizes.data());
    let loaded = options.work.join("tracing-loaded");
    load_records(&loaded, &data, options)?;
    let idle = idle(&loaded, &collector, options)?;
    let image = image::measure(&options.image, options.starts)?;
    let (cases, spans) = overhead(&loaded, &data, &collector, options)?;
    let (messages, bytes) = sink.taken();
    let document = json!({
        "command": command_line(options),
        "machine": machine::describe(&options.work),
        "load_average_before": load_average,
        "version": machine::output(&options.huedb.to_string_lossy(), &["version"]),
        "records": options.sizes.records,
        "dimensions": options.sizes.dimensions,
        "rounds": options.rounds,
        "seconds": options.sizes.seconds,
        "collector": match &options.collector {
            Some(endpoint) => format!("{endpoint} over gRPC"),
            None => "a sink inside the load generator over HTTP".to_owned(),
        },
        "sink": {"messages": messages, "bytes": bytes},
        "cases": cases,
        "spans": spans,
        "idle": idle,
        "image": image,
    });
    let text = report::markdown(&document);
    println!("{text}");
    fs::create_dir_all(&options.out)?;
    fs::write(options.out.join("telemetry.json"), serde_json::to_string_pretty(&document)? + "\n")?;
    fs::write(options.out.join("telemetry.md"), text)?;
    eprintln!("written: {0}/telemetry.json and {0}/telemetry.md", options.out.display());
    Ok(())
}

fn command_line(options: &TracingOptions) -> String {
    let Sizes { records, dimensions, queries, seconds, seed } = options.sizes;
    let collector = options.collector.as_ref().map(|endpoint| format!(" --collector {endpoint}"));
    format!(
        "bench/tracing.sh --rounds {} --starts {} --n {records} --dimensions {dimensions} --queries {queries} \
         --seconds {seconds} --seed {seed}{}",
        options.rounds,
        options.starts,
        collector.unwrap_or_default()
    )
}

/// Fills a directory, which each server gets a copy of.
fn load_records(directory: &Path, data: &Dataset, options: &TracingOptions) -> Result<()> {
    remove(directory)?;
    let server = start(Mode::Off, directory, &no_collector(), options)?;
    let process = server.target(directory).process;
    let collection = Collection::create(&mut Connection::open(&server.address)?, MAIN_COLLECTION)?;
    let records = options.sizes.records as u64;
    let plan =
        Plan { concurrency: 1, time_max: Duration::MAX, requests_max: records.div_ceil(BATCH_RECORDS) };
    load::run(&server.address, &process, plan, |number, request| {
        let start = number * BATCH_RECORDS;
        let range = start..(start + BATCH_RECORDS).min(records);
        collection.post(request, "add", &api::add_body(data, range, Encoding::Base64));
    })?;
    process.settle(SETTLE_MAX);
    server.stop()?;
    Ok(())
}

/// For a server without tracing.
fn no_collector() -> Collector {
    Collector { endpoint: String::new(), protocol: "grpc" }
}

fn start(mode: Mode, directory: &Path, collector: &Collector, options: &TracingOptions) -> Result<Running> {
    fs::create_dir_all(directory)?;
    let command = mode.command(&options.huedb, collector);
    Running::start(mode.name(), command, directory, &options.work.join("tracing.log"))
}

/// Start and memory at rest, without records and with them, without tracing and with all of it.
fn idle(loaded: &Path, collector: &Collector, options: &TracingOptions) -> Result<Vec<Value>> {
    let empty = options.work.join("tracing-empty");
    let mut rows = Vec::new();
    for (directory, records) in [(empty.as_path(), 0), (loaded, options.sizes.records)] {
        for mode in [Mode::Off, Mode::Granularity("all")] {
            let (mut times, mut memory) = (Vec::new(), Vec::new());
            for _ in 0..options.starts {
                if records == 0 {
                    remove(directory)?;
                }
                let server = start(mode, directory, collector, options)?;
                times.push(server.start_ms);
                std::thread::sleep(IDLE);
                memory.extend(server.target(directory).process.rss_bytes().map(|bytes| bytes as f64));
                server.stop()?;
            }
            rows.push(json!({
                "mode": mode.name(),
                "records": records,
                "start_ms": quartiles(times)[1],
                "rss_bytes": (!memory.is_empty()).then(|| quartiles(memory)[1]),
            }));
        }
    }
    Ok(rows)
}

/// All servers run at the same time and take turns, so that each meets the same machine.
fn overhead(
    loaded: &Path,
    data: &Dataset,
    collector: &Collector,
    options: &TracingOptions,
) -> Result<(Vec<Value>, Vec<Value>)> {
    let open = |mode| Lane::open(mode, collector, loaded, options);
    let mut lanes = Mode::ALL.into_iter().map(open).collect::<Result<Vec<_>>>()?;
    // The copies have the same collection under the same id.
    let collection = Collection::open(&mut Connection::open(&lanes[0].server.address)?, MAIN_COLLECTION)?;
    let Sizes { records, queries, seed, seconds, .. } = options.sizes;
    let bodies: Vec<String> = (0..queries).map(|number| api::query_body(data.query(number), K, "")).collect();
    let query = |number: u64, request: &mut Vec<u8>| {
        collection.post(request, "query", &bodies[number as usize % bodies.len()]);
    };
    let get = |number: u64, request: &mut Vec<u8>| {
        let index = Rng::of_item(seed, 100, number).below(records as u64);
        collection.post(request, "get", &format!("{{\"ids\":[\"{}\"]}}", api::id(index)));
    };
    let cases = [
        Case { name: "Queries on 8 connections", concurrency: 8, make: &query },
        Case { name: "Queries on one connection", concurrency: 1, make: &query },
        Case { name: "Get by id on 8 connections", concurrency: 8, make: &get },
    ];
    for case in &cases {
        for lane in &lanes {
            lane.turn(case, seconds)?;
        }
    }
    for round in 0..options.rounds {
        eprintln!("round {} of {}", round + 1, options.rounds);
        for (number, case) in cases.iter().enumerate() {
            for turn in 0..lanes.len() {
                let lane = (round + turn) % lanes.len();
                let sample = lanes[lane].turn(case, seconds)?;
                lanes[lane].keep(number, sample);
            }
        }
    }
    let rows = |number: usize| lanes.iter().map(|lane| lane.row(number, &lanes[0])).collect::<Vec<_>>();
    let rows = cases.iter().enumerate().map(
        |(number, case)| json!({"name": case.name, "concurrency": case.concurrency, "rows": rows(number)}),
    );
    let rows = rows.collect();
    let spans = lanes.iter().map(Lane::spans).collect::<Result<_>>()?;
    for lane in lanes {
        lane.server.stop()?;
        remove(&lane.directory)?;
    }
    Ok((rows, spans))
}

/// The lower quartile, the median and the upper quartile of at least one number.
fn quartiles(mut numbers: Vec<f64>) -> [f64; 3] {
    numbers.sort_by(f64::total_cmp);
    [0.25, 0.5, 0.75].map(|share| {
        let place = share * (numbers.len() - 1) as f64;
        let (low, high) = (numbers[place.floor() as usize], numbers[place.ceil() as usize]);
        low + (high - low) * place.fract()
    })
}

#[cfg(test)]
mod tests;
