//! Request bodies: read whole, within a byte limit and with a bound on silence.

use std::time::Duration;

use axum::{body::Body, extract::Request, http::header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Body as _;
use tokio::time::{Instant, timeout, timeout_at};

/// Longest silence inside a body before the request is given up.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// How long, and for how many bytes, a refused body is still read and thrown away. A client that is
/// still writing when its answer comes sees a broken connection in place of the answer.
const DISCARD_MAX: Duration = Duration::from_secs(10);
const DISCARD_BYTES_MAX: usize = 1 << 30;

/// A declared length is trusted this far for reserving memory before the bytes have come.
const RESERVE_BYTES_MAX: usize = 1 << 20;

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// More than `limit` bytes; answered with 413.
    TooLarge { limit: usize },
    /// The client went away in the middle, or sent broken framing; nobody reads an answer.
    Disconnected,
    /// The client stayed silent too long; answered with 408.
    TooSlow,
}

/// Reads the whole body, whatever its `Content-Type` is: each generation judges that by itself.
///
/// # Errors
/// See [`BodyError`]. A declared `Content-Length` above the limit is refused before reading.
pub(crate) async fn read_body(request: Request, limit: usize) -> Result<Bytes, BodyError> {
    // A client that asked for permission has sent nothing yet and takes the answer as a refusal.
    let asked_first = request.headers().contains_key(header::EXPECT);
    let mut body = request.into_body();
    let declared = body.size_hint();
    if declared.lower() > limit as u64 {
        if !asked_first {
            discard(body).await;
        }
        return Err(BodyError::TooLarge { limit });
    }
    // Whole bodies in one frame are the common case: they are passed on without a copy.
    let Some(first) = next_data(&mut body).await? else { return Ok(Bytes::new()) };
    if body.is_end_stream() {
        return if first.len() > limit { Err(BodyError::TooLarge { limit }) } else { Ok(first) };
    }
    let expected = usize::try_from(declared.lower()).unwrap_or(limit);
    let mut read = BytesMut::with_capacity(expected.min(RESERVE_BYTES_MAX).max(first.len()));
    let mut next = Some(first);
    while let Some(data) = next {
        if data.len() > limit - read.len() {
            discard(body).await;
            return Err(BodyError::TooLarge { limit });
        }
        read.extend_from_slice(&data);
        next = next_data(&mut body).await?;
    }
    Ok(read.freeze())
}

/// The next bytes, or none at the end. Trailers are skipped.
async fn next_data(body: &mut Body) -> Result<Option<Bytes>, BodyError> {
    loop {
        match timeout(SILENCE_MAX, body.frame()).await {
            Err(_) => return Err(BodyError::TooSlow),
            Ok(None) => return Ok(None),
            Ok(Some(Err(_))) => return Err(BodyError::Disconnected),
            Ok(Some(Ok(frame))) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

async fn discard(mut body: Body) {
    let deadline = Instant::now() + DISCARD_MAX;
    let mut discarded = 0;
    while discarded < DISCARD_BYTES_MAX {
        match timeout_at(deadline, body.frame()).await {
            Ok(Some(Ok(frame))) => discarded += frame.data_ref().map_or(0, Bytes::len),
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests;
