//! Starting and ending the binary.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use tempfile::TempDir;

/// Longer than any machine needs; beyond it something hangs.
const PATIENCE: Duration = Duration::from_mins(1);

/// The binary with an empty environment.
pub(crate) fn huedb(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_huedb"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

/// What a process that has ended left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) output: String,
    pub(crate) errors: String,
}

/// Runs a command to its end in a directory of its own.
pub(crate) fn run(command: &mut Command) -> Ended {
    let directory = tempfile::tempdir().unwrap();
    let output = command.current_dir(directory.path()).output().unwrap();
    Ended {
        code: output.status.code(),
        output: String::from_utf8(output.stdout).unwrap(),
        errors: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A directory that servers work in, one after another.
pub(crate) struct Place {
    directory: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    fn log(&self) -> PathBuf {
        self.path().join("log")
    }

    /// Starts a server on a free port and waits until it serves.
    pub(crate) fn start(&self, arguments: &[&str]) -> Server {
        self.start_with(huedb(&["run", "--port", "0"]).args(arguments))
    }

    pub(crate) fn start_with(&self, command: &mut Command) -> Server {
        let log = fs::File::options().create(true).append(true).open(self.log()).unwrap();
        let mut child = command.current_dir(self.path()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut server = Server {
            child: Some(child),
            output,
            text: String::new(),
            address: String::new(),
            log: self.log(),
        };
        server.read_start_text();
        server
    }
}

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Option<Child>,
    output: BufReader<ChildStdout>,
    log: PathBuf,
    /// What it has printed so far.
    pub(crate) text: String,
    /// `host:port`.
    pub(crate) address: String,
}

impl Server {
    fn read_start_text(&mut self) {
        while self.address.is_empty() {
            let length = self.output.read_line(&mut self.text).unwrap();
            let log = || fs::read_to_string(&self.log).unwrap();
            assert!(length > 0, "it ended at its start: {}{}", self.text, log());
            self.address =
                self.text.split_once("://").map(|(_, rest)| rest.trim().to_owned()).unwrap_or_default();
        }
        self.output.read_line(&mut self.text).unwrap();
    }

    /// Waits until it has logged a line with `part` in it, `times` times since the directory is there.
    #[allow(dead_code, reason = "other tests share this file")]
    pub(crate) fn wait_for_log(&self, part: &str, times: usize) {
        let deadline = std::time::Instant::now() + PATIENCE;
        loop {
            let log = fs::read_to_string(&self.log).unwrap();
            if log.lines().filter(|line| line.contains(part)).count() >= times {
                return;
            }
            assert!(std::time::Instant::now() < deadline, "`{part}` is not logged {times} times: {log}");
            thread::yield_now();
        }
    }

    #[allow(dead_code, reason = "used by the test of limits, which shares this file")]
    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Its data stays open until this returns.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = rustix::process::Pid::from_child(self.child.as_ref().unwrap());
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Waits for its end and returns what it had printed and logged.
    pub(crate) fn wait(mut self) -> Ended {
        let mut child = self.child.take().unwrap();
        let (sender, ended) = mpsc::channel::<ExitStatus>();
        thread::spawn(move || {
            let status = child.wait().unwrap();
            // Nobody listens any more when the patience has run out.
            let _ = sender.send(status);
        });
        let status = ended.recv_timeout(PATIENCE).expect("the server does not end");
        while self.output.read_line(&mut self.text).unwrap() > 0 {}
        let errors = fs::read_to_string(&self.log).unwrap();
        Ended { code: status.code(), output: self.text.clone(), errors }
    }
}

pub(crate) use rustix::process::Signal;

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It fails only if the process has ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
