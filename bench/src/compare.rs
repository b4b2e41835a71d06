//! Starts two servers in turn on the same machine and reports them side by side.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::Result;
use crate::api::{self, Collection};
use crate::data::Dataset;
use crate::http::Connection;
use crate::machine;
use crate::options::CompareOptions;
use crate::process::Process;
use crate::report;
use crate::workload::{self, K, MAIN_COLLECTION, Target};

const START_MAX: Duration = Duration::from_mins(2);
const STOP_MAX: Duration = Duration::from_mins(1);

/// A program that serves the API: `BINARY run --path DIR --host 127.0.0.1 --port PORT`.
struct Server {
    name: &'static str,
    binary: PathBuf,
    version: String,
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
    let running = Running::start(server, &directory, &log)?;
    let start_ms = running.start_ms;
    let target = running.target(&directory);
    let result = workload::run(&target, data, &options.sizes)?;
    let stop_ms = running.stop()?;
    let disk_bytes_end = target.process.disk_bytes();

    let running = Running::start(server, &directory, &log)?;
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

/// A server process that is stopped when this value goes away, however the benchmark ends.
struct Running {
    child: Child,
    address: String,
    start_ms: f64,
}

impl Running {
    fn start(server: &Server, directory: &Path, log: &Path) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let output = File::options().create(true).append(true).open(log)?;
        let begin = Instant::now();
        let child = Command::new(&server.binary)
            .arg("run")
            .arg("--path")
            .arg(directory)
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .env("ANONYMIZED_TELEMETRY", "False")
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", server.binary.display()))?;
        let mut running = Self { child, address: format!("127.0.0.1:{port}"), start_ms: 0.0 };
        while !running.is_ready() {
            if let Some(status) = running.child.try_wait()? {
                return Err(format!("{} ended: {status}; see {}", server.name, log.display()).into());
            }
            if begin.elapsed() > START_MAX {
                return Err(format!("{} does not answer; see {}", server.name, log.display()).into());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        running.start_ms = report::milliseconds(begin.elapsed());
        Ok(running)
    }

    fn is_ready(&self) -> bool {
        Connection::open(&self.address)
            .and_then(|mut connection| api::call(&mut connection, "GET", "/api/v2/heartbeat", b""))
            .is_ok_and(|answer| answer.status == 200)
    }

    fn target(&self, directory: &Path) -> Target {
        let process = Process { pid: Some(self.child.id()), data: Some(directory.to_owned()) };
        Target { address: self.address.clone(), process }
    }

    /// Asks the server to end with SIGTERM and waits. Returns how long that took.
    fn stop(mut self) -> Result<f64> {
        let begin = Instant::now();
        // The standard library can only kill; every shell has `kill` built in.
        Command::new("sh").args(["-c", &format!("kill -TERM {}", self.child.id())]).status()?;
        while self.child.try_wait()?.is_none() {
            if begin.elapsed() > STOP_MAX {
                return Err("the server did not end within a minute of SIGTERM".into());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(report::milliseconds(begin.elapsed()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // After `stop` both calls find an ended process, which is what is wanted.
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
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
