//! A connection that is kept, and what the system says about a server's process.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
};

use serde_json::Value;

use crate::exchange::connect;

pub(crate) const V1: &str = "/api/v1/collections";
pub(crate) const V2: &str = "/api/v2/tenants/default_tenant/databases/default_database/collections";

/// One kept connection.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    pub(crate) fn connect(address: &str) -> Self {
        Self { stream: BufReader::new(connect(address)) }
    }

    /// Status and body of the answer.
    pub(crate) fn call(&mut self, method: &str, path: &str, body: &[u8]) -> (u16, Value) {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let stream = self.stream.get_mut();
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        self.read()
    }

    /// A call that must succeed.
    #[track_caller]
    pub(crate) fn done(&mut self, method: &str, path: &str, body: impl AsRef<[u8]>) -> Value {
        let (status, answer) = self.call(method, path, body.as_ref());
        assert!((200..300).contains(&status), "{method} {path} status={status} {answer}");
        answer
    }

    /// The id of a new collection.
    pub(crate) fn create(&mut self, name: &str) -> String {
        let created = self.done("POST", V1, format!(r#"{{"name":"{name}"}}"#));
        created["id"].as_str().unwrap().to_owned()
    }

    fn read(&mut self) -> (u16, Value) {
        let (mut status, mut length) = (0, 0);
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).unwrap();
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().unwrap();
            } else if line.starts_with("http/1.1 ") {
                status = line.split(' ').nth(1).unwrap().parse().unwrap();
            } else if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).unwrap();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }
}

/// A line of `/proc/PID/status` that is a number of kilobytes, in bytes.
pub(crate) fn memory(pid: u32, line: &str) -> usize {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let value = status.lines().find_map(|found| found.strip_prefix(line)).unwrap();
    let kilobytes: usize = value.trim_matches([':', ' ', '\t']).split(' ').next().unwrap().parse().unwrap();
    kilobytes << 10
}

/// Resident bytes that belong to the process alone, mapped files left out.
pub(crate) fn own_memory(pid: u32) -> usize {
    memory(pid, "RssAnon")
}

pub(crate) fn open_files(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count()
}
