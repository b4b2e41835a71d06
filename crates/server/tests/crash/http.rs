//! Requests over a connection of their own each: what a client has seen of an answer when the server dies
//! must not depend on a pool.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// A server that is silent for so long hangs; without a limit the test would hang with it.
const TIMEOUT: Duration = Duration::from_mins(1);

pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) body: String,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
}

impl Request {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self { method: "GET", path: path.into(), body: String::new() }
    }

    pub(crate) fn post(path: impl Into<String>, body: &Value) -> Self {
        Self { method: "POST", path: path.into(), body: body.to_string() }
    }

    fn bytes(&self) -> Vec<u8> {
        // Version 1.0: the server closes the connection after its answer and sends no chunks.
        let (method, path, length) = (self.method, &self.path, self.body.len());
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n"
        );
        [head.as_bytes(), self.body.as_bytes()].concat()
    }

    /// Sends the request and waits for the whole answer. An error says that the connection broke before the
    /// answer was complete, so the client cannot know what became of the request.
    pub(crate) fn send(&self, address: &str) -> Result<Answer, String> {
        let mut stream = connect(address)?;
        stream.write_all(&self.bytes()).map_err(|error| format!("cannot send: {error}"))?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).map_err(|error| format!("cannot read the answer: {error}"))?;
        parse(&bytes).ok_or_else(|| format!("the answer to {} {} is cut off", self.method, self.path))
    }

    /// Sends the request, or its first half, and does not wait for an answer.
    pub(crate) fn abandon(&self, address: &str, half: bool) -> Result<TcpStream, String> {
        let mut stream = connect(address)?;
        let bytes = self.bytes();
        let end = if half { bytes.len() / 2 } else { bytes.len() };
        stream.write_all(&bytes[..end]).map_err(|error| format!("cannot send: {error}"))?;
        Ok(stream)
    }

    /// The JSON of an answer that must be 200 or 201.
    pub(crate) fn json(&self, address: &str) -> Result<Value, String> {
        let answer = self.send(address)?;
        let (method, path) = (self.method, &self.path);
        if answer.status != 200 && answer.status != 201 {
            return Err(format!("{method} {path} was answered {}: {}", answer.status, answer.text));
        }
        serde_json::from_str(&answer.text).map_err(|error| format!("{method} {path}: not JSON: {error}"))
    }
}

fn connect(address: &str) -> Result<TcpStream, String> {
    let open = || {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        Ok::<_, std::io::Error>(stream)
    };
    open().map_err(|error| format!("cannot connect to {address}: {error}"))
}

/// `None` if anything is missing.
fn parse(bytes: &[u8]) -> Option<Answer> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let complete = length.is_none_or(|length| body.len() == length);
    complete.then(|| Answer { status, text: body.to_owned() })
}
