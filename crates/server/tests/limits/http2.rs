//! Floods of HTTP/2 frames: the connection that sends them ends or its streams are refused, memory stays,
//! and others are served meanwhile.

use std::{net::Shutdown, thread};

use crate::{
    client::{Client, own_memory},
    frames::{
        CANCEL, CONTINUATION, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, Frame, HEADERS, Http2, Next,
        PAYLOAD_MAX, REFUSED_STREAM, RST_STREAM, frame, head, header,
    },
    process::{Place, Server},
    size,
};

/// Streams that one connection may have open, as `docs/tls.md` says.
const STREAMS_MAX: u32 = 128;

/// Of the whole process, for any of the floods: buffers of a connection and what its streams keep.
const GROWTH_BYTES_MAX: usize = 16 << 20;

const HEARTBEAT: &str = "/api/v2/heartbeat";

/// Whether a connection on which a flood of `chunks` is sent ends before the flood does.
fn is_cut_off(server: &Server, chunks: impl Iterator<Item = Vec<u8>> + Send) -> bool {
    let mut reader = Http2::connect(&server.address);
    let mut writer = Http2 { stream: reader.stream.try_clone().unwrap() };
    thread::scope(|scope| {
        let writing = scope.spawn(move || {
            let is_refused = chunks.into_iter().any(|chunk| writer.send(&chunk).is_err());
            // Nothing more comes, so that the other side of a connection that stays open ends too.
            let _ = writer.stream.shutdown(Shutdown::Write);
            is_refused
        });
        loop {
            match reader.next() {
                Next::Frame(_) => {}
                Next::GoAway(reason) => return reason == ENHANCE_YOUR_CALM,
                Next::Closed => return writing.join().unwrap(),
            }
        }
    })
}

#[track_caller]
fn check_flood(what: &str, chunks: impl Iterator<Item = Vec<u8>> + Send) {
    let place = Place::new();
    let server = place.start(&[]);
    let mut other = Client::connect(&server.address);
    other.done("GET", HEARTBEAT, "");
    let before = own_memory(server.pid());
    assert!(is_cut_off(&server, chunks), "{what}: the connection goes on");
    let growth = own_memory(server.pid()).saturating_sub(before);
    assert!(growth < GROWTH_BYTES_MAX, "{what}: {growth} bytes more");
    other.done("GET", HEARTBEAT, "");
}

/// Identifiers of a client's streams.
fn streams() -> impl Iterator<Item = u32> {
    (0..).map(|number| 2 * number + 1)
}

#[test]
fn streams_that_are_opened_and_reset_in_a_rush_end_the_connection() {
    let opened = head("GET", HEARTBEAT);
    let pairs: Vec<Vec<u8>> = streams()
        .take(size(1_000_000, 100_000))
        .map(|stream| {
            let reset = frame(RST_STREAM, 0, stream, &CANCEL.to_be_bytes());
            [frame(HEADERS, END_HEADERS | END_STREAM, stream, &opened), reset].concat()
        })
        .collect();
    check_flood("rapid reset", pairs.chunks(1_000).map(<[Vec<u8>]>::concat));
}

#[test]
fn a_head_without_end_ends_the_connection() {
    let begin = || std::iter::once(frame(HEADERS, END_STREAM, 1, &head("GET", HEARTBEAT)));
    let count = size(1_000_000, 100_000);
    let empty = frame(CONTINUATION, 0, 1, &[]).repeat(1_000);
    check_flood("empty continuations", begin().chain(std::iter::repeat_n(empty, count / 1_000)));
    let full = header("x", &[b'a'; PAYLOAD_MAX - 20], false);
    let full = frame(CONTINUATION, 0, 1, &full);
    check_flood("full continuations", begin().chain(std::iter::repeat_n(full, count / 100)));
}

