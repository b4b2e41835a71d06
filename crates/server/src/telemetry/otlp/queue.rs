//! Finished spans on their way to the exporter.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use crate::telemetry::{metrics::Counters, trace::Span};

/// A bounded queue. Whoever finds it full throws its spans away and counts them, and never waits.
#[derive(Clone, Debug)]
pub(crate) struct SpanQueue {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    spans: Mutex<VecDeque<Span>>,
    spans_max: usize,
    batch_max: usize,
    /// A batch is full.
    filled: Notify,
    counters: Arc<Counters>,
}

impl SpanQueue {
    pub(crate) fn new(spans_max: usize, batch_max: usize, counters: Arc<Counters>) -> Self {
        let batch_max = batch_max.clamp(1, spans_max.max(1));
        let inner = Inner { spans: Mutex::default(), spans_max, batch_max, filled: Notify::new(), counters };
        Self { inner: Arc::new(inner) }
    }

    /// Takes the spans of one request, all or none: a tree with holes helps nobody.
    pub(crate) fn push(&self, spans: Vec<Span>) {
        let mut waiting = self.lock();
        if waiting.len() + spans.len() > self.inner.spans_max {
            drop(waiting);
            self.inner.counters.spans_dropped.add(spans.len() as u64);
            return;
        }
        waiting.extend(spans);
        let is_batch = waiting.len() >= self.inner.batch_max;
        drop(waiting);
        if is_batch {
            self.inner.filled.notify_one();
        }
    }

    /// Waits until there is a full batch.
    pub(super) async fn filled(&self) {
        self.inner.filled.notified().await;
    }

    /// The oldest spans, at most a batch of them.
    pub(super) fn take(&self) -> Vec<Span> {
        let mut waiting = self.lock();
        let count = waiting.len().min(self.inner.batch_max);
        waiting.drain(..count).collect()
    }

    /// Puts spans back that could not be sent, as far as there is room; the rest is counted as dropped.
    pub(super) fn put_back(&self, spans: Vec<Span>) {
        let mut waiting = self.lock();
        let room = self.inner.spans_max.saturating_sub(waiting.len());
        let dropped = spans.len().saturating_sub(room);
        for span in spans.into_iter().skip(dropped).rev() {
            waiting.push_front(span);
        }
        drop(waiting);
        self.inner.counters.spans_dropped.add(dropped as u64);
    }

    /// Spans that wait.
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, VecDeque<Span>> {
        self.inner.spans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
