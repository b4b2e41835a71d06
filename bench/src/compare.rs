//! Starts two servers in turn on the same machine and reports them side by side.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use serde_json::{Map, Value, json};

use crate::Result;
use crate::api::{self, Collection};
use crate::data::Dataset;
use crate::http::Connection;
use crate::machine;
use crate::options::CompareOptions;
use crate::report;
use crate::running::Running;
use crate::workload::{self, K, MAIN_COLLECTION};

/// A program that serves the API: `BINARY run --path DIR --host 127.0.0.1 --port PORT`.
struct Server {
    name: &'static str,
    binary: PathBuf,
    version: String,
}

impl Server {
    fn start(&self, directory: &Path, log: &Path) -> Result<Running> {
        let mut command = Command::new(&self.binary);
        command.env("ANONYMIZED_TELEMETRY", "False");
        Running::start(self.name, command, directory, log)
    }
}

pub(crate) fn compare(options: &CompareOptions) -> Result<()> {
    let servers = [
        Server {
            name: "HueDB",
            binary: options.huedb.clone(),
            version: machine::output(&options.huedb.to_string_lossy(), &["version"]),
        },
        Server { name: "Chroma", binary: options.chroma.clone(), version: chroma_version(&options.chroma) },
    ];
    eprintln!("making {} vectors of {} numbers", options.sizes.records, options.sizes.dimensions);
    let data = Dataset::generate(options.sizes.data());
    let mut rounds: [Vec<Value>; 2] = [Vec::new(), Vec::new()];
    for round in 0..options.rounds {
        // Every other round begins with the other server, so that neither always has the warmer machine.
        let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
        for index in order {
            let server = &servers[index];
            eprintln!("round {} of {}: {} ({})", round + 1, options.rounds, server.name, server.version);
            rounds[index].push(measure(server, options, &data)?);
        }
    }
    let servers: Vec<Value> = servers
        .iter()
        .zip(rounds)
        .map(|(server, rounds)| {
            json!({"name": server.name, "version": server.version, "median": median(&rounds), "rounds": rounds})
        })
        .collect();
    let sizes = &options.sizes;
    let document = json!({
        "command": format!(
            "bench/compare.sh --rounds {} --n {} --seconds {} --seed {}",
            options.rounds, sizes.records, sizes.seconds, sizes.seed
        ),
        "machine": machine::describe(&options.work),
        "sizes": {
            "records": sizes.records, "dimensions": sizes.dimensions, "queries": sizes.queries,
            "seconds": sizes.seconds, "seed": sizes.seed,
        },
        "rounds": options.rounds,
        "servers": servers,
    });
    fs::create_dir_all(&options.out)?;
    fs::write(options.out.join("server.json"), serde_json::to_string_pretty(&document)? + "\n")?;
    fs::write(options.out.join("server.md"), report::markdown(&document))?;
    eprintln!("written: {0}/server.json and {0}/server.md", options.out.display());
    Ok(())
}

/// Chroma's command prints the version of its command line, not that of the package.
fn chroma_version(binary: &Path) -> String {
    let python = binary.with_file_name("python");
    let package = "import importlib.metadata as m; print('chromadb ' + m.version('chromadb'))";
    machine::output(&python.to_string_lossy(), &["-c", package])
}

/// One round of one server: start, workload, stop, start again, one query, stop.
fn measure(server: &Server, options: &CompareOptions, data: &Dataset) -> Result<Value> {
    let directory = options.work.join(format!("data-{}", server.name.to_lowercase()));
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(&directory)?;
    let log = options.work.join(format!("{}.log", server.name.to_lowercase()));

    let load_average_before = machine::load_average();
    let running = server.start(&directory, &log)?;
    let start_ms = running.start_ms;
    let target = running.target(&directory);
    let result = workload::run(&target, data, &options.sizes)?;
    let stop_ms = running.stop()?;
    let disk_bytes_end = target.process.disk_bytes();

    let running = server.start(&directory, &log)?;
    let restart_ms = running.start_ms;
    let first_query_ms = first_query_ms(&running.address, data)?;
    let rss_bytes_restarted = running.target(&directory).process.rss_bytes();
    running.stop()?;
    fs::remove_dir_all(&directory)?;

    let mut round = report::json(&result);
    let fields = json!({
        "load_average_before": load_average_before,
        "start_ms": start_ms,
        "stop_ms": stop_ms,
        "restart_ms": restart_ms,
        "first_query_ms": first_query_ms,
        "rss_bytes_restarted": rss_bytes_restarted,
        "disk_bytes_end": disk_bytes_end,
    });
    if let (Value::Object(round), Value::Object(fields)) = (&mut round, fields) {
        round.extend(fields);
    }
    Ok(round)
}

fn first_query_ms(address: &str, data: &Dataset) -> Result<f64> {
    let mut connection = Connection::open(address)?;
    let collection = Collection::open(&mut connection, MAIN_COLLECTION)?;
    let mut request = Vec::new();
    collection.post(&mut request, "query", &api::query_body(data.query(0), K, ""));
    let start = Instant::now();
    let answer = connection.send(&request)?;
    let elapsed = start.elapsed();
    if answer.status != 200 {
        return Err(api::failure("the first query after a restart", &answer));
    }
    Ok(report::milliseconds(elapsed))
}

/// The median of every number in documents of the same shape.
fn median(documents: &[Value]) -> Value {
    match documents.first() {
        Some(Value::Object(first)) => {
            let fields = first.keys().map(|key| {
                let values: Vec<Value> = documents.iter().map(|document| document[key].clone()).collect();
                (key.clone(), median(&values))
            });
            Value::Object(fields.collect::<Map<String, Value>>())
        }
        Some(Value::Array(first)) => (0..first.len())
            .map(|index| {
                let values: Vec<Value> = documents.iter().map(|document| document[index].clone()).collect();
                median(&values)
            })
            .collect(),
        // What is the same in every round (a concurrency) stays what it is.
        Some(first @ Value::Number(_)) if documents.iter().all(|document| document == first) => first.clone(),
        Some(Value::Number(_)) => {
            let mut numbers: Vec<f64> = documents.iter().filter_map(Value::as_f64).collect();
            numbers.sort_by(f64::total_cmp);
            let (low, high) = (numbers[(numbers.len() - 1) / 2], numbers[numbers.len() / 2]);
            json!(f64::midpoint(low, high))
        }
        Some(other) => other.clone(),
        None => Value::Null,
    }
}

#[cfg(test)]
mod tests;
