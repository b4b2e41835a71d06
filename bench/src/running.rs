//! Starting and stopping a server that is measured.

use std::fs::File;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Result;
use crate::api;
use crate::http::Connection;
use crate::process::Process;
use crate::report;
use crate::workload::Target;

const START_MAX: Duration = Duration::from_mins(2);
const STOP_MAX: Duration = Duration::from_mins(1);

/// A server process that is stopped when this value goes away, however the benchmark ends.
pub(crate) struct Running {
    child: Child,
    /// `host:port`.
    pub(crate) address: String,
    pub(crate) start_ms: f64,
}

impl Running {
    /// Runs `command` with `run --path DIR --host 127.0.0.1 --port PORT` and waits until it answers.
    pub(crate) fn start(name: &str, mut command: Command, directory: &Path, log: &Path) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let output = File::options().create(true).append(true).open(log)?;
        let begin = Instant::now();
        let child = command
            .arg("run")
            .arg("--path")
            .arg(directory)
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", command.get_program().display()))?;
        let mut running = Self { child, address: format!("127.0.0.1:{port}"), start_ms: 0.0 };
        while !running.is_ready() {
            if let Some(status) = running.child.try_wait()? {
                return Err(format!("{name} ended: {status}; see {}", log.display()).into());
            }
            if begin.elapsed() > START_MAX {
                return Err(format!("{name} does not answer; see {}", log.display()).into());
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

    pub(crate) fn target(&self, directory: &Path) -> Target {
        let process = Process { pid: Some(self.child.id()), data: Some(directory.to_owned()) };
        Target { address: self.address.clone(), process }
    }

    /// Asks the server to end with SIGTERM and waits. Returns how long that took, in milliseconds.
    pub(crate) fn stop(mut self) -> Result<f64> {
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
