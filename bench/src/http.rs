//! A blocking HTTP/1.1 client on one kept-alive connection: it costs a few microseconds a request, so the
//! figures are the server's.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::Result;

/// A server that says nothing for so long is broken, not slow.
const TIMEOUT: Duration = Duration::from_mins(5);
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// One answer of the server.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

pub(crate) struct Connection {
    stream: TcpStream,
    /// Bytes read beyond the last answer.
    pending: Vec<u8>,
}

impl Connection {
    /// `address` is `host:port`.
    pub(crate) fn open(address: &str) -> Result<Self> {
        let stream =
            TcpStream::connect(address).map_err(|error| format!("cannot connect to {address}: {error}"))?;
        Self::over(stream)
    }

    /// On a stream that is connected.
    pub(crate) fn over(stream: TcpStream) -> Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        Ok(Self { stream, pending: Vec::new() })
    }

    /// Sends request bytes made by [`write_request`] and reads the whole answer.
    pub(crate) fn send(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.write_all(request)?;
        let head_end = self.read_head()?;
        let head = Head::parse(&self.pending[..head_end])?;
        self.pending.drain(..head_end);
        let body = match head.length {
            Some(length) => self.take(length)?,
            None => self.read_chunks()?,
        };
        Ok(Answer { status: head.status, body })
    }

    fn read_head(&mut self) -> Result<usize> {
        loop {
            if let Some(position) = find(&self.pending, b"\r\n\r\n") {
                return Ok(position + 4);
            }
            if self.pending.len() > HEAD_BYTES_MAX {
                return Err("the answer's head does not end".into());
            }
            self.read_more()?;
        }
    }

    fn read_more(&mut self) -> Result<()> {
        let mut chunk = [0u8; 16 * 1024];
        let count = self.stream.read(&mut chunk)?;
        if count == 0 {
            return Err("the server closed the connection".into());
        }
        self.pending.extend_from_slice(&chunk[..count]);
        Ok(())
    }

    fn take(&mut self, length: usize) -> Result<Vec<u8>> {
        while self.pending.len() < length {
            self.read_more()?;
        }
        let rest = self.pending.split_off(length);
        Ok(std::mem::replace(&mut self.pending, rest))
    }

    fn read_chunks(&mut self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line_end = loop {
                match find(&self.pending, b"\r\n") {
                    Some(position) => break position,
                    None => self.read_more()?,
                }
            };
            let line = self.take(line_end + 2)?;
            let digits = std::str::from_utf8(&line)?.trim().split(';').next().unwrap_or_default();
            let length = usize::from_str_radix(digits, 16)?;
            let chunk = self.take(length + 2)?;
            body.extend_from_slice(&chunk[..length]);
            if length == 0 {
                return Ok(body);
            }
        }
    }
}

/// Appends the bytes of one request to `out`.
pub(crate) fn write_request(out: &mut Vec<u8>, method: &str, path: &str, body: &[u8]) {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(body);
}

struct Head {
    status: u16,
    /// `None` if the body comes in chunks.
    length: Option<usize>,
}

impl Head {
    fn parse(bytes: &[u8]) -> Result<Self> {
        let text = std::str::from_utf8(bytes)?;
        let mut lines = text.split("\r\n");
        let status_line = lines.next().unwrap_or_default();
        let status = status_line
            .split(' ')
            .nth(1)
            .and_then(|word| word.parse().ok())
            .ok_or_else(|| format!("not an HTTP answer: {status_line}"))?;
        let mut length = Some(0);
        for line in lines {
            let Some((name, value)) = line.split_once(':') else { continue };
            if name.eq_ignore_ascii_case("content-length") {
                length = Some(value.trim().parse()?);
            } else if name.eq_ignore_ascii_case("transfer-encoding")
                && value.to_ascii_lowercase().contains("chunked")
            {
                length = None;
            }
        }
        Ok(Self { status, length })
    }
}

fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes.windows(pattern.len()).position(|window| window == pattern)
}

#[cfg(test)]
mod tests;
