//! A server of its own for a replay, and the few lines of HTTP that talking to it takes.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use crate::recording::Answer;

/// What the replay needs of the server and its client.
pub(crate) struct ServerOptions {
    pub(crate) allow_reset: bool,
    pub(crate) user_agent: &'static str,
}

/// A running server; dropping it stops it and removes its data.
pub(crate) struct Server {
    process: Child,
    address: String,
    user_agent: &'static str,
    _data: TempDir,
}

impl Server {
    pub(crate) fn start(options: &ServerOptions) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_huedb"))
            .args(["run", "--host", "127.0.0.1", "--port", "0", "--log-level", "error"])
            // The limit that the recorded servers had.
            .args(["--body-bytes-max", "41943040"])
            .arg(format!("--allow-reset={}", options.allow_reset))
            .arg("--path")
            .arg(data.path())
            .env_clear()
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let address = output
            .lines()
            .map_while(Result::ok)
            .find_map(|line| Some(line.split_once("http://")?.1.to_owned()))
            .expect("the server prints its address when it is ready");
        Self { process, address, user_agent: options.user_agent, _data: data }
    }

    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        content_type: Option<&str>,
        body: Option<&[u8]>,
    ) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let Self { address, user_agent, .. } = self;
        write!(stream, "{method} {path} HTTP/1.1\r\nhost: {address}\r\nuser-agent: {user_agent}\r\n")
            .unwrap();
        if let Some(content_type) = content_type {
            write!(stream, "content-type: {content_type}\r\n").unwrap();
        }
        let body = body.unwrap_or_default();
        write!(stream, "content-length: {}\r\nconnection: close\r\n\r\n", body.len()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        parse(&answer)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Answers of this server always have a length, so what follows the head is the body.
fn parse(answer: &[u8]) -> Answer {
    let text = std::str::from_utf8(answer).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").expect("an answer has a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Answer { status: status.expect("an answer has a status"), text: body.to_owned() }
}
