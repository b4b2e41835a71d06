//! Logs: lines on standard error, with facts as fields. Documents, embeddings and secrets are never
//! among them.

use std::{io::IsTerminal as _, panic::PanicHookInfo};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::{config::Settings, telemetry::metrics::PANICS};

/// Libraries below are heard only when something is wrong, whatever the level.
const LIBRARIES: LevelFilter = LevelFilter::WARN;

/// Starts logging for the whole process, panics included.
pub(crate) fn start(settings: &Settings) {
    let level: LevelFilter = settings.log_level.parse().unwrap_or(LevelFilter::INFO);
    let filter = Targets::new().with_default(level.min(LIBRARIES)).with_target("huedb", level);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(filter);
    // Only the first call of a process can take effect, and this is the only one.
    let _ = if settings.log_format == "json" {
        registry.with(layer.json().flatten_event(true)).try_init()
    } else {
        let in_colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        registry.with(layer.with_ansi(in_colour)).try_init()
    };
    std::panic::set_hook(Box::new(log_panic));
}

/// Says where a panic happened. A message that was put together is left out: it can quote the text
/// that was worked on.
fn log_panic(panic: &PanicHookInfo<'_>) {
    PANICS.add(1);
    let location = panic.location().map(ToString::to_string).unwrap_or_default();
    let message = panic.payload().downcast_ref::<&'static str>().copied();
    let thread = std::thread::current();
    let backtrace = std::backtrace::Backtrace::capture();
    let backtrace = match backtrace.status() {
        std::backtrace::BacktraceStatus::Captured => backtrace.to_string(),
        _ => "set RUST_BACKTRACE=1 to see it".to_owned(),
    };
    tracing::error!(location, reason = message, thread = thread.name(), backtrace, "panic");
}
