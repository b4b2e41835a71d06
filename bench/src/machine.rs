//! The machine and the moment, so that a figure can be judged later.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

/// Processor, cores, memory, kernel, file system and date.
pub(crate) fn describe(work: &Path) -> Value {
    json!({
        "processor": proc_field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned()),
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "memory_gib": memory_gib(),
        "kernel": output("uname", &["-sr"]),
        "file_system": output("df", &["--output=fstype", &work.to_string_lossy()]).replace("Type\n", ""),
        "date": output("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
        "commit": output("git", &["rev-parse", "--short", "HEAD"]),
    })
}

/// Processes that want the processor, averaged over a minute: above zero, something else was running.
pub(crate) fn load_average() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

fn proc_field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn memory_gib() -> f64 {
    let kilobytes: f64 = proc_field("/proc/meminfo", "MemTotal")
        .and_then(|text| text.trim_end_matches("kB").trim().parse().ok())
        .unwrap_or(0.0);
    (kilobytes / 1024.0 / 1024.0 * 10.0).round() / 10.0
}

/// What a command prints, or `unknown`: a missing tool must not end a benchmark of an hour.
pub(crate) fn output(program: &str, arguments: &[&str]) -> String {
    Command::new(program).args(arguments).output().ok().filter(|output| output.status.success()).map_or_else(
        || "unknown".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}
