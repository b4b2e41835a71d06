//! Frames of HTTP/2 as bytes, so that tests can send what no client library would.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
};

use crate::exchange::connect;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// Why a stream or a connection ends.
pub(crate) const REFUSED_STREAM: u32 = 7;
pub(crate) const CANCEL: u32 = 8;
pub(crate) const ENHANCE_YOUR_CALM: u32 = 11;

/// Largest payload that a server takes without having said so.
pub(crate) const PAYLOAD_MAX: usize = 16_384;

#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    /// The reason in a frame that ends a stream.
    pub(crate) fn reset_reason(&self) -> u32 {
        assert_eq!(self.kind, RST_STREAM, "{self:?}");
        u32::from_be_bytes(self.payload[..4].try_into().unwrap())
    }
}

/// The bytes of a frame.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    assert!(payload.len() <= PAYLOAD_MAX);
    let mut bytes = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// The compressed head of a request, without any table.
pub(crate) fn head(method: &str, path: &str) -> Vec<u8> {
    let mut block = match method {
        "GET" => vec![0x82],
        _ => vec![0x83],
    };
    // `:scheme` is in the table of the protocol, `:path` and `:authority` are names in it.
    block.push(0x86);
    block.push(0x04);
    push_text(&mut block, path.as_bytes());
    block.push(0x01);
    push_text(&mut block, b"x");
    block
}

/// A header of its own, which is remembered by both sides if `is_remembered`.
pub(crate) fn header(name: &str, value: &[u8], is_remembered: bool) -> Vec<u8> {
    let mut block = vec![if is_remembered { 0x40 } else { 0x00 }];
    push_text(&mut block, name.as_bytes());
    push_text(&mut block, value);
    block
}

/// A length in the form of RFC 7541, 5.1, and the text.
fn push_text(block: &mut Vec<u8>, text: &[u8]) {
    let mut rest = text.len();
    if rest < 127 {
        block.push(rest as u8);
    } else {
        block.push(127);
        rest -= 127;
        while rest >= 128 {
            block.push((rest % 128) as u8 | 0x80);
            rest /= 128;
        }
        block.push(rest as u8);
    }
    block.extend(text);
}

/// A connection that has said that it speaks HTTP/2.
pub(crate) struct Http2 {
    pub(crate) stream: TcpStream,
}

/// How a connection went on.
#[derive(Debug)]
pub(crate) enum Next {
    Frame(Frame),
    /// The server ends the connection and says why.
    GoAway(u32),
    /// It has ended without a word; what it said may have been lost with what it did not read.
    Closed,
}

impl Http2 {
    pub(crate) fn connect(address: &str) -> Self {
        let mut stream = connect(address);
        stream.write_all(PREFACE).unwrap();
        stream.write_all(&frame(SETTINGS, 0, 0, &[])).unwrap();
        Self { stream }
    }

    pub(crate) fn send(&mut self, frames: &[u8]) -> io::Result<()> {
        self.stream.write_all(frames)
    }

    /// What the server says next about a stream or about the end.
    pub(crate) fn next(&mut self) -> Next {
        loop {
            let mut start = [0; 9];
            if let Err(error) = self.stream.read_exact(&mut start) {
                assert_ne!(error.kind(), io::ErrorKind::WouldBlock, "the server says nothing");
                return Next::Closed;
            }
            let length = u32::from_be_bytes([0, start[0], start[1], start[2]]) as usize;
            let mut payload = vec![0; length];
            if self.stream.read_exact(&mut payload).is_err() {
                return Next::Closed;
            }
            let stream = u32::from_be_bytes(start[5..].try_into().unwrap());
            match start[3] {
                GOAWAY => return Next::GoAway(u32::from_be_bytes(payload[4..8].try_into().unwrap())),
                HEADERS | RST_STREAM => {
                    return Next::Frame(Frame { kind: start[3], flags: start[4], stream, payload });
                }
                _ => {}
            }
        }
    }
}
