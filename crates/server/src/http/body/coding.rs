//! Compressed request bodies.

use std::io::{self, Read};

use axum::http::{HeaderMap, header};
use bytes::Bytes;
use flate2::read::{MultiGzDecoder, ZlibDecoder};

use super::{
    BodyError,
    memory::{BodyMemory, Reservation},
};

/// Bytes decompressed between two looks at the limits.
const STEP_BYTES: usize = 1 << 20;

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    /// What HTTP calls deflate: a zlib stream.
    Deflate,
}

impl Coding {
    /// The coding that `Content-Encoding` names; none if the body is as it is.
    ///
    /// # Errors
    /// [`BodyError::UnknownCoding`], for several codings one over the other too: nobody sends them
    /// but to multiply the work.
    pub(super) fn of(headers: &HeaderMap) -> Result<Option<Self>, BodyError> {
        let mut coding = None;
        for value in headers.get_all(header::CONTENT_ENCODING) {
            for name in value.to_str().map_err(|_| BodyError::UnknownCoding)?.split(',') {
                let next = match name.trim().to_ascii_lowercase().as_str() {
                    "" | "identity" => continue,
                    "gzip" | "x-gzip" => Self::Gzip,
                    "deflate" => Self::Deflate,
                    _ => return Err(BodyError::UnknownCoding),
                };
                if coding.replace(next).is_some() {
                    return Err(BodyError::UnknownCoding);
                }
            }
        }
        Ok(coding)
    }

    /// The bytes behind `body`, at most `limit`. Computes: call it on the CPU pool.
    ///
    /// # Errors
    /// [`BodyError::TooLarge`] as soon as the limit is passed, [`BodyError::NoMemory`] if the budget
    /// does not hold the bytes, [`BodyError::BadCoding`].
    pub(super) fn decode(self, body: &[u8], limit: usize, memory: &BodyMemory) -> Result<Decoded, BodyError> {
        match self {
            Self::Gzip => inflate(MultiGzDecoder::new(body), limit, memory),
            Self::Deflate => inflate(ZlibDecoder::new(body), limit, memory),
        }
    }
}

/// Decompressed bytes with their share of the budget.
pub(super) type Decoded = (Bytes, Reservation);

fn inflate(decoder: impl Read, limit: usize, memory: &BodyMemory) -> Result<Decoded, BodyError> {
    // One byte more than allowed shows that there is more.
    let mut decoder = decoder.take(limit as u64 + 1);
    let mut reservation = Reservation::default();
    let mut decoded = Vec::new();
    loop {
        memory.try_grow(&mut reservation, decoded.len() + STEP_BYTES)?;
        let step = (&mut decoder).take(STEP_BYTES as u64).read_to_end(&mut decoded);
        let read = step.map_err(|_: io::Error| BodyError::BadCoding)?;
        if decoded.len() > limit {
            return Err(BodyError::TooLarge { limit });
        }
        if read == 0 {
            return Ok((Bytes::from(decoded), reservation));
        }
    }
}

#[cfg(test)]
mod tests;
