//! `huedb run`: opens the data, serves until a signal, closes the data.

use std::{
    fmt::Write as _,
    net::{IpAddr, SocketAddr},
    path::Path,
    process::ExitCode,
    thread::available_parallelism,
    time::Instant,
};

use huedb_engine::{Engine, EngineOptions};

use super::{FAILED, VERSION, complain, log, print};
use crate::{
    config::{Resolved, Settings, options::BODY_OPTION},
    http::{
        app::{App, CpuPool, HttpSettings},
        headers::Cors,
        serve::{Listening, Signals, serve},
    },
};

/// Fewer threads would let one long search hold up every other request.
const CPU_THREADS_MIN: usize = 2;

/// Serves until a signal asks to stop. Errors have been printed when it returns.
pub(crate) fn run(resolved: &Resolved) -> ExitCode {
    let started = Instant::now();
    log::start(&resolved.settings);
    raise_open_files_limit();
    match start_and_serve(resolved, started) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            complain(&reason);
            ExitCode::from(FAILED)
        }
    }
}

fn start_and_serve(resolved: &Resolved, started: Instant) -> Result<(), String> {
    let settings = &resolved.settings;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("io")
        .build()
        .map_err(|error| format!("cannot start threads: {error}"))?;
    let within_runtime = runtime.enter();
    let listening = Listening::bind(&settings.host, settings.port)?;
    let path = std::path::absolute(&settings.path).unwrap_or_else(|_| settings.path.clone());
    // Opening waits for the disk. Clients that come meanwhile are kept by the system.
    let app = open(settings, &path)?;
    let signals = Signals::listen().map_err(|error| format!("cannot handle signals: {error}"))?;
    drop(within_runtime);
    print(&start_text(resolved, &path, listening.address()));
    tracing::info!(took_ms = started.elapsed().as_millis() as u64, "ready");
    let cors = Cors::new(&settings.cors_allow_origins);
    let connections_max = usize::try_from(settings.connections_max).unwrap_or(usize::MAX);
    runtime.block_on(async {
        serve(listening, app.clone(), cors, connections_max, signals).await;
        close(app).await
    })
}

fn open(settings: &Settings, path: &Path) -> Result<App, String> {
    let memtable_bytes_max = usize::try_from(settings.memtable_bytes_max).unwrap_or(usize::MAX);
    let engine = Engine::open(path, EngineOptions { memtable_bytes_max })
        .map_err(|error| format!("cannot open the data in {}: {error}", path.display()))?;
    let threads = match usize::try_from(settings.cpu_threads).unwrap_or(usize::MAX) {
        0 => available_parallelism().map_or(CPU_THREADS_MIN, |cores| cores.get().max(CPU_THREADS_MIN)),
        threads => threads,
    };
    let pool = CpuPool::start(threads).map_err(|error| format!("cannot start threads: {error}"))?;
    let settings = HttpSettings {
        allow_reset: settings.allow_reset,
        body_bytes_max: usize::try_from(settings.body_bytes_max).unwrap_or(usize::MAX),
        body_option: BODY_OPTION,
    };
    Ok(App::new(engine, settings, pool))
}

/// Ends the work that is under way and flushes. The signals stay watched meanwhile.
async fn close(app: App) -> Result<(), String> {
    let closed = tokio::task::spawn_blocking(move || {
        app.stop_pool();
        app.engine.close()
    });
    match closed.await {
        Ok(Ok(())) => {
            tracing::info!("closed");
            Ok(())
        }
        Ok(Err(error)) => Err(format!("the data did not close cleanly: {error}")),
        Err(_) => Err("the data did not close cleanly: see the log".to_owned()),
    }
}

/// What a person wants to know, in plain lines; everything later is a log line.
fn start_text(resolved: &Resolved, path: &Path, address: SocketAddr) -> String {
    let mut text = format!("HueDB {VERSION}\n");
    let _ = writeln!(text, "  data            {}", path.display());
    let _ = writeln!(text, "  address         http://{address}");
    let _ = writeln!(text, "  authentication  off");
    if !is_loopback(address.ip()) {
        let _ =
            writeln!(text, "  warning         whoever can reach this address can read and change all data");
    }
    for notice in &resolved.notices {
        let _ = writeln!(text, "  note            {notice}");
    }
    text
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// Segments are mapped files and every client holds a socket; the usual soft limit of 1024 is too few.
#[cfg(unix)]
fn raise_open_files_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
        if let Err(error) = setrlimit(Resource::Nofile, raised) {
            tracing::warn!(%error, "cannot raise the limit of open files");
        }
    }
}

#[cfg(not(unix))]
fn raise_open_files_limit() {}
