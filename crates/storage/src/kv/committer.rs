//! Group commit: many batches, one sync.
//!
//! A sync costs the same for one byte as for a megabyte, so the committer's thread takes everything
//! that waits, merges it in the order of submission into one atomic write, syncs once and answers all.
//! While that sync runs, the next group gathers.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use huedb_types::{DurationCounts, Durations};
use parking_lot::{Condvar, Mutex};
use tokio::sync::oneshot;

use crate::wait::block_on;

use super::{Durability, Kv, KvError, WriteBatch};

/// Limits of a [`Committer`].
#[derive(Clone, Debug)]
pub struct CommitterOptions {
    /// Most batches that wait for the next group.
    pub batches_max: usize,
    /// Most bytes of keys and values that wait for the next group, and so the size of a group. Memory
    /// holds one group being written and one that gathers. A larger batch is taken when nothing waits.
    pub bytes_max: usize,
    /// How long [`Committer::submit`] waits for room before it answers [`KvError::Busy`].
    pub submit_timeout: Duration,
}

impl Default for CommitterOptions {
    fn default() -> Self {
        // 64 MiB take a fraction of a second on any disk that is fit for a database, so a queue that
        // stays full for ten seconds means a disk in trouble, not a burst.
        Self { batches_max: 1024, bytes_max: 64 << 20, submit_timeout: Duration::from_secs(10) }
    }
}

/// One thread that writes all batches of one [`Kv`], in the order of submission.
///
/// After a failed write it takes nothing more: what is on disk is not known, and a later write could
/// depend on what was lost. Dropping the committer closes it.
#[derive(Debug)]
pub struct Committer {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Counts since the committer started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CommitterStats {
    /// How long writing and syncing each group took.
    pub syncs: DurationCounts,
    /// Batches in these groups.
    pub batches: u64,
    /// Bytes of keys and values in these groups.
    pub bytes: u64,
}

#[derive(Debug)]
struct Shared {
    options: CommitterOptions,
    queue: Mutex<Queue>,
    /// A batch came, or the queue was closed.
    filled: Condvar,
    /// Room came, or the queue takes no more.
    emptied: Condvar,
    syncs: Durations,
    batches: AtomicU64,
    bytes: AtomicU64,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<Waiting>,
    bytes: usize,
    is_closed: bool,
    is_poisoned: bool,
}

struct Waiting {
    batch: WriteBatch,
    on_commit: Box<dyn FnOnce() + Send>,
    answer: oneshot::Sender<Result<(), KvError>>,
}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Waiting").field("batch", &self.batch).finish_non_exhaustive()
    }
}

impl Committer {
    /// Starts the thread. Nothing else may write to `kv` while the committer lives.
    ///
    /// # Panics
    /// If the system has no thread to give.
    pub fn start(kv: Arc<dyn Kv>, options: CommitterOptions) -> Committer {
        let shared = Arc::new(Shared {
            options,
            queue: Mutex::default(),
            filled: Condvar::new(),
            emptied: Condvar::new(),
            syncs: Durations::default(),
            batches: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        });
        let worker = Arc::clone(&shared);
        let builder = std::thread::Builder::new().name("committer".to_owned());
        #[expect(clippy::expect_used, reason = "a server that cannot start a thread cannot start")]
        let thread = builder.spawn(move || worker.run(&*kv)).expect("the system has a thread to give");
        Committer { shared, thread: Mutex::new(Some(thread)) }
    }

    /// Queues `batch` and returns the ticket of its commit. The order of calls is the order on disk.
    ///
    /// Blocks while the queue is full, at most [`CommitterOptions::submit_timeout`].
    ///
    /// # Errors
    /// [`KvError::Busy`] if the queue stayed full, [`KvError::Closed`], [`KvError::Poisoned`],
    /// [`KvError::InvalidKey`], [`KvError::ValueTooLarge`]; the batch is not written then.
    pub fn submit(&self, batch: WriteBatch) -> Result<CommitTicket, KvError> {
        self.submit_then(batch, || {})
    }

    /// As [`Committer::submit`]; once `batch` is durable, `on_commit` runs on the committer's thread.
    ///
    /// It runs before the ticket resolves and after the ones of earlier batches, whether or not the
    /// ticket is kept, so what it publishes is durable and published in order. It must be quick.
    ///
    /// # Errors
    /// As [`Committer::submit`]; `on_commit` does not run then, nor when the write fails.
    pub fn submit_then(
        &self,
        batch: WriteBatch,
        on_commit: impl FnOnce() + Send + 'static,
    ) -> Result<CommitTicket, KvError> {
        // One bad batch would fail the whole group it is merged into.
        batch.check()?;
        let shared = &*self.shared;
        let mut deadline = None;
        let mut queue = shared.queue.lock();
        loop {
            if queue.is_poisoned {
                return Err(KvError::Poisoned);
            }
            if queue.is_closed {
                return Err(KvError::Closed);
            }
            if queue.has_room(&shared.options, batch.bytes()) {
                break;
            }
            let deadline = *deadline.get_or_insert_with(|| Instant::now() + shared.options.submit_timeout);
            if shared.emptied.wait_until(&mut queue, deadline).timed_out() {
                return Err(KvError::Busy);
            }
        }
        let (answer, receiver) = oneshot::channel();
        queue.bytes += batch.bytes();
        queue.waiting.push(Waiting { batch, on_commit: Box::new(on_commit), answer });
        shared.filled.notify_one();
        Ok(CommitTicket { receiver })
    }

