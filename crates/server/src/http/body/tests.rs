//! Bodies within and beyond their limit.

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll},
};

use hyper::body::{Frame, SizeHint};

use super::*;

/// One step of a client that sends a body.
#[derive(Clone, Copy)]
enum Step {
    Data(&'static [u8]),
    Silence,
    Break,
}
use Step::{Break, Data, Silence};

/// A body that follows a script.
struct Script {
    steps: VecDeque<Step>,
    declared: Option<u64>,
}

impl hyper::body::Body for Script {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        // Silence lasts, however often one listens.
        if let Some(Silence) = self.steps.front() {
            return Poll::Pending;
        }
        match self.steps.pop_front() {
            None | Some(Silence) => Poll::Ready(None),
            Some(Data(data)) => Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(data))))),
            Some(Break) => Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionReset.into()))),
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.declared.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

const LIMIT: usize = 8;

async fn read(steps: &[Step], declared: Option<u64>) -> Result<Bytes, BodyError> {
    let script = Script { steps: steps.iter().copied().collect(), declared };
    read_plain(Unread::of(Request::new(Body::new(script))), LIMIT, &BodyMemory::new(1 << 20), true)
        .await
        .map(|read| read.bytes)
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(future)
}

#[track_caller]
fn check(steps: &[Step], declared: Option<u64>, expected: Result<&str, BodyError>) {
    let actual = block_on(read(steps, declared));
    assert_eq!(actual, expected.map(|text| Bytes::copy_from_slice(text.as_bytes())));
}

const TOO_LARGE: Result<&str, BodyError> = Err(BodyError::TooLarge { limit: LIMIT });

#[test]
fn a_body_is_read_whole_in_however_many_pieces() {
    check(&[], None, Ok(""));
    check(&[], Some(0), Ok(""));
    check(&[Data(b"abc")], Some(3), Ok("abc"));
    check(&[Data(b"abc"), Data(b""), Data(b"de")], None, Ok("abcde"));
}

#[test]
fn the_limit_is_the_largest_size_allowed() {
    check(&[Data(b"12345678")], Some(8), Ok("12345678"));
    check(&[Data(b"1234"), Data(b"5678")], None, Ok("12345678"));
    check(&[Data(b"123456789")], Some(9), TOO_LARGE);
    check(&[Data(b"123456789")], None, TOO_LARGE);
    check(&[Data(b"1234"), Data(b"56789")], None, TOO_LARGE);
    check(&[Data(b"1"), Data(b"23456789"), Data(b"0")], None, TOO_LARGE);
}

#[test]
fn a_refused_body_is_drained_until_it_ends_breaks_or_stalls() {
    check(&[Data(b"12345"), Data(b"6789")], Some(9), TOO_LARGE);
    check(&[Data(b"12345"), Break], Some(9), TOO_LARGE);
    check(&[Data(b"12345"), Silence], Some(9), TOO_LARGE);
}

#[test]
fn a_client_that_asked_before_sending_gets_its_refusal_at_once() {
    let waits = block_on(async {
        let script = Script { steps: [Silence].into(), declared: Some(9) };
        let mut request = Request::new(Body::new(script));
        request.headers_mut().insert(header::EXPECT, "100-continue".parse().unwrap());
        let started = Instant::now();
        let read = read_plain(Unread::of(request), LIMIT, &BodyMemory::new(1 << 20), true).await;
        assert_eq!(read.map(|read| read.bytes), Err(BodyError::TooLarge { limit: LIMIT }));
        started.elapsed()
    });
    assert_eq!(waits, Duration::ZERO);
}

#[test]
fn a_broken_body_is_no_body() {
    check(&[Break], Some(3), Err(BodyError::Disconnected));
    check(&[Data(b"abc"), Break], Some(5), Err(BodyError::Disconnected));
}

#[test]
fn silence_is_waited_for_only_so_long() {
    check(&[Silence], Some(3), Err(BodyError::TooSlow));
    check(&[Data(b"abc"), Silence], Some(5), Err(BodyError::TooSlow));
}
