//! Background work: one thread flushes, one compacts.
//!
//! A collection waits in each queue at most once, so the queues are bounded by the number of
//! collections. Compaction has a thread of its own since a long merge must not hold up flushes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;

use parking_lot::Mutex;

use crate::collection::CollectionState;
use crate::open_collections;
use crate::shared::Shared;
use crate::stats::WorkCounter;

/// Work for a thread. References are weak, so that what waits does not keep alive what was deleted.
enum Job {
    Collection(Weak<CollectionState>),
    /// Memtables of all collections together take too much memory.
    Relief(Weak<Shared>),
}

/// Handle to the background threads.
pub(crate) struct Maintenance {
    flushes: Mutex<Option<Sender<Job>>>,
    compactions: Mutex<Option<Sender<Job>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    is_stopping: AtomicBool,
    pub(crate) flushes_done: Arc<WorkCounter>,
    pub(crate) compactions_done: Arc<WorkCounter>,
}

impl Maintenance {
    pub(crate) fn start() -> std::io::Result<Self> {
        let (flushes, waiting_flushes) = channel();
        let (compactions, waiting_compactions) = channel();
        let (flushes_done, compactions_done) = (Arc::default(), Arc::default());
        let (flush_counter, compaction_counter): (Arc<WorkCounter>, Arc<WorkCounter>) =
            (Arc::clone(&flushes_done), Arc::clone(&compactions_done));
        let threads = vec![
            spawn("flush", waiting_flushes, move |state| drop(flush_counter.count(|| state.flush())))?,
            spawn("compaction", waiting_compactions, move |state| {
                if let Err(error) = compaction_counter.count(|| state.compact()) {
                    tracing::error!(%error, "compaction failed; the segments stay as they are");
                }
            })?,
        ];
        Ok(Self {
            flushes: Mutex::new(Some(flushes)),
            compactions: Mutex::new(Some(compactions)),
            threads: Mutex::new(threads),
            is_stopping: AtomicBool::new(false),
            flushes_done,
            compactions_done,
        })
    }

    pub(crate) fn flush(&self, state: &Arc<CollectionState>) {
        send(&self.flushes, Job::Collection(Arc::downgrade(state)));
    }

    /// Flushes the largest memtables; asked for at most once at a time.
    pub(crate) fn relieve(&self, shared: &Arc<Shared>) {
        send(&self.flushes, Job::Relief(Arc::downgrade(shared)));
    }

    pub(crate) fn compact(&self, state: &Arc<CollectionState>) {
        send(&self.compactions, Job::Collection(Arc::downgrade(state)));
    }

    /// Whether long work should end early.
    pub(crate) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }

    /// Finishes the waiting flushes and the running merge, and stops the threads.
    pub(crate) fn stop(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
        self.flushes.lock().take();
        self.compactions.lock().take();
        for thread in self.threads.lock().drain(..) {
            if thread.join().is_err() {
                tracing::error!("a background thread panicked");
            }
        }
    }
}

fn send(queue: &Mutex<Option<Sender<Job>>>, job: Job) {
    if let Some(queue) = &*queue.lock() {
        // Fails only when the thread is gone, which its join reports.
        let _ = queue.send(job);
    }
}

fn spawn(
    name: &str,
    waiting: Receiver<Job>,
    work: impl Fn(&Arc<CollectionState>) + Send + 'static,
) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        for job in waiting {
            match job {
                Job::Collection(state) => {
                    if let Some(state) = state.upgrade() {
                        work(&state);
                    }
                }
                Job::Relief(shared) => {
                    if let Some(shared) = shared.upgrade() {
                        open_collections::relieve(&shared);
                    }
                }
            }
        }
    })
}
