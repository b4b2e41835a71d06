//! A few lines of HTTP over a socket, so that tests can send what no client library would.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

/// Longer than any machine needs; beyond it something hangs.
const PATIENCE: Duration = Duration::from_mins(1);

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Status line and headers, in lower case.
    pub(crate) head: String,
    /// The body as text; see `bytes` for what is none.
    pub(crate) body: String,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

pub(crate) fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    // A head and a body are two writes; the second one would wait 40 ms for the first one's receipt.
    stream.set_nodelay(true).unwrap();
    stream
}

/// Sends bytes and reads until the server closes.
pub(crate) fn send_raw(address: &str, request: &[u8]) -> Answer {
    let mut stream = connect(address);
    stream.write_all(request).unwrap();
    read_answer(&mut stream)
}

pub(crate) fn read_answer(stream: &mut impl Read) -> Answer {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n");
    let bytes = end.map(|end| answer.split_off(end + 4)).unwrap_or_default();
    let head = String::from_utf8(answer).unwrap().trim_end().to_ascii_lowercase();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    Answer { status, head, body: String::from_utf8_lossy(&bytes).into_owned(), bytes }
}

/// One request with extra header lines, each ending with `\r\n`.
pub(crate) fn send(address: &str, method: &str, path: &str, headers: &str, body: &str) -> Answer {
    send_bytes(address, method, path, headers, body.as_bytes())
}

pub(crate) fn send_bytes(address: &str, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n\
         {headers}\r\n"
    );
    send_raw(address, &[head.as_bytes(), body].concat())
}

pub(crate) fn get(address: &str, path: &str) -> Answer {
    send(address, "GET", path, "", "")
}

pub(crate) fn post(address: &str, path: &str, body: &str) -> Answer {
    send(address, "POST", path, "", body)
}
