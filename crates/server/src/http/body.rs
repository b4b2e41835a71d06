//! Request bodies: read whole, within limits of bytes, memory and time, and decompressed.

mod coding;
pub(crate) mod memory;

use std::{ops::Deref, time::Duration};

use axum::{body::Body, extract::Request, http::header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Body as _;
use tokio::time::{Instant, timeout, timeout_at};

use self::{
    coding::Coding,
    memory::{BodyMemory, NoMemory, Reservation},
};
use super::app::{App, RunError};

/// Longest silence inside a body before the request is given up.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// A body that takes longer than this must have come at [`RATE_MIN`] on average, so that nobody
/// holds memory for hours with a byte now and then.
const SLOW_AFTER: Duration = Duration::from_mins(1);
/// Bytes a second.
const RATE_MIN: f64 = 1024.0;

/// How long, and for how many bytes, a refused body is still read and thrown away. A client that is
/// still writing when its answer comes sees a broken connection in place of the answer.
const DISCARD_MAX: Duration = Duration::from_secs(10);
const DISCARD_BYTES_MAX: usize = 1 << 30;

/// The same for a body that nobody would have read. Strangers get less.
const UNWANTED_BYTES_MAX: usize = 8 << 20;

/// What a body may have before it needs a share of the budget: about what its connection's read
/// buffer holds anyway, so small requests never wait.
const FREE_BYTES: usize = 128 << 10;

/// A body whose length is not declared reserves memory in doubling steps from here.
const GROW_BYTES_MIN: usize = 1 << 20;

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// More than `limit` bytes; answered with 413.
    TooLarge { limit: usize },
    /// The client went away in the middle, or sent broken framing; nobody reads an answer.
    Disconnected,
    /// The client stayed silent too long; answered with 408.
    TooSlow,
    /// Other bodies take all the memory that bodies may have; answered with 503.
    NoMemory,
    /// Compressed in a way that is not known here; answered with 415.
    UnknownCoding,
    /// Not compressed in the way its header says; answered with 400.
    BadCoding,
    /// Decompressing it could not be started, or failed; answered as any such work.
    Run(RunError),
}

/// The text of [`BodyError::UnknownCoding`].
pub(crate) const UNKNOWN_CODING: &str =
    "A request body may be compressed with gzip or deflate, and not twice (Content-Encoding)";
/// The text of [`BodyError::BadCoding`].
pub(crate) const BAD_CODING: &str = "The request body is not compressed as its Content-Encoding says";
/// The text of [`BodyError::NoMemory`].
pub(crate) const NO_MEMORY: &str =
    "The server is overloaded: other request bodies take all the memory for them, try again later";

impl From<NoMemory> for BodyError {
    fn from(_: NoMemory) -> Self {
        Self::NoMemory
    }
}

/// A body, which counts against the budget of all bodies for as long as it lives.
#[derive(Debug, Default)]
pub(crate) struct RequestBytes {
    bytes: Bytes,
    _memory: Reservation,
}

impl From<Bytes> for RequestBytes {
    /// Bytes that need no share of the budget.
    fn from(bytes: Bytes) -> Self {
        Self { bytes, _memory: Reservation::default() }
    }
}

impl Deref for RequestBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Reads the whole body, whatever its `Content-Type` is: each generation judges that by itself.
///
/// The head of the request is given up before anything is awaited. Clients can be slow with a body, and
/// the connection's read buffer can be used again only when nobody holds a part of it.
///
/// # Errors
/// See [`BodyError`].
pub(crate) fn read_body(
    app: &App,
    request: Request,
) -> impl Future<Output = Result<RequestBytes, BodyError>> + Send {
    let limit = app.settings.body_bytes_max;
    let coding = Coding::of(request.headers());
    let unread = Unread::of(request);
    async move {
        let read = read_plain(unread, limit, &app.body_memory, coding.is_ok()).await?;
        match coding? {
            None => Ok(read),
            Some(coding) => {
                let memory = app.body_memory.clone();
                let decode = move || coding.decode(&read, limit, &memory);
                let (bytes, memory) = app.run(decode).await.map_err(BodyError::Run)??;
                Ok(RequestBytes { bytes, _memory: memory })
            }
        }
    }
}

/// A body without the head of its request.
struct Unread {
    body: Body,
    /// Whether the client waits for permission. It has sent nothing yet then, and takes the answer as a
    /// refusal.
    asked_first: bool,
}

