//! Sockets: listening, connections, and stopping without losing an answer.

use std::{
    convert::Infallible,
    io,
    net::{SocketAddr, ToSocketAddrs as _},
    sync::Arc,
    time::Duration,
};

use axum::body::Body;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};

use super::Api;
use crate::{auth::throttle::Source, telemetry::trace::Connection};

/// Bound of a request's head; also the size in which bodies are read and written.
const BUFFER_BYTES_MAX: usize = 128 << 10;

/// How long requests that are under way may take to end once the server stops. Docker kills after 10 s,
/// and the flush comes afterwards.
const DRAIN_PATIENCE: Duration = Duration::from_secs(7);

/// Connections that the system keeps for us until they are accepted.
const BACKLOG: i32 = 1024;

/// A client whose machine vanished is noticed after about this long.
const KEEPALIVE: Duration = Duration::from_mins(1);

/// Pause after a refused accept, which usually means that the process is out of files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What one process grants to all connections.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConnectionLimits {
    /// Open connections; further ones wait in the system's queue.
    pub(crate) connections_max: usize,
    /// How long a client may take to send the head of a request, and how long an idle connection stays.
    pub(crate) head_patience: Duration,
}

/// A bound socket.
pub(crate) struct Listening {
    listener: TcpListener,
    address: SocketAddr,
}

impl Listening {
    /// Binds to `host`, an address or a name. Must be called inside the async runtime.
    ///
    /// # Errors
    /// A sentence for the person who started the server.
    pub(crate) fn bind(host: &str, port: u16) -> Result<Self, String> {
        let found = (host, port).to_socket_addrs();
        let mut found = found.map_err(|error| format!("cannot find the address of `{host}`: {error}"))?;
        let first = found.next().ok_or_else(|| format!("`{host}` has no address"))?;
        // Names like localhost mean both families; most clients try IPv4.
        let wanted = std::iter::once(first).chain(found).find(SocketAddr::is_ipv4).unwrap_or(first);
        listen(wanted).map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => {
                format!("port {port} of {host} is in use by another program; choose another with --port")
            }
            io::ErrorKind::PermissionDenied => format!("this user may not listen on port {port} of {host}"),
            io::ErrorKind::AddrNotAvailable => {
                format!("{host} is not an address of this machine; choose another with --host")
            }
            _ => format!("cannot listen on port {port} of {host}: {error}"),
        })
    }

    /// The address with the port that is really in use.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

fn listen(wanted: SocketAddr) -> io::Result<Listening> {
    let socket = socket2::Socket::new(
        socket2::Domain::for_address(wanted),
        socket2::Type::STREAM,
        Some(socket2::Protocol::TCP),
    )?;
    // A restarted server takes its port back at once. On Windows the option means something else.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&wanted.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    let listener = TcpListener::from_std(socket.into())?;
    let address = listener.local_addr()?;
    Ok(Listening { listener, address })
}

/// Serves until a signal comes, then lets requests that are under way end, for a bounded time.
pub(crate) async fn serve(
    listening: Listening,
    api: Arc<Api>,
    limits: ConnectionLimits,
    mut signals: Signals,
) {
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            signal = signals.next() => {
                tracing::info!(signal, connections = connections.len(), "stopping");
                break;
            }
            accepted = listening.listener.accept(), if connections.len() < limits.connections_max => {
                match accepted {
                    Ok((stream, peer)) => {
                        let port = Some(listening.address.port());
                        let facts = Connection { peer: Some(peer), port, is_tls: false };
                        let (api, patience) = (Arc::clone(&api), limits.head_patience);
                        connections.spawn(connection(stream, facts, api, patience, graceful.watcher()));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "cannot accept a connection");
                        sleep(ACCEPT_PAUSE).await;
                    }
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listening);
    api.stop();
    signals.exit_on_next();
    if timeout(DRAIN_PATIENCE, graceful.shutdown()).await.is_err() {
        tracing::warn!(connections = connections.len(), "cutting off requests that did not end in time");
    }
    connections.shutdown().await;
}

/// Connections at a time to a port that only operators use.
const OPERATORS_MAX: usize = 64;

/// Serves until the process ends; for a port without clients whose answers must not be lost.
pub(crate) async fn serve_operators(listening: Listening, api: Arc<Api>, head_patience: Duration) {
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listening.listener.accept(), if connections.len() < OPERATORS_MAX => match accepted {
                Ok((stream, peer)) => {
                    let facts = Connection { peer: Some(peer), ..Connection::default() };
                    let (api, watcher) = (Arc::clone(&api), graceful.watcher());
                    connections.spawn(connection(stream, facts, api, head_patience, watcher));
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(
    stream: TcpStream,
    facts: Connection,
    api: Arc<Api>,
    head_patience: Duration,
    watcher: Watcher,
) {
    let _open = api.count_connection();
    // Both only make things better; a client that has gone already makes them fail.
    let _ = stream.set_nodelay(true);
    let _ = SockRef::from(&stream).set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE));
    let source = facts.peer.map(|peer| Source::of(peer.ip()));
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let api = Arc::clone(&api);
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(facts);
        if let Some(source) = source {
            request.extensions_mut().insert(source);
        }
        // Boxed, so that an idle connection keeps no room for the work of a request.
        Box::pin(async move { Ok::<_, Infallible>(api.answer(request).await) })
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_patience)
        .max_buf_size(BUFFER_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "connection ended");
    }
}

/// The signals that ask the server to stop.
pub(crate) struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    /// Takes the signals over from the system's default, which is to end at once.
    ///
    /// # Errors
    /// When the operating system refuses.
    #[cfg(unix)]
    pub(crate) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for a signal and returns its name.
    #[cfg(unix)]
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }

    #[cfg(not(unix))]
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    async fn next(&mut self) -> &'static str {
        // Without a console there is no such event, and nothing to wait for.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        "interrupt"
    }

    /// Ends the process at the next signal: whoever asks twice does not want to wait. What was
    /// acknowledged is on disk already.
    fn exit_on_next(mut self) {
        tokio::spawn(async move {
            let signal = self.next().await;
            tracing::warn!(signal, "stopping at once");
            std::process::exit(1);
        });
    }
}
