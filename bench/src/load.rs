//! Closed-loop load: a fixed number of connections, each sending its next request when the last is answered.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::Result;
use crate::api::failure;
use crate::http::Connection;
use crate::process::Process;

/// How long and how parallel.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) concurrency: usize,
    /// Stop after this time, whatever the count.
    pub(crate) time_max: Duration,
    /// Stop after so many requests, whatever the time.
    pub(crate) requests_max: u64,
}

/// What was seen during one operation.
#[derive(Default)]
pub(crate) struct Sample {
    /// Sorted, in milliseconds.
    pub(crate) latencies_ms: Vec<f64>,
    /// The time in which the requests ran, without the making of their bytes.
    pub(crate) elapsed: Duration,
    /// CPU time of the server, if its process is known.
    pub(crate) cpu: Option<Duration>,
}

impl Sample {
    pub(crate) fn requests_per_second(&self) -> f64 {
        self.latencies_ms.len() as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    pub(crate) fn cpu_ms_per_request(&self) -> Option<f64> {
        Some(self.cpu?.as_secs_f64() * 1e3 / self.latencies_ms.len().max(1) as f64)
    }

    /// The latency below which `share` of the requests stayed.
    pub(crate) fn percentile_ms(&self, share: f64) -> f64 {
        let last = self.latencies_ms.len().saturating_sub(1);
        self.latencies_ms.get((share * last as f64).round() as usize).copied().unwrap_or(f64::NAN)
    }
}

/// Runs `make(n, out)` requests for n = 0, 1, 2, ... on `plan.concurrency` connections. Any answer but
/// 200 and 201 ends the run with an error: a rate of failures is no rate.
pub(crate) fn run(
    address: &str,
    process: &Process,
    plan: Plan,
    make: impl Fn(u64, &mut Vec<u8>) + Sync,
) -> Result<Sample> {
    let next = AtomicU64::new(0);
    let totals = Mutex::new((Vec::new(), Duration::ZERO));
    let cpu_before = process.cpu();
    let start = Instant::now();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..plan.concurrency)
            .map(|_| {
                scope.spawn(|| -> Result<()> {
                    let (latencies, making) = worker(address, plan, start, &next, &make)?;
                    let mut totals = totals.lock().map_err(|_| "a load thread panicked")?;
                    totals.0.extend(latencies);
                    totals.1 += making;
                    Ok(())
                })
            })
            .collect();
        workers.into_iter().try_for_each(|worker| worker.join().map_err(|_| "a load thread panicked")?)
    })?;
    let wall = start.elapsed();
    let cpu = process.cpu().zip(cpu_before).map(|(after, before)| after.saturating_sub(before));
    let (mut latencies_ms, making) = totals.into_inner().map_err(|_| "a load thread panicked")?;
    latencies_ms.sort_by(f64::total_cmp);
    let elapsed = wall.saturating_sub(making / plan.concurrency as u32);
    Ok(Sample { latencies_ms, elapsed, cpu })
}

/// Returns the latencies of one connection and the time it spent on making request bytes.
fn worker(
    address: &str,
    plan: Plan,
    start: Instant,
    next: &AtomicU64,
    make: &(impl Fn(u64, &mut Vec<u8>) + Sync),
) -> Result<(Vec<f64>, Duration)> {
    let mut connection = Connection::open(address)?;
    let (mut latencies, mut making) = (Vec::new(), Duration::ZERO);
    let mut request = Vec::new();
    while start.elapsed() < plan.time_max {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= plan.requests_max {
            break;
        }
        let before = Instant::now();
        request.clear();
        make(number, &mut request);
        let sent = Instant::now();
        let answer = connection.send(&request)?;
        latencies.push(sent.elapsed().as_secs_f64() * 1e3);
        making += sent - before;
        if answer.status != 200 && answer.status != 201 {
            return Err(failure("a request", &answer));
        }
    }
    Ok((latencies, making))
}

#[cfg(test)]
mod tests;
