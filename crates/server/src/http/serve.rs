//! Sockets: listening, connections, and stopping without losing an answer.

use std::{
    io,
    net::{SocketAddr, ToSocketAddrs as _},
    sync::Arc,
    time::Duration,
};

use socket2::{SockRef, TcpKeepalive};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    Api,
    connection::Serving,
    tls::{Handshakes, Secured, Tls},
};
use crate::telemetry::trace::Connection;

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

/// Serves until a signal comes, then lets requests that are under way end, for a bounded time. With
/// `tls` every connection is encrypted.
pub(crate) async fn serve(
    listening: Listening,
    tls: Option<Arc<Tls>>,
    api: Arc<Api>,
    limits: ConnectionLimits,
    mut signals: Signals,
) {
    let (stop, stopping) = watch::channel(());
    let serving = Serving { api: Arc::clone(&api), head_patience: limits.head_patience, stopping };
    let secure = tls.map(|tls| (tls, Arc::new(Handshakes::new())));
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
                        let facts = Connection { peer: Some(peer), port, is_tls: secure.is_some() };
                        connections.spawn(connection(stream, facts, secure.clone(), serving.clone()));
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
    drop((listening, stop));
    api.stop();
    signals.exit_on_next();
    let ended = async { while connections.join_next().await.is_some() {} };
    if timeout(DRAIN_PATIENCE, ended).await.is_err() {
        tracing::warn!(connections = connections.len(), "cutting off requests that did not end in time");
    }
    connections.shutdown().await;
}

/// Connections at a time to a port that only operators use.
const OPERATORS_MAX: usize = 64;

/// Serves until the process ends; for a port without clients whose answers must not be lost.
pub(crate) async fn serve_operators(listening: Listening, api: Arc<Api>, head_patience: Duration) {
    let (_stop, stopping) = watch::channel(());
    let serving = Serving { api, head_patience, stopping };
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listening.listener.accept(), if connections.len() < OPERATORS_MAX => match accepted {
                Ok((stream, peer)) => {
                    let facts = Connection { peer: Some(peer), ..Connection::default() };
                    connections.spawn(connection(stream, facts, None, serving.clone()));
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
    secure: Option<(Arc<Tls>, Arc<Handshakes>)>,
    mut serving: Serving,
) {
    let _open = serving.api.count_connection();
    // Both only make things better; a client that has gone already makes them fail.
    let _ = stream.set_nodelay(true);
    let _ = SockRef::from(&stream).set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE));
    let Some((tls, handshakes)) = secure else { return serving.plain(stream, facts).await };
    // Boxed, so that a connection keeps no room for it later.
    let mut handshake = Box::pin(handshakes.accept(stream, &tls));
    let secured = tokio::select! {
        secured = &mut handshake => secured,
        _ = serving.stopping.changed() => return,
    };
    drop(handshake);
    match secured {
        Ok(Secured { stream, is_http2 }) => Box::pin(serving.chosen(stream, is_http2, facts)).await,
        Err(error) => tracing::debug!(peer = ?facts.peer, %error, "handshake failed"),
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
