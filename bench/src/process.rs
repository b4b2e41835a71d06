//! What the operating system says about the server process: CPU time, resident memory, files.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Linux reports CPU time in hundredths of a second on every architecture it runs on today.
const TICKS_PER_SECOND: u64 = 100;

/// A server process and the directory it stores in; what is unknown is not reported.
#[derive(Clone, Debug, Default)]
pub(crate) struct Process {
    pub(crate) pid: Option<u32>,
    pub(crate) data: Option<PathBuf>,
}

impl Process {
    /// CPU time of all threads since the process started.
    pub(crate) fn cpu(&self) -> Option<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid?)).ok()?;
        parse_cpu_ticks(&stat).map(|ticks| Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND))
    }

    /// Resident set size now, in bytes.
    pub(crate) fn rss_bytes(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid?)).ok()?;
        parse_kilobytes(&status, "VmRSS:").map(|kilobytes| kilobytes * 1024)
    }

    /// Bytes that the data directory occupies on disk.
    pub(crate) fn disk_bytes(&self) -> Option<u64> {
        self.data.as_deref().map(occupied_bytes)
    }

    /// Waits until the server has been idle for half a second, so that work left over from one operation
    /// is not counted into the next. Returns how long that took, without the idle half second.
    pub(crate) fn settle(&self, limit: Duration) -> Duration {
        const STEP: Duration = Duration::from_millis(100);
        const IDLE_STEPS: u32 = 5;
        let start = Instant::now();
        let Some(mut before) = self.cpu() else { return Duration::ZERO };
        let mut idle_steps = 0;
        while idle_steps < IDLE_STEPS && start.elapsed() < limit {
            std::thread::sleep(STEP);
            let Some(after) = self.cpu() else { break };
            // One tick is the resolution of the clock: housekeeping threads cause it now and then.
            idle_steps =
                if after.saturating_sub(before) <= Duration::from_millis(10) { idle_steps + 1 } else { 0 };
            before = after;
        }
        start.elapsed().saturating_sub(STEP * IDLE_STEPS)
    }
}

/// User plus system ticks: fields 14 and 15. The command in field 2 may hold spaces and brackets.
fn parse_cpu_ticks(stat: &str) -> Option<u64> {
    let mut fields = stat[stat.rfind(')')? + 1..].split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn parse_kilobytes(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find(|line| line.starts_with(name))?;
    line[name.len()..].trim().trim_end_matches("kB").trim().parse().ok()
}

fn occupied_bytes(path: &Path) -> u64 {
    const BLOCK_BYTES: u64 = 512;
    let Ok(metadata) = fs::symlink_metadata(path) else { return 0 };
    if !metadata.is_dir() {
        return metadata.blocks() * BLOCK_BYTES;
    }
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    metadata.blocks() * BLOCK_BYTES + entries.map(|entry| occupied_bytes(&entry.path())).sum::<u64>()
}

#[cfg(test)]
mod tests;
