//! What a handler is given: the settings it may read, and the pool that runs its work. The engine is not
//! among it: that is only reached through an `auth::access::Access`.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
};

use tokio::sync::oneshot;

use super::body::memory::BodyMemory;
use crate::{
    audit::Audit,
    auth::gate::Gate,
    limits::{LimitSettings, Limits},
    telemetry::{Telemetry, request},
};

/// Jobs that may wait for a thread of the pool. Beyond it requests are refused, not queued.
const QUEUE_JOBS_MAX: usize = 1024;

/// State of every handler. A clone is a few reference counts.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) gate: Gate,
    pub(crate) settings: Arc<HttpSettings>,
    pub(crate) body_memory: BodyMemory,
    pub(crate) telemetry: Arc<Telemetry>,
    /// Where requests are written down, if they are.
    pub(crate) audit: Option<Arc<Audit>>,
    pub(crate) limits: Limits,
    pool: Arc<CpuPool>,
}

/// The options that handlers read.
#[derive(Debug)]
pub(crate) struct HttpSettings {
    /// Whether the reset routes delete everything or refuse.
    pub(crate) allow_reset: bool,
    /// Bytes that one request body may have.
    pub(crate) body_bytes_max: usize,
    /// Name of the option behind `body_bytes_max`, for the text of a 413.
    pub(crate) body_option: &'static str,
    /// Bytes that all request bodies may have together; never less than two of the largest.
    pub(crate) body_memory_bytes_max: usize,
    /// Answers from this size on are compressed for clients that accept it; 0 is none.
    pub(crate) compress_bytes_min: usize,
}

#[cfg(test)]
impl HttpSettings {
    /// Small limits.
    pub(crate) fn of_tests() -> Self {
        Self {
            allow_reset: false,
            body_bytes_max: 1024,
            body_option: "X",
            body_memory_bytes_max: 4096,
            compress_bytes_min: 100,
        }
    }
}

/// Why work was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunError {
    /// The queue is full or the server is stopping: nothing was started, so a retry is safe.
    Overloaded,
    /// The work panicked; the panic hook has logged where.
    Panicked,
}

impl App {
    pub(crate) fn new(gate: Gate, settings: HttpSettings, pool: CpuPool, telemetry: Arc<Telemetry>) -> Self {
        // A compressed body is in memory twice for a moment, and each one alone must be possible.
        let body_memory = settings.body_memory_bytes_max.max(settings.body_bytes_max.saturating_mul(2));
        let body_memory = BodyMemory::new(body_memory);
        let limits = Limits::new(LimitSettings::default());
        let (settings, pool) = (Arc::new(settings), Arc::new(pool));
        Self { gate, settings, body_memory, telemetry, audit: None, limits, pool }
    }

    /// The same with an audit log.
    pub(crate) fn with_audit(self, audit: Option<Arc<Audit>>) -> Self {
        Self { audit, ..self }
    }

    /// The same with limits of each caller.
    pub(crate) fn with_limits(self, limits: LimitSettings) -> Self {
        Self { limits: Limits::new(limits), ..self }
    }

    /// Runs `work` on the bounded CPU pool and waits for its result without holding a thread.
    ///
    /// When the returned future is dropped before the work has started (the client went away), the
    /// work is skipped; once started it runs to its end.
    ///
    /// # Errors
    /// [`RunError::Overloaded`] if the queue is full, [`RunError::Panicked`] if `work` panicked.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, RunError> {
        // Log lines of the work belong to the request that it is done for.
        let span = tracing::Span::current();
        let result = self.pool.run(request::observed(move || span.in_scope(work))).await;
        if matches!(result, Err(RunError::Overloaded)) {
            self.telemetry.counters.queue_refusals.add(1);
        }
        result
    }

    /// Jobs that wait for a thread of the pool.
    pub(crate) fn jobs_waiting(&self) -> usize {
        self.pool.queue.lock().jobs.len()
    }

    /// Runs the waiting jobs, stops the pool's threads and waits for them. Later work is refused.
    pub(crate) fn stop_pool(&self) {
        self.pool.stop();
        self.gate.stop();
    }
}

type Job = Box<dyn FnOnce() + Send>;

/// Fixed threads behind one bounded queue.
pub(crate) struct CpuPool {
    queue: Arc<Queue>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

struct Queue {
    state: Mutex<QueueState>,
    changed: Condvar,
}

struct QueueState {
    jobs: VecDeque<Job>,
    jobs_max: usize,
    stopped: bool,
}

impl CpuPool {
    /// Starts `threads` threads.
    ///
    /// # Errors
    /// When the operating system refuses a thread.
    pub(crate) fn start(threads: usize) -> std::io::Result<Self> {
        Self::with_queue("cpu", threads, QUEUE_JOBS_MAX)
    }

    /// Starts `threads` threads called `name`, for which up to `jobs_max` jobs may wait.
    ///
    /// # Errors
    /// When the operating system refuses a thread.
    pub(crate) fn with_queue(name: &str, threads: usize, jobs_max: usize) -> std::io::Result<Self> {
        let state = QueueState { jobs: VecDeque::with_capacity(jobs_max), jobs_max, stopped: false };
        let queue = Arc::new(Queue { state: Mutex::new(state), changed: Condvar::new() });
        let threads = (0..threads)
            .map(|number| {
                let queue = Arc::clone(&queue);
                std::thread::Builder::new().name(format!("{name}-{number}")).spawn(move || queue.work())
            })
            .collect::<std::io::Result<Vec<_>>>()?;
        Ok(Self { queue, threads: Mutex::new(threads) })
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, RunError> {
        let (reply, result) = oneshot::channel();
        let accepted = self.push(Box::new(move || {
            if !reply.is_closed() {
                let outcome = catch_unwind(AssertUnwindSafe(work)).map_err(|_| RunError::Panicked);
                // The receiver may have gone meanwhile; then nobody wants the result.
                let _ = reply.send(outcome);
            }
        }));
        if !accepted {
            return Err(RunError::Overloaded);
        }
        // A job that is dropped unrun (the pool stopped) closes the channel.
        result.await.unwrap_or(Err(RunError::Overloaded))
    }

    /// Adds a job, which must not panic. False when the queue is full or the pool has stopped; the job is
    /// dropped then.
    pub(crate) fn push(&self, job: Job) -> bool {
        let mut state = self.queue.lock();
        if state.stopped || state.jobs.len() >= state.jobs_max {
            return false;
        }
        state.jobs.push_back(job);
        drop(state);
        self.queue.changed.notify_one();
        true
    }

    pub(crate) fn stop(&self) {
        self.queue.lock().stopped = true;
        self.queue.changed.notify_all();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // Jobs catch their panics, so a thread ends only by returning.
            let _ = thread.join();
        }
    }
}

impl Queue {
    // No code panics while it holds the lock, and every state of the queue is a valid one.
    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        loop {
            let mut state = self.lock();
            let job = loop {
                if let Some(job) = state.jobs.pop_front() {
                    break job;
                }
                if state.stopped {
                    return;
                }
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            };
            drop(state);
            job();
        }
    }
}

#[cfg(test)]
mod tests;
