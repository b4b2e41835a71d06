//! One connection: its version of HTTP, its bounds, and ending it without losing an answer.

use std::{
    convert::Infallible,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Body;
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::graceful::GracefulConnection,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf},
    sync::watch,
    time::{sleep, timeout},
};

use super::Api;
use crate::{auth::throttle::Source, telemetry::trace::Connection};

/// Bound of a request's head; with HTTP/1 also the size in which bodies are read and written.
const HEAD_BYTES_MAX: usize = 128 << 10;

/// Requests that one HTTP/2 connection may have under way; clients queue the rest.
const STREAMS_MAX: u32 = 128;

/// Streams that a client may open and reset at once before it is cut off: the rapid reset attack.
const RESETS_MAX: usize = 32;

/// Bytes that an HTTP/2 client may send ahead, for one stream and for all of a connection.
const STREAM_WINDOW_BYTES: u32 = 512 << 10;
const CONNECTION_WINDOW_BYTES: u32 = 2 << 20;

/// Bytes of answers that one HTTP/2 stream holds back for a slow reader.
const SEND_BUFFER_BYTES_MAX: usize = 256 << 10;

/// An HTTP/2 client that is silent is asked whether it still lives, and has this long to say so.
const PING_EVERY: Duration = Duration::from_secs(30);
const PING_PATIENCE: Duration = Duration::from_secs(20);

/// Once an idle HTTP/2 connection was told to end, answers that it still reads have this long.
const LAST_ANSWERS_PATIENCE: Duration = Duration::from_mins(5);

/// What HTTP/2 begins with when the client knows that the server speaks it.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What a connection is served with.
#[derive(Clone)]
pub(crate) struct Serving {
    pub(crate) api: Arc<Api>,
    /// How long a client may take to send the head of a request, and how long an idle connection
    /// stays.
    pub(crate) head_patience: Duration,
    /// Closed when the server stops.
    pub(crate) stopping: watch::Receiver<()>,
}

impl Serving {
    /// Serves an unencrypted connection, in the version of HTTP that its first bytes show.
    pub(crate) async fn plain<S>(self, mut stream: S, facts: Connection)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut stopping = self.stopping.clone();
        let begun = tokio::select! {
            begun = timeout(self.head_patience, begin(&mut stream)) => begun,
            // Nothing was asked yet, so nothing is lost.
            _ = stopping.changed() => return,
        };
        match begun {
            Ok(Ok((is_http2, start))) => {
                Box::pin(self.chosen(Begun { start, stream }, is_http2, facts)).await;
            }
            Ok(Err(error)) => tracing::debug!(%error, "connection ended"),
            Err(_) => tracing::debug!("a connection was silent for too long"),
        }
    }

    /// Serves a connection whose version of HTTP is known.
    pub(crate) async fn chosen<S>(self, stream: S, is_http2: bool, facts: Connection)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let activity = Arc::new(Activity::default());
        let (api, counted) = (Arc::clone(&self.api), Arc::clone(&activity));
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let api = Arc::clone(&api);
            let under_way = UnderWay::begin(&counted);
            let mut request = Box::new(request.map(Body::new));
            request.extensions_mut().insert(facts);
            if let Some(peer) = facts.peer {
                request.extensions_mut().insert(Source::of(peer.ip()));
            }
            // Boxed, so that an idle connection keeps no room for the work of a request.
            Box::pin(async move {
                let response = api.answer(request).await;
                drop(under_way);
                Ok::<_, Infallible>(response)
            })
        });
        let stream = TokioIo::new(stream);
        // Each is made inside its box: a future keeps room for whatever it was handed, for as long as
        // it runs, and idle connections are many.
        let ended = if is_http2 {
            let connection = Box::pin(http2_builder().serve_connection(stream, service));
            self.until_end(connection, Some(&activity)).await
        } else {
            let mut builder = http1::Builder::new();
            builder.timer(TokioTimer::new()).header_read_timeout(self.head_patience);
            let connection = Box::pin(builder.max_buf_size(HEAD_BYTES_MAX).serve_connection(stream, service));
            self.until_end(connection, None).await
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "connection ended");
        }
    }

    /// Drives a connection. With `activity` it is told to end once it is idle; without, it notices
    /// that by itself.
    async fn until_end<C>(
        mut self,
        mut connection: Pin<Box<C>>,
        activity: Option<&Activity>,
    ) -> Result<(), C::Error>
    where
        C: GracefulConnection,
    {
        tokio::select! {
            ended = connection.as_mut() => return ended,
            _ = self.stopping.changed() => {
                connection.as_mut().graceful_shutdown();
                // Whoever stops the server waits for a bounded time.
                return connection.await;
            }
            () = idle(activity, self.head_patience) => connection.as_mut().graceful_shutdown(),
        }
        tokio::select! {
            ended = connection => ended,
            () = sleep(LAST_ANSWERS_PATIENCE) => Ok(()),
        }
    }
}

fn http2_builder() -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_pending_accept_reset_streams(RESETS_MAX)
        .max_local_error_reset_streams(RESETS_MAX)
        .max_header_list_size(HEAD_BYTES_MAX as u32)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_send_buf_size(SEND_BUFFER_BYTES_MAX)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_PATIENCE);
    builder
}

/// Requests of one connection.
#[derive(Default)]
struct Activity {
    under_way: AtomicUsize,
    begun: AtomicU64,
}

struct UnderWay(Arc<Activity>);

impl UnderWay {
    fn begin(activity: &Arc<Activity>) -> Self {
        activity.begun.fetch_add(1, Ordering::Relaxed);
        activity.under_way.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(activity))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Waits until no request was under way for `patience`, give or take as much.
async fn idle(activity: Option<&Activity>, patience: Duration) {
    let Some(activity) = activity else { return std::future::pending().await };
    let mut begun = u64::MAX;
    loop {
        sleep(patience).await;
        let now = activity.begun.load(Ordering::Relaxed);
        if now == begun && activity.under_way.load(Ordering::Relaxed) == 0 {
            return;
        }
        begun = now;
    }
}

/// Reads until it is clear whether the client speaks HTTP/2, which one byte mostly shows.
async fn begin<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<(bool, Start)> {
    let mut start = Start { bytes: [0; PREFACE.len()], filled: 0, taken: 0 };
    loop {
        let read = stream.read(&mut start.bytes[start.filled..]).await?;
        start.filled += read;
        let is_like_http2 = PREFACE.starts_with(&start.bytes[..start.filled]);
        if read == 0 || !is_like_http2 || start.filled == PREFACE.len() {
            return Ok((is_like_http2 && start.filled == PREFACE.len(), start));
        }
    }
}

/// The first bytes of a connection, which were read to look at them.
struct Start {
    bytes: [u8; PREFACE.len()],
    filled: usize,
    taken: usize,
}

/// A stream whose first bytes are given back before the rest.
struct Begun<S> {
    start: Start,
    stream: S,
}

impl<S: AsyncRead + Unpin> AsyncRead for Begun<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Start { bytes, filled, taken } = &mut self.start;
        let rest = &bytes[*taken..*filled];
        if rest.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        let given = rest.len().min(buffer.remaining());
        buffer.put_slice(&rest[..given]);
        *taken += given;
        // Usually more has come already. Given in one piece, the head of a request fits into the
        // reader's first buffer; after a short read it would ask for a second one.
        if buffer.remaining() > 0
            && let Poll::Ready(Err(error)) = Pin::new(&mut self.stream).poll_read(context, buffer)
        {
            return Poll::Ready(Err(error));
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Begun<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests;
