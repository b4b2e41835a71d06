//! Wrong logins at a fixed rate, whatever the server says, and heartbeats beside them.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rustix::net::{AddressFamily, SocketType, bind, connect, socket};
use serde_json::{Value, json};

use super::modes::{self, Mode};
use crate::Result;
use crate::http::Connection;
use crate::load::Sample;

/// Connections that share the wrong logins. A login that waits for its answer must not hold up the next,
/// and the server checks at most 64 passwords at a time.
const CONNECTIONS: u64 = 160;

const HEARTBEATS_PER_SECOND: f64 = 200.0;

/// One measurement.
pub(crate) struct Flood {
    pub(crate) mode: Mode,
    /// Addresses that the logins come from.
    pub(crate) sources: u64,
    /// Logins a second.
    pub(crate) rate: f64,
    pub(crate) seconds: f64,
}

#[derive(Default)]
struct Seen {
    statuses: BTreeMap<u16, u64>,
    /// From the moment at which each should have been sent.
    latencies_ms: Vec<f64>,
}

impl Flood {
    pub(crate) fn run(&self, address: &str) -> Result<Value> {
        let (next, seen) = (AtomicU64::new(0), Mutex::new(Seen::default()));
        let begin = Instant::now();
        let heartbeats = std::thread::scope(|scope| {
            let attackers: Vec<_> = (0..if self.sources == 0 { 0 } else { CONNECTIONS })
                .map(|number| {
                    let (next, seen) = (&next, &seen);
                    scope.spawn(move || self.attack(number, address, begin, next, seen))
                })
                .collect();
            let heartbeats = self.heartbeats(address, begin);
            for attacker in attackers {
                attacker.join().map_err(|_| "a login thread panicked")??;
            }
            heartbeats
        })?;
        let seconds = begin.elapsed().as_secs_f64();
        let seen = seen.into_inner().map_err(|_| "a login thread panicked")?;
        let (count, logins) = (seen.latencies_ms.len(), sample(seen.latencies_ms));
        let statuses: serde_json::Map<String, Value> =
            seen.statuses.into_iter().map(|(status, count)| (status.to_string(), json!(count))).collect();
        Ok(json!({
            "mode": self.mode.name(),
            "sources": self.sources,
            "logins_per_second": count as f64 / seconds,
            "login_p50_ms": logins.percentile_ms(0.5),
            "login_p99_ms": logins.percentile_ms(0.99),
            "login_statuses": statuses,
            "heartbeats": heartbeats.latencies_ms.len(),
            "heartbeat_p50_ms": heartbeats.percentile_ms(0.5),
            "heartbeat_p99_ms": heartbeats.percentile_ms(0.99),
            "heartbeat_max_ms": heartbeats.percentile_ms(1.0),
        }))
    }

    /// Sends every login whose turn has come and that no other connection has taken.
    fn attack(
        &self,
        number: u64,
        address: &str,
        begin: Instant,
        next: &AtomicU64,
        seen: &Mutex<Seen>,
    ) -> Result<()> {
        let source = number % self.sources + 1;
        let mut connection = connect_from(source, address)?;
        let total = (self.rate * self.seconds) as u64;
        loop {
            let turn = next.fetch_add(1, Ordering::Relaxed);
            if turn >= total {
                return Ok(());
            }
            let due = wait_for(begin, turn as f64 / self.rate);
            let request = modes::get("/api/v2/auth/identity", &self.mode.wrong_header(turn));
            let answer = if let Ok(answer) = connection.send(&request) {
                answer
            } else {
                // A server may close a connection on somebody who is refused.
                connection = connect_from(source, address)?;
                connection.send(&request)?
            };
            if answer.status == 200 {
                return Err("a wrong login was let in".into());
            }
            let mut seen = seen.lock().map_err(|_| "a login thread panicked")?;
            *seen.statuses.entry(answer.status).or_default() += 1;
            seen.latencies_ms.push(due.elapsed().as_secs_f64() * 1e3);
        }
    }

    fn heartbeats(&self, address: &str, begin: Instant) -> Result<Sample> {
        let mut connection = Connection::open(address)?;
        let request = modes::get("/api/v2/heartbeat", "");
        let mut latencies_ms = Vec::new();
        for turn in 0..(self.seconds * HEARTBEATS_PER_SECOND) as u64 {
            let due = wait_for(begin, turn as f64 / HEARTBEATS_PER_SECOND);
            let answer = connection.send(&request)?;
            latencies_ms.push(due.elapsed().as_secs_f64() * 1e3);
            if answer.status != 200 {
                return Err(crate::api::failure("a heartbeat", &answer));
            }
        }
        Ok(sample(latencies_ms))
    }
}

/// Waits for the moment `seconds` after `begin` and returns it, even if it is long past.
fn wait_for(begin: Instant, seconds: f64) -> Instant {
    let due = begin + Duration::from_secs_f64(seconds);
    std::thread::sleep(due.saturating_duration_since(Instant::now()));
    due
}

fn sample(mut latencies_ms: Vec<f64>) -> Sample {
    latencies_ms.sort_by(f64::total_cmp);
    Sample { latencies_ms, ..Sample::default() }
}

/// A connection from `127.0.1.NUMBER`.
pub(super) fn connect_from(number: u64, address: &str) -> Result<Connection> {
    let source = Ipv4Addr::new(127, 0, 1, u8::try_from(number)?);
    let target: SocketAddr = address.parse()?;
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None)?;
    bind(&socket, &SocketAddrV4::new(source, 0))?;
    connect(&socket, &target).map_err(|error| format!("cannot connect from {source}: {error}"))?;
    Connection::over(TcpStream::from(socket))
}
