//! `huedb run`: opens the data, serves until a signal, closes the data.

use std::{
    fmt::Write as _,
    net::IpAddr,
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
    audit::{Audit, AuditSettings},
    auth::{
        gate::{Gate, Guard},
        settings::AuthSettings,
    },
    config::{Resolved, Settings, options::BODY_OPTION},
    http::{
        Api, all_routes,
        app::{App, CpuPool, HttpSettings},
        headers::Cors,
        operations,
        serve::{ConnectionLimits, Listening, Signals, serve, serve_operators},
        tls::{Tls, TlsFiles},
    },
    limits::LimitSettings,
    reload::{Hangup, Reload, watch},
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
    let (tls, tls_warnings) = match TlsFiles::of(settings)? {
        Some(files) => Tls::load(files).map(|(tls, warnings)| (Some(Arc::new(tls)), warnings))?,
        None => (None, Vec::new()),
    };
    let listening = Listening::bind(&settings.host, settings.port)?;
    let operators = bind_operators(settings)?;
    let place = data_place::choose(&settings.path, &Mounts::of_process())?;
    // The first process of a container is deaf to signals that it does not ask for.
    let signals = Signals::listen().map_err(|error| format!("cannot handle signals: {error}"))?;
    let hangups = Hangup::listen();
    let mut started_telemetry = telemetry::start(resolved, &place.path)?;
    let cors = Cors::new(&settings.cors_allow_origins);
    let telemetry = Arc::clone(&started_telemetry.telemetry);
    let api = Arc::new(Api::opening(cors, Arc::clone(&telemetry)));
    let limits = ConnectionLimits {
        connections_max: open_files::connections_max(settings.connections_max),
        head_patience: Duration::from_secs(settings.head_timeout_seconds),
    };
    let address = listening.address();
    let serving = runtime.spawn(serve(listening, tls.clone(), Arc::clone(&api), limits, signals));
    // Opening waits for the disk. Probes are answered meanwhile, other requests wait.
    let (engine, app) = open(settings, guard, &place.path, telemetry)?;
    let app = app.with_audit(start_audit(settings)?).with_limits(limits_of(settings));
    api.open(all_routes(settings.telemetry.metrics_port == 0), app.clone());
    started_telemetry.watch(&app);
    if let Some(listening) = operators {
        // Its requests are not counted among those of the API.
        let api = Api::opening(Cors::new(&[]), Arc::default());
        api.open(operations::table(), app.clone());
        runtime.spawn(serve_operators(listening, Arc::new(api), limits.head_patience));
    }
    drop(within_runtime);
    let scheme = if tls.is_some() { "https" } else { "http" };
    let address = Address {
        url: format!("{scheme}://{address}"),
        is_loopback: is_loopback(address.ip()),
        warnings: tls_warnings,
    };
    let mut reloads: Vec<Box<dyn Reload>> = vec![Box::new(app.gate.clone())];
    reloads.extend(tls.map(|tls| Box::new(tls) as Box<dyn Reload>));
    reloads.extend(app.audit.clone().map(|audit| Box::new(audit) as Box<dyn Reload>));
    // Whoever reads the text may change a file at once.
    let reloading = watch(reloads, hangups);
    print(&start_text(resolved, &app.gate, &place, &address, started_telemetry.summary.as_deref()));
    tracing::info!(took_ms = started.elapsed().as_millis() as u64, "ready");
    runtime.block_on(async {
        let reloading = tokio::spawn(reloading);
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

fn limits_of(settings: &Settings) -> LimitSettings {
    LimitSettings {
        requests_per_second: settings.requests_per_second_max,
        queries: settings.queries_max,
        records: settings.tenant_records_max,
        bytes: settings.tenant_bytes_max,
    }
}

fn start_audit(settings: &Settings) -> Result<Option<Arc<Audit>>, String> {
    let Some(path) = settings.audit_log.clone() else { return Ok(None) };
    let (file_bytes_max, files_max) = (settings.audit_file_bytes_max, settings.audit_files_max);
    Audit::start(&AuditSettings { path, file_bytes_max, files_max }).map(|audit| Some(Arc::new(audit)))
}

/// Ends the work that is under way and flushes. The signals stay watched meanwhile.
async fn close(engine: Engine, app: App) -> Result<(), String> {
    let closed = tokio::task::spawn_blocking(move || {
        app.stop_pool();
        if let Some(audit) = &app.audit {
            audit.stop();
        }
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

/// Where the server answers, for the person who started it.
struct Address {
    url: String,
    is_loopback: bool,
    /// What is wrong with its certificate.
    warnings: Vec<String>,
}

/// What a person wants to know, in plain lines; everything later is a log line.
fn start_text(
    resolved: &Resolved,
    gate: &Gate,
    place: &DataPlace,
    address: &Address,
    telemetry: Option<&str>,
) -> String {
    let mut text = format!("HueDB {VERSION}\n");
    let _ = writeln!(text, "  data            {}", place.path.display());
    let _ = writeln!(text, "  address         {}", address.url);
    let _ = writeln!(text, "  authentication  {}", gate.describe());
    if let Some(telemetry) = telemetry {
        let _ = writeln!(text, "  telemetry       {telemetry}");
    }
    if gate.is_open() && !address.is_loopback {
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
    for warning in place.warnings.iter().chain(&address.warnings) {
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
