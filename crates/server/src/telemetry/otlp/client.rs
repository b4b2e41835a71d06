//! One connection to a collector.

use std::{path::PathBuf, sync::Arc, time::Duration};

use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use bytes::{BufMut as _, Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    body::Incoming,
    client::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;

use super::{
    endpoint::{Endpoint, Protocol, Signal, percent_decode},
    roots,
};

/// An answer says yes or why not; more of it is not read.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// Why a message did not arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SendError {
    /// Whether the same message may arrive later.
    pub(crate) is_temporary: bool,
    pub(crate) reason: String,
}

impl SendError {
    fn temporary(reason: impl std::fmt::Display) -> Self {
        Self { is_temporary: true, reason: reason.to_string() }
    }
}

/// Sends messages to one collector, one at a time. Connects when there is something to send, and again
/// after a connection broke.
pub(crate) struct Client {
    endpoint: Endpoint,
    tls: Option<TlsConnector>,
    /// How long one message may take, the connection included.
    patience: Duration,
    connection: Option<Connection>,
}

enum Connection {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

impl Client {
    /// Prepares a client; nothing is sent yet. `ca_file` replaces the system's authorities.
    ///
    /// # Errors
    /// A sentence for the person who configured it.
    pub(crate) fn new(
        endpoint: Endpoint,
        ca_file: Option<&PathBuf>,
        patience: Duration,
    ) -> Result<Self, String> {
        let protocol: &[u8] = match endpoint.protocol {
            Protocol::Grpc => b"h2",
            Protocol::Http => b"http/1.1",
        };
        let config = |()| roots::client_config(ca_file.map(PathBuf::as_path), protocol);
        let config: Option<ClientConfig> = endpoint.is_tls.then_some(()).map(config).transpose()?;
        let tls = config.map(|config| TlsConnector::from(Arc::new(config)));
        Ok(Self { endpoint, tls, patience, connection: None })
    }

    /// The collector's address, for log lines.
    pub(crate) fn address(&self) -> String {
        let scheme = if self.endpoint.is_tls { "https" } else { "http" };
        format!("{scheme}://{}", self.endpoint.authority())
    }

    /// Sends one message and waits for the answer.
    ///
    /// # Errors
    /// See [`SendError`].
    pub(crate) async fn send(&mut self, signal: Signal, message: Vec<u8>) -> Result<(), SendError> {
        let sent = timeout(self.patience, self.send_without_limit(signal, message)).await;
        let result = sent.unwrap_or_else(|_| Err(SendError::temporary("no answer in time")));
        if result.is_err() {
            self.connection = None;
        }
        result
    }

    async fn send_without_limit(&mut self, signal: Signal, message: Vec<u8>) -> Result<(), SendError> {
        let request = self.request(signal, message)?;
        let mut kept = self.connection.take();
        let is_ready = match &mut kept {
            Some(connection) => connection.is_ready().await,
            None => false,
        };
        let mut connection = match kept {
            Some(connection) if is_ready => connection,
            _ => self.connect().await?,
        };
        let response = connection.send(request).await.map_err(|error| SendError::temporary(chain(&error)))?;
        let result = match self.endpoint.protocol {
            Protocol::Grpc => grpc_result(response).await,
            Protocol::Http => http_result(response).await,
        };
        self.connection = Some(connection);
        result
    }

    fn request(&self, signal: Signal, message: Vec<u8>) -> Result<Request<Full<Bytes>>, SendError> {
        let endpoint = &self.endpoint;
        let (path, scheme) = (endpoint.path(signal), if endpoint.is_tls { "https" } else { "http" });
        let (content_type, body, uri) = match endpoint.protocol {
            // Length-prefixed, not compressed.
            Protocol::Grpc => {
                let mut framed = BytesMut::with_capacity(message.len() + 5);
                framed.put_u8(0);
                framed.put_u32(message.len() as u32);
                framed.extend_from_slice(&message);
                let uri = format!("{scheme}://{}{path}", endpoint.authority());
                ("application/grpc", framed.freeze(), uri)
            }
            Protocol::Http => ("application/x-protobuf", Bytes::from(message), path),
        };
        let mut request = Request::builder().method(Method::POST).uri(uri);
        if let Some(headers) = request.headers_mut() {
            let user_agent = concat!("huedb/", env!("CARGO_PKG_VERSION"));
            headers.insert(header::USER_AGENT, HeaderValue::from_static(user_agent));
            headers.extend(endpoint.headers.iter().map(|(name, value)| (name.clone(), value.clone())));
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
            match endpoint.protocol {
                Protocol::Grpc => headers.insert(header::TE, HeaderValue::from_static("trailers")),
                Protocol::Http => match HeaderValue::try_from(endpoint.authority()) {
                    Ok(host) => headers.insert(header::HOST, host),
                    Err(_) => None,
                },
            };
        }
        let wrong =
            |error| SendError { is_temporary: false, reason: format!("cannot make a request: {error}") };
        request.body(Full::new(body)).map_err(wrong)
    }

