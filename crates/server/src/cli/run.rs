//! `huedb run`: opens the data, serves until a signal, closes the data.

use std::{
    fmt::Write as _,
    net::{IpAddr, SocketAddr},
    path::Path,
    process::ExitCode,
    sync::Arc,
    thread::available_parallelism,
    time::{Duration, Instant},
};

use huedb_engine::{Engine, EngineOptions};

use super::{
    FAILED, MISUSED, VERSION, complain,
    data_place::{self, DataPlace},
    log,
    mounts::Mounts,
    open_files, print,
};
use crate::{
    auth::{
        gate::{Gate, Guard},
        reload::watch,
        settings::AuthSettings,
    },
    config::{Resolved, Settings, options::BODY_OPTION},
    http::{
        Api, all_routes,
        app::{App, CpuPool, HttpSettings},
        headers::Cors,
        operations,
        serve::{ConnectionLimits, Listening, Signals, serve, serve_operators},
    },
    telemetry::{Telemetry, start as telemetry},
};

/// Fewer threads would let one long search hold up every other request.
const CPU_THREADS_MIN: usize = 2;

/// Serves until a signal asks to stop. Errors have been printed when it returns.
pub(crate) fn run(resolved: &Resolved) -> ExitCode {
    let started = Instant::now();
    log::start(&resolved.settings);
    open_files::raise_limit(resolved.settings.open_files);
    let guard = match Guard::load(AuthSettings::of(&resolved.settings)) {
        Ok(guard) => guard,
        Err(reason) => {
            complain(&reason);
            return ExitCode::from(MISUSED);
        }
    };
    match start_and_serve(resolved, guard, started) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            complain(&reason);
            ExitCode::from(FAILED)
        }
    }
}

fn start_and_serve(resolved: &Resolved, guard: Guard, started: Instant) -> Result<(), String> {
    let settings = &resolved.settings;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("io")
        .build()
        .map_err(|error| format!("cannot start threads: {error}"))?;
    let within_runtime = runtime.enter();
    let listening = Listening::bind(&settings.host, settings.port)?;
    let operators = bind_operators(settings)?;
    let place = data_place::choose(&settings.path, &Mounts::of_process())?;
    // The first process of a container is deaf to signals that it does not ask for.
    let signals = Signals::listen().map_err(|error| format!("cannot handle signals: {error}"))?;
    let mut started_telemetry = telemetry::start(resolved, &place.path)?;
    let cors = Cors::new(&settings.cors_allow_origins);
    let telemetry = Arc::clone(&started_telemetry.telemetry);
    let api = Arc::new(Api::opening(cors, Arc::clone(&telemetry)));
    let limits = ConnectionLimits {
        connections_max: open_files::connections_max(settings.connections_max),
        head_patience: Duration::from_secs(settings.head_timeout_seconds),
    };
    let address = listening.address();
    let serving = runtime.spawn(serve(listening, Arc::clone(&api), limits, signals));
    // Opening waits for the disk. Probes are answered meanwhile, other requests wait.
    let (engine, app) = open(settings, guard, &place.path, telemetry)?;
    api.open(all_routes(settings.telemetry.metrics_port == 0), app.clone());
    started_telemetry.watch(&app);
    if let Some(listening) = operators {
        // Its requests are not counted among those of the API.
        let api = Api::opening(Cors::new(&[]), Arc::default());
        api.open(operations::table(), app.clone());
        runtime.spawn(serve_operators(listening, Arc::new(api), limits.head_patience));
    }
    drop(within_runtime);
    print(&start_text(resolved, &app.gate, &place, address, started_telemetry.summary.as_deref()));
    tracing::info!(took_ms = started.elapsed().as_millis() as u64, "ready");
    runtime.block_on(async {
        let reloading = tokio::spawn(watch(vec![Box::new(app.gate.clone())]));
        serving.await.map_err(|_| "the server ended by itself: see the log".to_owned())?;
        reloading.abort();
        started_telemetry.stop().await;
        close(engine, app).await
    })
}

/// The port that `/metrics` has to itself, if it has one.
fn bind_operators(settings: &Settings) -> Result<Option<Listening>, String> {
    let port = settings.telemetry.metrics_port;
    (port > 0).then(|| Listening::bind(&settings.host, port)).transpose()
}

fn open(
    settings: &Settings,
    guard: Guard,
    path: &Path,
    telemetry: Arc<Telemetry>,
) -> Result<(Engine, App), String> {
    let size = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
    let options = EngineOptions {
        memtable_bytes_max: size(settings.memtable_bytes_max),
        write_memory_bytes_max: size(settings.write_memory_bytes_max),
        open_collections_max: size(settings.open_collections_max),
        ..EngineOptions::default()
    };
    let engine = Engine::open(path, options)
        .map_err(|error| format!("cannot open the data in {}: {error}", path.display()))?;
    let threads = match usize::try_from(settings.cpu_threads).unwrap_or(usize::MAX) {
        0 => available_parallelism().map_or(CPU_THREADS_MIN, |cores| cores.get().max(CPU_THREADS_MIN)),
        threads => threads,
    };
    let pool = CpuPool::start(threads).map_err(|error| format!("cannot start threads: {error}"))?;
    let gate = Gate::new(engine.clone(), guard, threads.div_ceil(2))
        .map_err(|error| format!("cannot start threads: {error}"))?;
    let settings = HttpSettings {
        allow_reset: settings.allow_reset,
        body_bytes_max: usize::try_from(settings.body_bytes_max).unwrap_or(usize::MAX),
        body_option: BODY_OPTION,
        body_memory_bytes_max: usize::try_from(settings.body_memory_bytes_max).unwrap_or(usize::MAX),
        compress_bytes_min: usize::try_from(settings.compress_bytes_min).unwrap_or(usize::MAX),
    };
    telemetry.watch(&engine);
    Ok((engine, App::new(gate, settings, pool, telemetry)))
}

/// Ends the work that is under way and flushes. The signals stay watched meanwhile.
async fn close(engine: Engine, app: App) -> Result<(), String> {
    let closed = tokio::task::spawn_blocking(move || {
        app.stop_pool();
        engine.close()
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
fn start_text(
    resolved: &Resolved,
    gate: &Gate,
    place: &DataPlace,
    address: SocketAddr,
    telemetry: Option<&str>,
) -> String {
    let mut text = format!("HueDB {VERSION}\n");
    let _ = writeln!(text, "  data            {}", place.path.display());
    let _ = writeln!(text, "  address         http://{address}");
    let _ = writeln!(text, "  authentication  {}", gate.describe());
    if let Some(telemetry) = telemetry {
        let _ = writeln!(text, "  telemetry       {telemetry}");
    }
    if gate.is_open() && !is_loopback(address.ip()) {
        let _ = writeln!(
            text,
            "  WARNING         NO AUTHENTICATION: WHOEVER CAN REACH THIS ADDRESS CAN READ AND CHANGE ALL DATA\n  \
             {:16}set HUEDB_AUTH, see docs/authentication.md",
            ""
        );
    }
    for notice in gate.notices() {
        let _ = writeln!(text, "  warning         {notice}");
    }
    for warning in &place.warnings {
        let _ = writeln!(text, "  warning         {warning}");
    }
    for notice in &resolved.notices {
        let _ = writeln!(text, "  note            {notice}");
    }
    text
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}