#[test]
fn a_head_that_names_one_long_header_a_thousand_times_ends_the_connection() {
    // Index 62 (0xbe) is the header that was remembered last: one byte stands for four thousand.
    let bomb = |stream| {
        let mut block = head("GET", HEARTBEAT);
        block.extend(header("x", &[b'a'; 4_000], true));
        block.resize(PAYLOAD_MAX, 0xbe);
        frame(HEADERS, END_HEADERS | END_STREAM, stream, &block)
    };
    check_flood("compressed heads", streams().take(size(10_000, 1_000)).map(bomb));
}

/// Reads until the server has said `wanted` about a stream.
#[track_caller]
fn said_of(connection: &mut Http2, stream: u32) -> Frame {
    loop {
        match connection.next() {
            Next::Frame(frame) if frame.stream == stream => return frame,
            Next::Frame(_) => {}
            ended => panic!("nothing is said of stream {stream}: {ended:?}"),
        }
    }
}

#[test]
fn more_streams_than_allowed_are_refused_and_then_the_connection_ends() {
    let place = Place::new();
    let server = place.start(&[]);
    let mut other = Client::connect(&server.address);
    other.done("GET", HEARTBEAT, "");
    let before = own_memory(server.pid());
    let mut connection = Http2::connect(&server.address);
    // Their bodies never come, so they stay open.
    let opened = head("POST", "/api/v2/tenants");
    let open = |stream| frame(HEADERS, END_HEADERS, stream, &opened);
    for stream in streams().take(STREAMS_MAX as usize) {
        connection.send(&open(stream)).unwrap();
    }
    let next = 2 * STREAMS_MAX + 1;
    connection.send(&open(next)).unwrap();
    assert_eq!(said_of(&mut connection, next).reset_reason(), REFUSED_STREAM);
    for stream in streams().skip(STREAMS_MAX as usize + 1).take(size(100_000, 10_000)) {
        if connection.send(&open(stream)).is_err() {
            break;
        }
    }
    loop {
        match connection.next() {
            Next::Frame(frame) => assert_eq!(frame.reset_reason(), REFUSED_STREAM),
            Next::GoAway(reason) => break assert_eq!(reason, ENHANCE_YOUR_CALM),
            Next::Closed => break,
        }
    }
    let growth = own_memory(server.pid()).saturating_sub(before);
    assert!(growth < GROWTH_BYTES_MAX, "{growth} bytes more");
    other.done("GET", HEARTBEAT, "");
}

#[test]
fn a_head_that_is_too_large_is_a_431_and_the_connection_goes_on() {
    let place = Place::new();
    let server = place.start(&[]);
    let mut connection = Http2::connect(&server.address);
    let large = |bytes: usize| {
        let mut block = head("GET", HEARTBEAT);
        (0..bytes / 8_000)
            .for_each(|number| block.extend(header(&format!("x{number}"), &[b'a'; 8_000], false)));
        block
    };
    // `:status` is 200 by its place in the table, or 431 in the code of RFC 7541.
    for (stream, bytes, status) in
        [(1, 100_000, &b"\x88"[..]), (3, 140_000, b"\x83\x69\x90\xff"), (5, 0, b"\x88")]
    {
        let block = large(bytes);
        let mut parts = block.chunks(PAYLOAD_MAX);
        let first = parts.next().unwrap();
        let end = |is_last| if is_last { END_HEADERS } else { 0 };
        let mut frames = frame(HEADERS, END_STREAM | end(parts.len() == 0), stream, first);
        while let Some(part) = parts.next() {
            frames.extend(frame(CONTINUATION, end(parts.len() == 0), stream, part));
        }
        connection.send(&frames).unwrap();
        let answer = said_of(&mut connection, stream);
        assert_eq!((answer.kind, answer.flags & END_HEADERS), (HEADERS, END_HEADERS), "bytes={bytes}");
        let payload = &answer.payload;
        assert!(payload.windows(status.len()).any(|part| part == status), "bytes={bytes} {payload:x?}");
    }
}
