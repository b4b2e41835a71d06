//! One server, with tracing as its mode says.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Case, quartiles};
use crate::Result;
use crate::api::{self, failure};
use crate::http::Connection;
use crate::load::{self, Plan, Sample};
use crate::options::TracingOptions;
use crate::process::Process;
use crate::running::Running;

/// How much a server tells the collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// No collector is named.
    Off,
    /// The same again: what differs between two equal servers is the noise of the measurement.
    OffAgain,
    /// A collector is named, with this granularity.
    Granularity(&'static str),
}

impl Mode {
    /// The first is what the others are compared with.
    pub(super) const ALL: [Self; 6] = [
        Self::Off,
        Self::OffAgain,
        Self::Granularity("none"),
        Self::Granularity("operation"),
        Self::Granularity("operation_and_segment"),
        Self::Granularity("all"),
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::OffAgain => "off, again",
            Self::Granularity(word) => word,
        }
    }

    /// The server, without its `run`.
    pub(super) fn command(self, huedb: &Path, collector: &Collector) -> Command {
        let mut command = Command::new(huedb);
        if let Self::Granularity(word) = self {
            command
                .env("CHROMA_OTEL_COLLECTION_ENDPOINT", &collector.endpoint)
                .env("CHROMA_OTEL_GRANULARITY", word)
                .env("OTEL_EXPORTER_OTLP_PROTOCOL", collector.protocol);
        }
        command
    }
}

/// Where spans go.
pub(super) struct Collector {
    pub(super) endpoint: String,
    pub(super) protocol: &'static str,
}

/// A server that runs, and what its rounds have shown.
pub(super) struct Lane {
    pub(super) mode: Mode,
    pub(super) server: Running,
    pub(super) process: Process,
    pub(super) directory: PathBuf,
    /// Of each case, by its place among the cases.
    rounds: BTreeMap<usize, Vec<Sample>>,
}

impl Lane {
    /// On a copy of the directory `loaded`.
    pub(super) fn open(
        mode: Mode,
        collector: &Collector,
        loaded: &Path,
        options: &TracingOptions,
    ) -> Result<Self> {
        let name = mode.name().replace([' ', ','], "-");
        let directory = options.work.join(format!("tracing-{name}"));
        remove(&directory)?;
        copy(loaded, &directory)?;
        let command = mode.command(&options.huedb, collector);
        let server = Running::start(mode.name(), command, &directory, &options.work.join("tracing.log"))?;
        let process = server.target(&directory).process;
        Ok(Self { mode, server, process, directory, rounds: BTreeMap::new() })
    }

    /// Sends requests of one case for as long as a turn takes.
    pub(super) fn turn(&self, case: &Case<'_>, seconds: f64) -> Result<Sample> {
        let plan = Plan {
            concurrency: case.concurrency,
            time_max: Duration::from_secs_f64(seconds),
            requests_max: u64::MAX,
        };
        load::run(&self.server.address, &self.process, plan, case.make)
            .map_err(|error| format!("{}, {}: {error}", self.mode.name(), case.name).into())
    }

    pub(super) fn keep(&mut self, case: usize, sample: Sample) {
        self.rounds.entry(case).or_default().push(sample);
    }

    /// What one case cost, beside the rounds of the server that traces nothing.
    pub(super) fn row(&self, case: usize, off: &Self) -> Value {
        let (ours, theirs) = (self.rounds_of(case), off.rounds_of(case));
        let slower = ours
            .iter()
            .zip(theirs)
            .map(|(ours, off)| (1.0 - ours.requests_per_second() / off.requests_per_second()) * 100.0);
        let [low, slower, high] = quartiles(slower.collect());
        let [_, rate, _] = quartiles(ours.iter().map(Sample::requests_per_second).collect());
        let [_, p50, _] = quartiles(ours.iter().map(|sample| sample.percentile_ms(0.5)).collect());
        let [_, p99, _] = quartiles(ours.iter().map(|sample| sample.percentile_ms(0.99)).collect());
        json!({
            "mode": self.mode.name(),
            "requests_per_second": rate,
            "slower_percent": slower,
            "slower_percent_quartiles": [low, high],
            "p50_ms": p50,
            "p99_ms": p99,
            "server_cpu_us": cpu_us(ours),
            "more_cpu_percent": cpu_us(ours).zip(cpu_us(theirs)).map(|(ours, off)| (ours / off - 1.0) * 100.0),
        })
    }

    fn rounds_of(&self, case: usize) -> &[Sample] {
        self.rounds.get(&case).map_or(&[], Vec::as_slice)
    }

    /// What the server counts by itself: spans that arrived, and those that the queue had no room for.
    pub(super) fn spans(&self) -> Result<Value> {
        let answer = api::call(&mut Connection::open(&self.server.address)?, "GET", "/metrics", b"")?;
        if answer.status != 200 {
            return Err(failure("/metrics", &answer));
        }
        let text = String::from_utf8(answer.body)?;
        Ok(json!({
            "mode": self.mode.name(),
            "exported": counted(&text, "huedb_spans_exported_total"),
            "dropped": counted(&text, "huedb_spans_dropped_total"),
            "waiting": counted(&text, "huedb_spans_waiting"),
            "rss_bytes_after": self.process.rss_bytes(),
        }))
    }
}

/// Microseconds of the server's processor time a request, over all rounds.
fn cpu_us(rounds: &[Sample]) -> Option<f64> {
    let cpu: Option<Duration> = rounds.iter().map(|sample| sample.cpu).sum();
    let requests: usize = rounds.iter().map(|sample| sample.latencies_ms.len()).sum();
    Some(cpu?.as_secs_f64() * 1e6 / requests.max(1) as f64)
}

/// The value of a metric without labels.
pub(super) fn counted(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    line.trim().parse().ok()
}

pub(super) fn remove(directory: &Path) -> Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Copies the files of a server that has ended.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
