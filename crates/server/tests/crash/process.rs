//! The server as a process.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::http::Request;

const START_MAX: Duration = Duration::from_mins(1);
const STOP_MAX: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(2);

/// Small enough that the writes of a test are flushed to segments and the segments are merged many times.
const MEMTABLE_BYTES: &str = "262144";

/// A directory for data and a log beside it, both gone at the end.
pub(crate) struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Result<Self, String> {
        let directory = tempfile::tempdir().map_err(|error| format!("no temporary directory: {error}"))?;
        Ok(Self { directory })
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// The segment files in the data directory, smallest first.
    pub(crate) fn segments(&self) -> Vec<PathBuf> {
        let mut segments = Vec::new();
        push_segments(&self.data(), &mut segments);
        segments.sort();
        segments.into_iter().map(|(_, path)| path).collect()
    }

    fn log_path(&self) -> PathBuf {
        self.directory.path().join("server.log")
    }

    /// Adds the end of the server's log to an error.
    pub(crate) fn explain(&self, error: &str) -> String {
        let log = self.log();
        // A line can hold a whole backtrace.
        let lines: Vec<String> = log.lines().map(|line| line.chars().take(400).collect()).collect();
        let tail = &lines[lines.len().saturating_sub(30)..];
        format!("{error}\n--- end of the server's log\n{}", tail.join("\n"))
    }

    /// The first line of the log that speaks of a panic.
    pub(crate) fn panic(&self) -> Option<String> {
        let log = self.log();
        log.lines().find(|line| line.contains("panic")).map(str::to_owned)
    }
}

fn push_segments(directory: &Path, segments: &mut Vec<(u64, PathBuf)>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            push_segments(&path, segments);
        } else if path.extension().is_some_and(|extension| extension == "seg") {
            segments.push((entry.metadata().map_or(0, |metadata| metadata.len()), path));
        }
    }
}

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Mutex<Child>,
    killed: AtomicBool,
    /// `host:port`.
    pub(crate) address: String,
}

impl Server {
    /// Starts the server and waits until it answers.
    pub(crate) fn start(place: &Place) -> Result<Self, String> {
        let server = Self::spawn(place)?;
        let begin = Instant::now();
        while !server.is_ready() {
            if let Some(status) = server.status()? {
                return Err(place.explain(&format!("the server ended at its start: {status}")));
            }
            if begin.elapsed() > START_MAX {
                return Err(place.explain("the server does not answer"));
            }
            sleep(POLL);
        }
        Ok(server)
    }

    /// Starts the server and does not wait.
    pub(crate) fn spawn(place: &Place) -> Result<Self, String> {
        let describe = |error: std::io::Error| format!("cannot start the server: {error}");
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .map_err(describe)?
            .port();
        let log = File::options().create(true).append(true).open(place.log_path()).map_err(describe)?;
        let child = command(&place.data(), port)
            .stdout(log.try_clone().map_err(describe)?)
            .stderr(log)
            .spawn()
            .map_err(describe)?;
        let address = format!("127.0.0.1:{port}");
        Ok(Self { child: Mutex::new(child), killed: AtomicBool::new(false), address })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child().id()
    }

    /// SIGKILL: the process gets no chance to write anything.
    pub(crate) fn kill(&self) {
        self.killed.store(true, Ordering::SeqCst);
        // It fails only if the process has ended already.
        let _killed = self.child().kill();
        let _reaped = self.child().wait();
    }

    /// Whether it was this test that ended the server.
    pub(crate) fn was_killed(&self) -> bool {
        self.killed.load(Ordering::SeqCst)
    }

    /// Sends SIGTERM and waits for the end.
    pub(crate) fn terminate(&self) -> Result<ExitStatus, String> {
        // The standard library can only kill; every shell has `kill` built in.
        Command::new("sh")
            .args(["-c", &format!("kill -TERM {}", self.pid())])
            .status()
            .map_err(|error| format!("cannot run kill: {error}"))?;
        let begin = Instant::now();
        while begin.elapsed() < STOP_MAX {
            if let Some(status) = self.status()? {
                return Ok(status);
            }
            sleep(POLL);
        }
        Err("the server does not end after SIGTERM".to_owned())
    }

    fn status(&self) -> Result<Option<ExitStatus>, String> {
        self.child().try_wait().map_err(|error| format!("cannot ask for the server's status: {error}"))
    }

    fn is_ready(&self) -> bool {
        Request::get("/api/v2/heartbeat").send(&self.address).is_ok_and(|answer| answer.status == 200)
    }

    fn child(&self) -> MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// `huedb run` on the directory, with nothing of the environment that could change its options.
pub(crate) fn command(data: &Path, port: u16) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_huedb"));
    command
        .arg("run")
        .arg("--path")
        .arg(data)
        .args(["--host", "127.0.0.1", "--port", &port.to_string()])
        .env_clear()
        .env("HUEDB_MEMTABLE_BYTES", MEMTABLE_BYTES)
        .stdin(Stdio::null());
    command
}
