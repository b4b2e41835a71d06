//! Which version of HTTP a connection speaks, and when it counts as idle.

use tokio::time::Instant;

use super::*;

/// Reads in the given pieces what `begin` and the connection after it see.
async fn read_in_pieces(pieces: &[&[u8]]) -> (bool, Vec<u8>) {
    let mut builder = tokio_test_stream(pieces);
    let (is_http2, start) = begin(&mut builder).await.unwrap();
    let mut whole = Vec::new();
    Begun { start, stream: builder }.read_to_end(&mut whole).await.unwrap();
    (is_http2, whole)
}

/// Gives one piece at each read.
struct Pieces(std::collections::VecDeque<Vec<u8>>);

fn tokio_test_stream(pieces: &[&[u8]]) -> Pieces {
    Pieces(pieces.iter().map(|piece| piece.to_vec()).collect())
}

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(mut piece) = self.0.pop_front() {
            let rest = piece.split_off(piece.len().min(buffer.remaining()));
            buffer.put_slice(&piece);
            if !rest.is_empty() {
                self.0.push_front(rest);
            }
        }
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn the_first_bytes_show_the_version_and_are_not_lost() {
    let cases: [(&[&[u8]], bool); 8] = [
        (&[b"GET / HTTP/1.1\r\n\r\n"], false),
        (&[b"P", b"OST / HTTP/1.1\r\n\r\n"], false),
        (&[b"PRI * HTTP/1.1\r\n\r\n", b"more"], false),
        (&[PREFACE], true),
        (&[b"P", b"RI * HTTP/2.0\r\n", b"\r\nSM\r\n\r\n", b"frames"], true),
        (&[b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nframes"], true),
        (&[b"PRI * HTTP"], false),
        (&[], false),
    ];
    for (pieces, expected) in cases {
        let (is_http2, whole) = read_in_pieces(pieces).await;
        assert_eq!(is_http2, expected, "{pieces:?}");
        assert_eq!(whole, pieces.concat());
    }
}

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(start_paused = true)]
async fn a_connection_without_requests_is_idle_after_its_patience() {
    let activity = Activity::default();
    let started = Instant::now();
    idle(Some(&activity), PATIENCE).await;
    assert!((PATIENCE..=2 * PATIENCE).contains(&started.elapsed()), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn requests_under_way_and_new_ones_keep_a_connection() {
    let activity = Arc::new(Activity::default());
    let waiting = tokio::spawn({
        let activity = Arc::clone(&activity);
        async move { idle(Some(&activity), PATIENCE).await }
    });
    let long = UnderWay::begin(&activity);
    tokio::time::sleep(10 * PATIENCE).await;
    assert!(!waiting.is_finished());
    drop(long);
    for _ in 0..10 {
        drop(UnderWay::begin(&activity));
        tokio::time::sleep(Duration::from_secs(29)).await;
        assert!(!waiting.is_finished());
    }
    waiting.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn http_1_notices_by_itself() {
    assert!(timeout(100 * PATIENCE, idle(None, PATIENCE)).await.is_err());
}