    /// Takes no more batches, commits those that wait and stops the thread. Closing twice is no error.
    ///
    /// The store stays open.
    pub fn close(&self) {
        self.shared.queue.lock().is_closed = true;
        self.shared.filled.notify_one();
        self.shared.emptied.notify_all();
        if let Some(thread) = self.thread.lock().take() {
            // A panic of the thread has answered all its tickets with `Poisoned` already.
            let _ = thread.join();
        }
    }

    /// Counts since the start.
    pub fn stats(&self) -> CommitterStats {
        let shared = &*self.shared;
        CommitterStats {
            syncs: shared.syncs.counts(),
            batches: shared.batches.load(Ordering::Relaxed),
            bytes: shared.bytes.load(Ordering::Relaxed),
        }
    }

    /// Whether a write has failed and nothing is taken any more.
    pub fn is_poisoned(&self) -> bool {
        self.shared.queue.lock().is_poisoned
    }

    /// Count of batches that wait for the next group.
    pub fn waiting(&self) -> usize {
        self.shared.queue.lock().waiting.len()
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.close();
    }
}

impl Queue {
    fn has_room(&self, options: &CommitterOptions, bytes: usize) -> bool {
        self.waiting.is_empty()
            || (self.waiting.len() < options.batches_max
                && self.bytes.saturating_add(bytes) <= options.bytes_max)
    }
}

impl Shared {
    fn run(&self, kv: &dyn Kv) {
        // Also taken when the store panics: submitters must not wait for a thread that is gone.
        let poison = PoisonOnDrop(self);
        while let Some(group) = self.next_group() {
            if !self.commit(kv, group) {
                return;
            }
        }
        std::mem::forget(poison);
    }

    /// Everything that waits, or `None` when the queue is closed and empty.
    fn next_group(&self) -> Option<Vec<Waiting>> {
        let mut queue = self.queue.lock();
        while queue.waiting.is_empty() {
            if queue.is_closed {
                return None;
            }
            self.filled.wait(&mut queue);
        }
        queue.bytes = 0;
        let group = std::mem::take(&mut queue.waiting);
        drop(queue);
        self.emptied.notify_all();
        Some(group)
    }

    /// Writes `group` and answers its tickets; returns whether the committer may go on.
    fn commit(&self, kv: &dyn Kv, group: Vec<Waiting>) -> bool {
        let mut merged = WriteBatch::new();
        let mut answers = Vec::with_capacity(group.len());
        let mut hooks = Vec::with_capacity(group.len());
        for Waiting { batch, on_commit, answer } in group {
            merged.append(batch);
            hooks.push(on_commit);
            answers.push(answer);
        }
        let bytes = merged.bytes() as u64;
        let started = Instant::now();
        let result = kv.write(merged, Durability::Synced);
        if result.is_ok() {
            self.syncs.observe(started.elapsed());
            self.batches.fetch_add(answers.len() as u64, Ordering::Relaxed);
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
            for on_commit in hooks {
                on_commit();
            }
        } else {
            // Before the answers: whoever learns of the failure finds the committer poisoned.
            self.poison();
        }
        for answer in answers {
            // A submitter that gave up waiting is no reason to stop.
            let _ = answer.send(result.clone());
        }
        result.is_ok()
    }

    fn poison(&self) {
        let mut queue = self.queue.lock();
        queue.is_poisoned = true;
        queue.bytes = 0;
        let abandoned = std::mem::take(&mut queue.waiting);
        drop(queue);
        for Waiting { answer, .. } in abandoned {
            let _ = answer.send(Err(KvError::Poisoned));
        }
        self.emptied.notify_all();
    }
}

struct PoisonOnDrop<'a>(&'a Shared);

impl Drop for PoisonOnDrop<'_> {
    fn drop(&mut self) {
        self.0.poison();
    }
}

/// The pending commit of one batch: await it, or [`CommitTicket::wait`] for it.
///
/// When a ticket resolves to `Ok`, its batch and every batch submitted before it are durable and
/// visible. Dropping a ticket does not take its batch back.
#[derive(Debug)]
pub struct CommitTicket {
    receiver: oneshot::Receiver<Result<(), KvError>>,
}

impl CommitTicket {
    /// Blocks until the batch is durable.
    ///
    /// # Errors
    /// The error of the group's write, or [`KvError::Poisoned`] if an earlier group failed.
    pub fn wait(self) -> Result<(), KvError> {
        block_on(self)
    }
}

impl Future for CommitTicket {
    type Output = Result<(), KvError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.receiver).poll(context).map(|answer| answer.unwrap_or(Err(KvError::Poisoned)))
    }
}
