//! The audit log: who did what to which collection, from where, with what result. One line of JSON a
//! request, in a file of its own; never a document, an embedding, metadata or a secret.
//!
//! Requests never wait for the disk: lines go through a bounded queue to one thread. What does not fit
//! is counted, and the count is written as a line once there is room.

mod file;
mod place;

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel},
    },
    thread::JoinHandle,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::Serialize;

use self::file::AuditFile;
pub(crate) use self::place::Place;
use crate::{calendar::Moment, reload::Reload};

/// Lines that wait for the disk; about 2 MB.
const LINES_WAITING_MAX: usize = 8192;

/// Where the log is, and how much of it is kept.
#[derive(Clone, Debug)]
pub(crate) struct AuditSettings {
    pub(crate) path: PathBuf,
    /// A file that would grow beyond it is put aside and a new one begun.
    pub(crate) file_bytes_max: u64,
    /// Files that are kept, the current one included.
    pub(crate) files_max: u64,
}

/// One request.
#[derive(Debug, Serialize)]
pub(crate) struct Entry<'a> {
    pub(crate) request_id: &'a str,
    /// The user; none where nobody was authenticated.
    pub(crate) user: Option<&'a str>,
    /// The address that the connection came from.
    pub(crate) source: Option<std::net::IpAddr>,
    pub(crate) action: &'a str,
    #[serde(flatten)]
    pub(crate) place: Place,
    /// Records that were changed, deleted or given out.
    pub(crate) records: Option<u64>,
    pub(crate) status: u16,
    pub(crate) outcome: Outcome,
    pub(crate) took_us: u64,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    Done,
    /// No credentials, wrong ones, or ones that do not allow it; also where the client hears that what it
    /// named is not there.
    Denied,
    /// Too much at a time.
    Limited,
    /// The request was wrong.
    Refused,
    /// The server could not do it.
    Failed,
}

impl Outcome {
    pub(crate) fn of_status(status: u16) -> Self {
        match status {
            401 | 403 => Self::Denied,
            429 => Self::Limited,
            400..500 => Self::Refused,
            500.. => Self::Failed,
            _ => Self::Done,
        }
    }
}

/// The log. Its thread ends with it, after the last line is written.
pub(crate) struct Audit {
    messages: SyncSender<Message>,
    lost: Arc<AtomicU64>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

enum Message {
    Line(Vec<u8>),
    /// Somebody has moved the file away.
    Reopen,
    Stop,
}

impl Audit {
    /// Opens the file and starts the thread.
    ///
    /// # Errors
    /// A sentence for the person who started the server.
    pub(crate) fn start(settings: &AuditSettings) -> Result<Self, String> {
        let failed = |error| format!("cannot write the audit log {}: {error}", settings.path.display());
        let file = AuditFile::open(settings).map_err(failed)?;
        let (messages, received) = sync_channel(LINES_WAITING_MAX);
        let lost = Arc::new(AtomicU64::new(0));
        let writer = Writer { file, lost: Arc::clone(&lost), is_failing: false };
        let thread = std::thread::Builder::new().name("audit".to_owned());
        let thread = thread.spawn(move || writer.run(&received)).map_err(failed)?;
        Ok(Self { messages, lost, thread: Mutex::new(Some(thread)) })
    }

    /// Hands one request to the writer. Never waits.
    pub(crate) fn record(&self, entry: &Entry<'_>) {
        let line = line(now(), entry);
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) =
            self.messages.try_send(Message::Line(line))
        {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Writes what waits and ends the thread. Later entries are lost.
    pub(crate) fn stop(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(thread) = thread else { return };
        // It fails only if the thread has ended already.
        let _ = self.messages.send(Message::Stop);
        let _ = thread.join();
    }
}

impl Reload for Audit {
    fn name(&self) -> &'static str {
        "audit log"
    }

    /// Rotation from outside ends with SIGHUP; by itself the file is not watched.
    fn files(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    fn reload(&self) -> Result<String, String> {
        let asked = self.messages.send(Message::Reopen).map_err(|_| "its thread has ended".to_owned());
        asked.map(|()| "opened anew".to_owned())
    }
}

/// The entry with its time, as a line.
fn line(now: Duration, entry: &Entry<'_>) -> Vec<u8> {
    #[derive(Serialize)]
    struct Line<'a> {
        time: String,
        #[serde(flatten)]
        entry: &'a Entry<'a>,
    }
    let time = moment(now);
    let mut line = serde_json::to_vec(&Line { time, entry }).unwrap_or_default();
    line.push(b'\n');
    line
}

/// `2026-11-24T21:55:22.123Z`.
fn moment(since_1970: Duration) -> String {
    let mut text = Moment::at(since_1970.as_secs() as i64).to_string();
    text.truncate(text.len() - 1);
    format!("{text}.{:03}Z", since_1970.subsec_millis())
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

struct Writer {
    file: AuditFile,
    lost: Arc<AtomicU64>,
    /// Whether the last line could not be written, so that the log says it once.
    is_failing: bool,
}

impl Writer {
    fn run(mut self, messages: &Receiver<Message>) {
        loop {
            let message = match messages.try_recv() {
                Ok(message) => message,
                Err(TryRecvError::Disconnected) => break,
                Err(TryRecvError::Empty) => {
                    // Whatever was written is readable before the thread sleeps.
                    let flushed = self.file.flush();
                    self.note(&flushed, 0);
                    match messages.recv() {
                        Ok(message) => message,
                        Err(_) => break,
                    }
                }
            };
            match message {
                Message::Line(line) => self.write(&line),
                Message::Reopen => {
                    let reopened = self.file.reopen();
                    self.note(&reopened, 0);
                }
                Message::Stop => break,
            }
        }
        let flushed = self.file.flush();
        self.note(&flushed, 0);
    }

    fn write(&mut self, line: &[u8]) {
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let line = format!("{{\"time\":\"{}\",\"lost\":{lost}}}\n", moment(now()));
            let written = self.file.write(line.as_bytes());
            self.note(&written, lost);
        }
        let written = self.file.write(line);
        self.note(&written, 1);
    }

    /// `lines` are lost if the operation failed.
    fn note(&mut self, result: &std::io::Result<()>, lines: u64) {
        if let Err(error) = result {
            self.lost.fetch_add(lines, Ordering::Relaxed);
            if !self.is_failing {
                tracing::error!(%error, "cannot write the audit log; requests are served without it");
            }
        }
        self.is_failing = result.is_err();
    }
}

#[cfg(test)]
mod tests;