    async fn connect(&self) -> Result<Connection, SendError> {
        let (host, port) = (self.endpoint.host.as_str(), self.endpoint.port);
        let stream = TcpStream::connect((host, port)).await.map_err(SendError::temporary)?;
        let _ = stream.set_nodelay(true);
        let Some(tls) = &self.tls else { return handshake(stream, self.endpoint.protocol).await };
        let name = ServerName::try_from(host.to_owned()).map_err(SendError::temporary)?;
        let stream = tls.connect(name, stream).await.map_err(|error| {
            let hint = "a collector without TLS is written with http://";
            SendError::temporary(format!("no TLS connection ({hint}): {error}"))
        })?;
        handshake(stream, self.endpoint.protocol).await
    }
}

async fn handshake<S>(stream: S, protocol: Protocol) -> Result<Connection, SendError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let stream = TokioIo::new(stream);
    // The tasks end with their connection; its errors reach whoever sends.
    match protocol {
        Protocol::Grpc => {
            let made = http2::handshake(TokioExecutor::new(), stream).await;
            let (sender, connection) = made.map_err(|error| SendError::temporary(chain(&error)))?;
            tokio::spawn(connection);
            Ok(Connection::Http2(sender))
        }
        Protocol::Http => {
            let made = http1::handshake(stream).await;
            let (sender, connection) = made.map_err(|error| SendError::temporary(chain(&error)))?;
            tokio::spawn(connection);
            Ok(Connection::Http1(sender))
        }
    }
}

impl Connection {
    async fn is_ready(&mut self) -> bool {
        match self {
            Self::Http1(sender) => sender.ready().await.is_ok(),
            Self::Http2(sender) => sender.ready().await.is_ok(),
        }
    }

    async fn send(&mut self, request: Request<Full<Bytes>>) -> hyper::Result<Response<Incoming>> {
        match self {
            Self::Http1(sender) => sender.send_request(request).await,
            Self::Http2(sender) => sender.send_request(request).await,
        }
    }
}

/// Statuses of gRPC after which OTLP allows another try.
const GRPC_TEMPORARY: [&str; 7] = ["1", "4", "8", "10", "11", "14", "15"];

async fn grpc_result(response: Response<Incoming>) -> Result<(), SendError> {
    if response.status() != StatusCode::OK {
        return Err(of_status(response.status()));
    }
    // A refusal without a message comes in the head.
    let head = response.headers().clone();
    let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
    let body = body.map_err(|error| SendError::temporary(format!("broken answer: {error}")))?;
    let trailers = body.trailers().unwrap_or(&head);
    match text_of(trailers, "grpc-status").as_deref() {
        Some("0") => Ok(()),
        Some(status) => {
            let message = percent_decode(&text_of(trailers, "grpc-message").unwrap_or_default());
            let reason = format!("refused with gRPC status {status} {message}");
            Err(SendError { is_temporary: GRPC_TEMPORARY.contains(&status), reason })
        }
        None => Err(SendError::temporary("the answer is not one of gRPC")),
    }
}

async fn http_result(response: Response<Incoming>) -> Result<(), SendError> {
    let status = response.status();
    // Read to its end, or the connection cannot be used again.
    let _ = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
    if status.is_success() { Ok(()) } else { Err(of_status(status)) }
}

fn of_status(status: StatusCode) -> SendError {
    let is_temporary = matches!(status.as_u16(), 429 | 502 | 503 | 504);
    SendError { is_temporary, reason: format!("refused with HTTP status {}", status.as_u16()) }
}

fn text_of(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// The error with its causes: hyper's own text does not say what happened.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
