//! A collector that takes everything and keeps nothing.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::Result;

const HEAD_BYTES_MAX: usize = 64 * 1024;

/// Listens on a port of its own, for OTLP over HTTP, until the program ends.
pub(super) struct Sink {
    pub(super) endpoint: String,
    messages: Arc<AtomicU64>,
    bytes: Arc<AtomicU64>,
}

impl Sink {
    pub(super) fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let (messages, bytes): (Arc<AtomicU64>, Arc<AtomicU64>) = Default::default();
        let sink = Self { endpoint, messages: Arc::clone(&messages), bytes: Arc::clone(&bytes) };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (messages, bytes) = (Arc::clone(&messages), Arc::clone(&bytes));
                // A server that ends closes its connection in the middle: nothing to tell.
                std::thread::spawn(move || drop(take_all(stream, &messages, &bytes)));
            }
        });
        Ok(sink)
    }

    /// Messages and bytes that were taken.
    pub(super) fn taken(&self) -> (u64, u64) {
        (self.messages.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }
}

/// Answers every message of one connection.
fn take_all(mut stream: TcpStream, messages: &AtomicU64, bytes: &AtomicU64) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut pending = Vec::new();
    loop {
        let end = loop {
            if let Some(position) = pending.windows(4).position(|window| window == b"\r\n\r\n") {
                break position + 4;
            }
            if pending.len() > HEAD_BYTES_MAX {
                return Err("the head of a message does not end".into());
            }
            read_more(&mut stream, &mut pending)?;
        };
        let message = end + content_length(&pending[..end])?;
        while pending.len() < message {
            read_more(&mut stream, &mut pending)?;
        }
        pending.drain(..message);
        messages.fetch_add(1, Ordering::Relaxed);
        bytes.fetch_add(message as u64, Ordering::Relaxed);
        // An empty answer is the message that says that all was taken.
        stream.write_all(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n",
        )?;
    }
}

fn read_more(stream: &mut TcpStream, pending: &mut Vec<u8>) -> Result<()> {
    let mut chunk = [0u8; 16 * 1024];
    let count = stream.read(&mut chunk)?;
    if count == 0 {
        return Err("the connection was closed".into());
    }
    pending.extend_from_slice(&chunk[..count]);
    Ok(())
}

fn content_length(head: &[u8]) -> Result<usize> {
    let head = std::str::from_utf8(head)?;
    let fields = head.split("\r\n").filter_map(|line| line.split_once(':'));
    let mut lengths = fields.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let (_, length) = lengths.next().ok_or("a message without a length")?;
    Ok(length.trim().parse()?)
}
