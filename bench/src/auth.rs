//! What authentication costs, and what wrong logins do to everybody else.

mod flood;
mod guesses;
mod modes;
mod report;

use std::fs;
use std::path::Path;
use std::time::Instant;

use serde_json::json;

use self::flood::Flood;
use self::modes::Mode;
use crate::Result;
use crate::api::failure;
use crate::http::Connection;
use crate::machine;
use crate::options::AuthOptions;
use crate::process::Process;
use crate::running::Running;

/// Cheap, and behind everything that authentication does: credentials, an action, a database.
const PATH: &str = "/api/v2/tenants/default_tenant/databases/default_database/collections_count";

/// Requests before the first round; the first of them pays for the hash.
const WARM_UP: usize = 200;

/// Measures both and writes `auth.json` and `auth.md`.
pub(crate) fn measure(options: &AuthOptions) -> Result<()> {
    let load_average = machine::load_average();
    let overhead = overhead(options)?;
    let guesses = guesses(options)?;
    let floods = floods(options)?;
    let document = json!({
        "command": format!(
            "bench/auth.sh --rounds {} --requests {} --guesses {} --seconds {} --rate {}",
            options.rounds, options.requests, options.guesses, options.seconds, options.rate
        ),
        "machine": machine::describe(&options.work),
        "load_average_before": load_average,
        "version": machine::output(&options.huedb.to_string_lossy(), &["version"]),
        "rounds": options.rounds,
        "requests": options.requests,
        "route": format!("GET {PATH}"),
        "overhead": overhead,
        "guesses": guesses,
        "wrong_logins": floods,
    });
    let text = report::markdown(&document);
    println!("{text}");
    fs::create_dir_all(&options.out)?;
    fs::write(options.out.join("auth.json"), serde_json::to_string_pretty(&document)? + "\n")?;
    fs::write(options.out.join("auth.md"), text)?;
    eprintln!("written: {0}/auth.json and {0}/auth.md", options.out.display());
    Ok(())
}

/// A server with one kept-alive connection of a user who is let in.
struct Lane {
    mode: Mode,
    server: Running,
    process: Process,
    connection: Connection,
    request: Vec<u8>,
    /// Microseconds a request, the median of each round.
    rounds: Vec<f64>,
}

impl Lane {
    fn open(mode: Mode, options: &AuthOptions) -> Result<Self> {
        let server = start(mode, mode.command(&options.huedb)?, options)?;
        let mut lane = Self {
            mode,
            process: server.target(&options.work).process,
            connection: Connection::open(&server.address)?,
            request: modes::get(PATH, &mode.header()),
            server,
            rounds: Vec::new(),
        };
        lane.requests(WARM_UP)?;
        Ok(lane)
    }

    /// Microseconds that each request took.
    fn requests(&mut self, count: usize) -> Result<Vec<f64>> {
        let mut times = Vec::with_capacity(count);
        for _ in 0..count {
            let begin = Instant::now();
            let answer = self.connection.send(&self.request)?;
            times.push(begin.elapsed().as_secs_f64() * 1e6);
            if answer.status != 200 {
                return Err(failure(self.mode.name(), &answer));
            }
        }
        Ok(times)
    }
}

/// All servers run at the same time and take turns, so that each meets the same machine.
fn overhead(options: &AuthOptions) -> Result<Vec<serde_json::Value>> {
    let mut lanes =
        Mode::ALL.into_iter().map(|mode| Lane::open(mode, options)).collect::<Result<Vec<_>>>()?;
    let cpu_before: Vec<_> = lanes.iter().map(|lane| lane.process.cpu()).collect();
    for round in 0..options.rounds {
        for turn in 0..lanes.len() {
            let index = (round + turn) % lanes.len();
            let lane = &mut lanes[index];
            // A server closes a connection that has waited too long for its turn.
            lane.connection = Connection::open(&lane.server.address)?;
            let times = lane.requests(options.requests)?;
            lane.rounds.push(median(times));
        }
    }
    let requests = (options.rounds * options.requests) as f64;
    let open = lanes[0].rounds.clone();
    let rows = lanes.iter().zip(cpu_before).map(|(lane, before)| {
        let cpu = lane.process.cpu().zip(before).map(|(after, before)| after.saturating_sub(before));
        let more = lane.rounds.iter().zip(&open).map(|(ours, open)| ours - open).collect();
        json!({
            "mode": lane.mode.name(),
            "request_us": median(lane.rounds.clone()),
            "more_than_none_us": median(more),
            "server_cpu_us": cpu.map(|cpu| cpu.as_secs_f64() * 1e6 / requests),
        })
    });
    Ok(rows.collect())
}

/// Heartbeats with no wrong logins, with those of one address and with those of several.
fn floods(options: &AuthOptions) -> Result<Vec<serde_json::Value>> {
    let mut rows = Vec::new();
    for mode in [Mode::Basic, Mode::Token] {
        for (sources, rate) in [(0, 0.0), (1, options.rate), (32, options.rate)] {
            let server = start(mode, mode.command(&options.huedb)?, options)?;
            let flood = Flood { mode, sources, rate, seconds: options.seconds };
            rows.push(flood.run(&server.address)?);
            server.stop()?;
        }
    }
    Ok(rows)
}

/// Refusals of users and of strangers, on a server that lets everybody guess on.
fn guesses(options: &AuthOptions) -> Result<Vec<serde_json::Value>> {
    let mut command = Mode::Basic.command(&options.huedb)?;
    command.env("HUEDB_AUTH_FAILURES_PER_MINUTE", "0");
    let server = start(Mode::Basic, command, options)?;
    let rows = guesses::measure(&server.address, options.guesses)?;
    server.stop()?;
    Ok(rows)
}

/// On an empty directory of its own.
fn start(mode: Mode, command: std::process::Command, options: &AuthOptions) -> Result<Running> {
    let directory = options.work.join(format!("auth-{}", mode.name().replace(' ', "-")));
    remove(&directory)?;
    fs::create_dir_all(&directory)?;
    Running::start(mode.name(), command, &directory, &options.work.join("auth.log"))
}

fn remove(directory: &Path) -> Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Of at least one number.
fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    f64::midpoint(numbers[(numbers.len() - 1) / 2], numbers[numbers.len() / 2])
}

#[cfg(test)]
mod tests;
