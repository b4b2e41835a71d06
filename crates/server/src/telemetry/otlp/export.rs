//! The tasks that send spans and metrics.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep, timeout_at},
};

use super::{
    client::{Client, SendError},
    endpoint::Signal,
    message,
    queue::SpanQueue,
};
use crate::telemetry::{
    metrics::{Counters, Family},
    trace::{Span, attributes::Attribute},
};

/// Pauses between tries while a collector does not answer: this, then twice as long each time.
const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// What the spans' task is started with.
pub(crate) struct SpanExport {
    pub(crate) queue: SpanQueue,
    pub(crate) client: Client,
    pub(crate) resource: Arc<[Attribute]>,
    /// How long spans wait for others to go with them.
    pub(crate) delay: Duration,
    pub(crate) counters: Arc<Counters>,
}

/// A task that sends.
pub(crate) struct Export {
    stop: watch::Sender<Option<Instant>>,
    task: JoinHandle<()>,
}

impl Export {
    /// Starts the task that sends what is in the queue.
    pub(crate) fn spans(export: SpanExport) -> Self {
        let (stop, stopped) = watch::channel(None);
        Self { stop, task: tokio::spawn(send_spans(export, stopped)) }
    }

    /// Starts the task that sends what `gather` finds, now and then and at the end.
    pub(crate) fn metrics(
        mut client: Client,
        resource: Arc<[Attribute]>,
        every: Duration,
        gather: impl Fn() -> Vec<Family> + Send + 'static,
    ) -> Self {
        let (stop, mut stopped) = watch::channel(None);
        let task = tokio::spawn(async move {
            let started = nanos_now();
            let mut state = State::default();
            loop {
                let deadline = wait(&mut stopped, sleep(every)).await;
                let message = message::metrics(&resource, &gather(), started, nanos_now());
                let sending = client.send(Signal::Metrics, message);
                if let Some(deadline) = deadline {
                    let _ = timeout_at(deadline, sending).await;
                    return;
                }
                let result = sending.await;
                state.note("metrics", &client, result.as_ref().err());
            }
        });
        Self { stop, task }
    }

    /// Sends what is left until `deadline`, then ends the task.
    pub(crate) async fn stop(mut self, deadline: Instant) {
        self.stop.send_replace(Some(deadline));
        if timeout_at(deadline, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

/// Waits for `event`, or for the request to stop, whose deadline is returned.
async fn wait(
    stopped: &mut watch::Receiver<Option<Instant>>,
    event: impl Future<Output = ()>,
) -> Option<Instant> {
    tokio::select! {
        changed = stopped.wait_for(Option::is_some) => changed.map_or_else(|_| Some(Instant::now()), |at| *at),
        () = event => None,
    }
}

async fn send_spans(mut export: SpanExport, mut stopped: watch::Receiver<Option<Instant>>) {
    let mut state = State::default();
    loop {
        let due = async {
            tokio::select! {
                () = sleep(export.delay) => {}
                () = export.queue.filled() => {}
            }
        };
        if let Some(deadline) = wait(&mut stopped, due).await {
            drain(&mut export, deadline).await;
            return;
        }
        while let Some(batch) = take(&export.queue) {
            if let Err(pause) = send(&mut export, &mut state, batch).await
                && let Some(deadline) = wait(&mut stopped, sleep(pause)).await
            {
                drain(&mut export, deadline).await;
                return;
            }
        }
    }
}

fn take(queue: &SpanQueue) -> Option<Vec<Span>> {
    Some(queue.take()).filter(|batch| !batch.is_empty())
}

/// Sends one batch. After an error that may pass, the batch goes back and the pause is returned.
async fn send(export: &mut SpanExport, state: &mut State, batch: Vec<Span>) -> Result<(), Duration> {
    let message = message::traces(&export.resource, &batch);
    let result = export.client.send(Signal::Traces, message).await;
    let pause = state.note("traces", &export.client, result.as_ref().err());
    match result {
        Ok(()) => export.counters.spans_exported.add(batch.len() as u64),
        Err(error) if error.is_temporary => {
            export.queue.put_back(batch);
            return Err(pause);
        }
        Err(_) => export.counters.spans_dropped.add(batch.len() as u64),
    }
    Ok(())
}

/// Sends what is left, each batch once, and counts what did not arrive.
async fn drain(export: &mut SpanExport, deadline: Instant) {
    while let Some(batch) = take(&export.queue) {
        let message = message::traces(&export.resource, &batch);
        let sent = timeout_at(deadline, export.client.send(Signal::Traces, message)).await;
        if matches!(sent, Ok(Ok(()))) {
            export.counters.spans_exported.add(batch.len() as u64);
        } else {
            let lost = batch.len() + export.queue.len();
            export.counters.spans_dropped.add(lost as u64);
            tracing::warn!(spans = lost, "spans were not sent before the end");
            return;
        }
    }
}

/// Whether the collector takes what is sent; a log line tells of changes only.
#[derive(Debug, Default)]
struct State {
    failures: u32,
}

impl State {
    /// Notes how sending went; returns how long to wait before the next try.
    fn note(&mut self, signal: &'static str, client: &Client, error: Option<&SendError>) -> Duration {
        let Some(error) = error else {
            if self.failures > 0 {
                tracing::info!(signal, collector = client.address(), "the collector takes telemetry again");
            }
            self.failures = 0;
            return Duration::ZERO;
        };
        if self.failures == 0 {
            let (collector, reason) = (client.address(), error.reason.as_str());
            tracing::warn!(
                signal,
                collector,
                reason,
                "the collector does not take telemetry; requests go on"
            );
        }
        let pause = PAUSE_MIN.saturating_mul(1 << self.failures.min(10)).min(PAUSE_MAX);
        self.failures = self.failures.saturating_add(1);
        pause
    }
}

fn nanos_now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
