//! The image, where there is one and a Docker Engine to run it.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{IDLE, quartiles};
use crate::Result;
use crate::api;
use crate::http::Connection;
use crate::process::Process;
use crate::report::milliseconds;

const START_MAX: Duration = Duration::from_mins(1);

/// Size, start to the first answer, and memory at rest; nothing where Docker or the image is missing.
pub(super) fn measure(image: &str, starts: usize) -> Result<Option<Value>> {
    let Some(size) = docker(&["image", "inspect", "--format", "{{.Size}}", image]).ok() else {
        return Ok(None);
    };
    let label = "{{index .Config.Labels \"org.opencontainers.image.revision\"}}";
    let (mut times, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..starts {
        let begin = Instant::now();
        let container = Container(docker(&["run", "-d", "-p", "127.0.0.1::8000", image])?);
        let address = docker(&["port", &container.0, "8000/tcp"])?;
        while !is_ready(&address) {
            if begin.elapsed() > START_MAX {
                return Err(format!("a container of {image} does not answer").into());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        times.push(milliseconds(begin.elapsed()));
        std::thread::sleep(IDLE);
        let pid = docker(&["inspect", "--format", "{{.State.Pid}}", &container.0])?.parse()?;
        let process = Process { pid: Some(pid), data: None };
        memory.extend(process.rss_bytes().map(|bytes| bytes as f64));
    }
    let [_, start_ms, _] = quartiles(times);
    let rss_bytes = (!memory.is_empty()).then(|| quartiles(memory)[1]);
    Ok(Some(json!({
        "image": image,
        "revision": docker(&["image", "inspect", "--format", label, image])?,
        "bytes": size.parse::<u64>()?,
        "start_ms": start_ms,
        "idle_rss_bytes": rss_bytes,
    })))
}

/// Removed when this value goes away, however the benchmark ends.
struct Container(String);

impl Drop for Container {
    fn drop(&mut self) {
        let _removed = docker(&["rm", "-f", "-v", &self.0]);
    }
}

fn is_ready(address: &str) -> bool {
    Connection::open(address)
        .and_then(|mut connection| api::call(&mut connection, "GET", "/api/v2/heartbeat", b""))
        .is_ok_and(|answer| answer.status == 200)
}

/// What a docker command prints.
fn docker(arguments: &[&str]) -> Result<String> {
    let output = Command::new("docker").args(arguments).output()?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        return Err(format!("docker {}: {}", arguments.join(" "), reason.trim()).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