impl Unread {
    fn of(request: Request) -> Self {
        let asked_first = request.headers().contains_key(header::EXPECT);
        Self { body: request.into_body(), asked_first }
    }
}

/// Reads the body as it comes over the wire. One that is not `wanted` is only thrown away.
async fn read_plain(
    Unread { mut body, asked_first }: Unread,
    limit: usize,
    memory: &BodyMemory,
    wanted: bool,
) -> Result<RequestBytes, BodyError> {
    let declared = body.size_hint();
    let is_too_large = declared.lower() > limit as u64;
    if is_too_large || !wanted {
        if !asked_first {
            discard(body).await;
        }
        return if is_too_large { Err(BodyError::TooLarge { limit }) } else { Ok(RequestBytes::default()) };
    }
    let declared = declared.exact().map(|bytes| bytes as usize);
    let mut pace = Pace::start();
    // Whole bodies in one frame are the common case: they are passed on without a copy.
    let Some(first) = pace.next_data(&mut body).await? else { return Ok(RequestBytes::default()) };
    if body.is_end_stream() && first.len() <= limit {
        return Ok(first.into());
    }
    let mut reading = Reading { limit, declared, read: BytesMut::new(), reservation: Reservation::default() };
    let mut next = Some(first);
    while let Some(data) = next {
        let taken = reading.take(&data, memory).await;
        // It is a part of the connection's read buffer, see `read_body`.
        drop(data);
        if let Err(refused) = taken {
            discard(body).await;
            return Err(refused);
        }
        next = pace.next_data(&mut body).await?;
    }
    Ok(RequestBytes { bytes: reading.read.freeze(), _memory: reading.reservation })
}

/// A body in the middle.
struct Reading {
    limit: usize,
    declared: Option<usize>,
    read: BytesMut,
    reservation: Reservation,
}

impl Reading {
    async fn take(&mut self, data: &[u8], memory: &BodyMemory) -> Result<(), BodyError> {
        let (before, after) = (self.read.len(), self.read.len() + data.len());
        if after > self.limit {
            return Err(BodyError::TooLarge { limit: self.limit });
        }
        if after > FREE_BYTES {
            // A declared length is reserved once and whole: whoever has memory never waits for more,
            // so bodies cannot wait for each other. Nothing is reserved for bytes only promised.
            let step = (before * 2).max(GROW_BYTES_MIN).min(self.limit);
            let wanted = self.declared.unwrap_or(step).max(after);
            memory.grow(&mut self.reservation, wanted).await?;
            self.read.reserve(wanted - before);
        }
        self.read.extend_from_slice(data);
        Ok(())
    }
}

/// How fast a client sends.
struct Pace {
    started: Instant,
    bytes: usize,
}

impl Pace {
    fn start() -> Self {
        Self { started: Instant::now(), bytes: 0 }
    }

    /// The next bytes, or none at the end. Trailers are skipped.
    async fn next_data(&mut self, body: &mut Body) -> Result<Option<Bytes>, BodyError> {
        loop {
            match timeout(SILENCE_MAX, body.frame()).await {
                Err(_) => return Err(BodyError::TooSlow),
                Ok(None) => return Ok(None),
                Ok(Some(Err(_))) => return Err(BodyError::Disconnected),
                Ok(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        self.bytes += data.len();
                        let took = self.started.elapsed();
                        let is_slow =
                            took > SLOW_AFTER && (self.bytes as f64) < RATE_MIN * took.as_secs_f64();
                        return if is_slow { Err(BodyError::TooSlow) } else { Ok(Some(data)) };
                    }
                }
            }
        }
    }
}

/// Throws away the body of a request that is answered without it, in the background. A body that is
/// declared too large for that is not taken at all, and its connection ends with the answer.
pub(crate) fn discard_later(request: Request) {
    let Unread { body, asked_first } = Unread::of(request);
    let is_small = body.size_hint().lower() <= UNWANTED_BYTES_MAX as u64;
    if !asked_first && is_small && !body.is_end_stream() {
        tokio::spawn(discard_up_to(body, UNWANTED_BYTES_MAX));
    }
}

async fn discard(body: Body) {
    discard_up_to(body, DISCARD_BYTES_MAX).await;
}

async fn discard_up_to(mut body: Body, bytes_max: usize) {
    let deadline = Instant::now() + DISCARD_MAX;
    let mut discarded = 0;
    while discarded < bytes_max {
        match timeout_at(deadline, body.frame()).await {
            Ok(Some(Ok(frame))) => discarded += frame.data_ref().map_or(0, Bytes::len),
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests;
