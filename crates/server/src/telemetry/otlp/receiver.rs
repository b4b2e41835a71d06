//! A collector for tests: takes OTLP over gRPC and HTTP and reads it with the official definitions.

use std::{
    convert::Infallible,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use axum::http::{HeaderMap, HeaderValue, Request, Response};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, combinators::BoxBody};
use hyper::{body::Incoming, server::conn, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry_proto::tonic::{
    collector::{metrics::v1::ExportMetricsServiceRequest, trace::v1::ExportTraceServiceRequest},
    common::v1::{AnyValue, KeyValue, any_value},
    trace::v1::Span,
};
use prost::Message as _;
use rcgen::{CertificateParams, KeyPair};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use super::endpoint::Protocol;

/// How the collector answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    Takes,
    /// Reads and never answers.
    Silent,
    /// Says that this will never be taken.
    Refuses,
}

/// What has arrived.
#[derive(Debug, Default)]
pub(crate) struct Received {
    pub(crate) spans: Vec<Span>,
    pub(crate) metrics: Vec<ExportMetricsServiceRequest>,
    /// Heads of the messages: path and headers.
    pub(crate) heads: Vec<(String, HeaderMap)>,
    pub(crate) resource: Vec<(String, String)>,
}

pub(crate) struct Receiver {
    pub(crate) endpoint: String,
    pub(crate) received: Arc<Mutex<Received>>,
}

impl Receiver {
    pub(crate) async fn start(protocol: Protocol, manner: Manner) -> Self {
        Self::listen(protocol, manner, None).await
    }

    /// The same over TLS, with the certificate of `identity`.
    pub(crate) async fn start_encrypted(protocol: Protocol, identity: &Identity) -> Self {
        let acceptor = TlsAcceptor::from(Arc::new(identity.server_config(protocol)));
        Self::listen(protocol, Manner::Takes, Some(acceptor)).await
    }

    async fn listen(protocol: Protocol, manner: Manner, acceptor: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let endpoint = match acceptor {
            Some(_) => format!("https://localhost:{port}"),
            None => format!("http://127.0.0.1:{port}"),
        };
        let received: Arc<Mutex<Received>> = Arc::default();
        let store = Arc::clone(&received);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (store, acceptor) = (Arc::clone(&store), acceptor.clone());
                tokio::spawn(async move {
                    match acceptor {
                        None => serve(stream, store, protocol, manner).await,
                        Some(acceptor) => {
                            // A client that does not trust the certificate ends it here.
                            if let Ok(stream) = acceptor.accept(stream).await {
                                serve(stream, store, protocol, manner).await;
                            }
                        }
                    }
                });
            }
        });
        Self { endpoint, received }
    }
}

async fn serve<S>(stream: S, store: Arc<Mutex<Received>>, protocol: Protocol, manner: Manner)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let stream = TokioIo::new(stream);
    let service = service_fn(move |request| answer(request, Arc::clone(&store), protocol, manner));
    // A client that goes away is part of some tests.
    let _ = match protocol {
        Protocol::Grpc => {
            conn::http2::Builder::new(TokioExecutor::new()).serve_connection(stream, service).await
        }
        Protocol::Http => conn::http1::Builder::new().serve_connection(stream, service).await,
    };
}

/// A certificate for `localhost` that is its own authority.
pub(crate) struct Identity {
    certificate: rcgen::Certificate,
    key: KeyPair,
    directory: tempfile::TempDir,
}

impl Identity {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let parameters = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("ca.pem"), certificate.pem()).unwrap();
        Self { certificate, key, directory }
    }

    /// What a client must trust.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    /// Speaks one protocol only, so that a client that asks for none of it is refused.
    fn server_config(&self, protocol: Protocol) -> ServerConfig {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).unwrap();
        let chain = vec![self.certificate.der().clone()];
        let mut config = builder.unwrap().with_no_client_auth().with_single_cert(chain, key).unwrap();
        config.alpn_protocols = vec![match protocol {
            Protocol::Grpc => b"h2".to_vec(),
            Protocol::Http => b"http/1.1".to_vec(),
        }];
        config
    }
}

type Answer = Response<BoxBody<Bytes, Infallible>>;

async fn answer(
    request: Request<Incoming>,
    store: Arc<Mutex<Received>>,
    protocol: Protocol,
    manner: Manner,
) -> Result<Answer, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let message = match protocol {
        Protocol::Grpc => {
            assert_eq!(body[0], 0, "not compressed");
            assert_eq!(u32::from_be_bytes(body[1..5].try_into().unwrap()) as usize, body.len() - 5);
            body.slice(5..)
        }
        Protocol::Http => body,
    };
    if manner != Manner::Refuses {
        keep(&mut store.lock().unwrap(), head.uri.path(), head.headers, message);
    }
    match manner {
        Manner::Silent => std::future::pending().await,
        Manner::Takes => Ok(reply(protocol, 200, "0")),
        Manner::Refuses => Ok(reply(protocol, 400, "3")),
    }
}

fn keep(store: &mut Received, path: &str, headers: HeaderMap, message: Bytes) {
    store.heads.push((path.to_owned(), headers));
    if path.to_ascii_lowercase().contains("metrics") {
        store.metrics.push(ExportMetricsServiceRequest::decode(message).unwrap());
        return;
    }
    for of_resource in ExportTraceServiceRequest::decode(message).unwrap().resource_spans {
        store.resource = pairs(&of_resource.resource.unwrap().attributes);
        for of_scope in of_resource.scope_spans {
            assert_eq!(of_scope.scope.unwrap().name, "huedb");
            store.spans.extend(of_scope.spans);
        }
    }
}

fn reply(protocol: Protocol, status: u16, grpc: &'static str) -> Answer {
    let empty = Full::new(Bytes::new());
    match protocol {
        Protocol::Http => Response::builder().status(status).body(empty.boxed()).unwrap(),
        Protocol::Grpc => {
            let trailers =
                HeaderMap::from_iter([("grpc-status".parse().unwrap(), HeaderValue::from_static(grpc))]);
            let body = Full::new(Bytes::from_static(&[0, 0, 0, 0, 0]));
            let body = body.with_trailers(std::future::ready(Some(Ok(trailers))));
            Response::builder().header("content-type", "application/grpc").body(body.boxed()).unwrap()
        }
    }
}

/// Attributes as text.
pub(crate) fn pairs(attributes: &[KeyValue]) -> Vec<(String, String)> {
    attributes.iter().map(|pair| (pair.key.clone(), text(pair.value.as_ref()))).collect()
}

fn text(value: Option<&AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        Some(any_value::Value::StringValue(text)) => text.clone(),
        Some(any_value::Value::IntValue(number)) => number.to_string(),
        Some(any_value::Value::BoolValue(switch)) => switch.to_string(),
        other => panic!("an unusual value: {other:?}"),
    }
}
