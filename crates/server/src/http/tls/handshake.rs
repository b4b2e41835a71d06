//! Handshakes: bounded in time and number, with an answer for those who speak plain HTTP.

use std::{io, time::Duration};

use rustls::server::Acceptor;
use tokio::{io::AsyncWriteExt as _, net::TcpStream, sync::Semaphore, time::timeout};
use tokio_rustls::{LazyConfigAcceptor, server::TlsStream};

use super::Tls;

/// Longest time for a whole handshake, which takes three messages.
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(10);

/// Handshakes that may be worked on at a time. They cost a thousand times what a small request does,
/// so a rush of them must not starve the connections that are open.
const HANDSHAKES_MAX: usize = 512;

/// What a program is told that does not encrypt. The text is JSON, as clients expect.
const PLAIN_ANSWER: &str = "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n\
    Content-Length: 98\r\nConnection: close\r\n\r\n\
    {\"error\":\"InvalidArgumentError\",\"message\":\"this port speaks HTTPS: use https:// or ssl=True here\"}";

/// An encrypted connection.
pub(crate) struct Secured {
    pub(crate) stream: TlsStream<TcpStream>,
    /// Whether the client chose HTTP/2.
    pub(crate) is_http2: bool,
}

/// Counts the handshakes of all connections.
pub(crate) struct Handshakes {
    permits: Semaphore,
    patience: Duration,
}

impl Handshakes {
    pub(crate) fn new() -> Self {
        Self { permits: Semaphore::new(HANDSHAKES_MAX), patience: HANDSHAKE_PATIENCE }
    }

    /// Agrees on a key with the client.
    ///
    /// # Errors
    /// When the client is too slow, shows no certificate that is accepted, or does not speak TLS.
    pub(crate) async fn accept(&self, stream: TcpStream, tls: &Tls) -> io::Result<Secured> {
        match timeout(self.patience, self.shake_hands(stream, tls)).await {
            Ok(secured) => secured,
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "the client is too slow")),
        }
    }

    async fn shake_hands(&self, mut stream: TcpStream, tls: &Tls) -> io::Result<Secured> {
        let mut first = [0];
        if stream.peek(&mut first).await? == 1 && first[0].is_ascii_uppercase() {
            stream.write_all(PLAIN_ANSWER.as_bytes()).await?;
            stream.shutdown().await?;
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the client speaks HTTP without TLS"));
        }
        // Waiting for a silent client costs a socket only; it gets its share of the work later.
        let client = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
        let Ok(_permit) = self.permits.acquire().await else {
            return Err(io::Error::other("the server is stopping"));
        };
        let stream = client.into_stream(tls.config()).await?;
        let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok(Secured { stream, is_http2 })
    }
}
