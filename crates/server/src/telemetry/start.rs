//! From options to running telemetry.

use std::{path::Path, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    Telemetry,
    otlp::{
        client::Client,
        endpoint::{Endpoint, Protocol, parse_headers},
        export::{Export, SpanExport},
        queue::SpanQueue,
    },
    trace::{
        Granularity, Tracer,
        attributes::{Attribute, resource_attributes},
        sampler::Sampler,
    },
};
use crate::{
    config::{
        Origin, Resolved, chroma_env::CHROMA_ENDPOINT, options::option_named,
        telemetry_options::TelemetrySettings,
    },
    http::app::App,
};

/// How long the end of the server waits for a collector. Part of the time that the server has to stop.
const FLUSH_PATIENCE: Duration = Duration::from_secs(3);

/// Telemetry, and the tasks that send it.
pub(crate) struct Started {
    pub(crate) telemetry: Arc<Telemetry>,
    exports: Vec<Export>,
    metrics: Option<MetricsExport>,
    /// What the start-up text says, or none while nothing is sent.
    pub(crate) summary: Option<String>,
}

/// What is needed once there is data to measure.
struct MetricsExport {
    client: Client,
    resource: Arc<[Attribute]>,
    every: Duration,
}

/// Starts what the options ask for. Must be called inside the async runtime.
///
/// # Errors
/// A sentence for the person who configured it.
pub(crate) fn start(resolved: &Resolved, data: &Path) -> Result<Started, String> {
    let settings = &resolved.settings.telemetry;
    let slow = (settings.slow_request_ms > 0).then(|| Duration::from_millis(settings.slow_request_ms));
    let mut telemetry = Telemetry {
        slow_threshold: slow,
        metrics_open: settings.metrics_open,
        data: Some(data.to_owned()),
        ..Telemetry::default()
    };
    let (mut exports, mut metrics, mut summary) = (Vec::new(), None, None);
    let granularity = granularity(resolved);
    if !settings.otel_endpoint.is_empty() && !settings.otel_disabled {
        let resource: Arc<[Attribute]> = resource(resolved)?.into();
        let collector = client(settings)?;
        let address = collector.address();
        if granularity == Granularity::None {
            summary = Some(match settings.otel_granularity {
                "auto" => format!("traces are off; {CHROMA_ENDPOINT} needs CHROMA_OTEL_GRANULARITY as well"),
                _ => "traces are off".to_owned(),
            });
        } else {
            let (tracer, export) = traces(settings, granularity, collector, &resource, &telemetry);
            telemetry.tracer = Some(tracer);
            exports.push(Export::spans(export));
            summary = Some(format!("traces ({}) to {address}", granularity.name()));
        }
        if settings.otel_metrics {
            let every = Duration::from_millis(settings.otel_metrics_ms);
            metrics = Some(MetricsExport { client: client(settings)?, resource, every });
        }
    }
    Ok(Started { telemetry: Arc::new(telemetry), exports, metrics, summary })
}

impl Started {
    /// Starts to send metrics, if that was asked for. Called once the data is open.
    pub(crate) fn watch(&mut self, app: &App) {
        if let Some(MetricsExport { client, resource, every }) = self.metrics.take() {
            let app = app.clone();
            self.exports.push(Export::metrics(client, resource, every, move || app.telemetry.gather(&app)));
        }
    }

    /// Sends what is left, within a bounded time.
    pub(crate) async fn stop(self) {
        let deadline = Instant::now() + FLUSH_PATIENCE;
        for export in self.exports {
            export.stop(deadline).await;
        }
    }
}

fn traces(
    settings: &TelemetrySettings,
    granularity: Granularity,
    client: Client,
    resource: &Arc<[Attribute]>,
    telemetry: &Telemetry,
) -> (Tracer, SpanExport) {
    let counters = Arc::clone(&telemetry.counters);
    let size = |number| usize::try_from(number).unwrap_or(usize::MAX);
    let (queue_max, batch_max) = (size(settings.otel_queue_spans), size(settings.otel_batch_spans));
    let queue = SpanQueue::new(queue_max, batch_max, Arc::clone(&counters));
    let ratio = settings.otel_sampler_ratio.parse().unwrap_or(1.0);
    let tracer =
        Tracer { granularity, sampler: Sampler::new(settings.otel_sampler, ratio), queue: queue.clone() };
    let delay = Duration::from_millis(settings.otel_delay_ms);
    let export = SpanExport { queue, client, resource: Arc::clone(resource), delay, counters };
    (tracer, export)
}

/// `auto` is what whoever chose the name of the endpoint expects.
fn granularity(resolved: &Resolved) -> Granularity {
    let chosen = Granularity::parse(resolved.settings.telemetry.otel_granularity);
    chosen.unwrap_or_else(|| {
        let origin = option_named("otel-endpoint").map(|option| resolved.origin(option));
        match origin {
            Some(Origin::Environment(name) | Origin::DotEnv(name))
                if name.eq_ignore_ascii_case(CHROMA_ENDPOINT) =>
            {
                Granularity::None
            }
            _ => Granularity::Operation,
        }
    })
}

fn client(settings: &TelemetrySettings) -> Result<Client, String> {
    let protocol = Protocol::choose(settings.otel_protocol, &settings.otel_endpoint);
    let bad = |reason| format!("the collector's address cannot be used: it {reason}");
    let mut endpoint = Endpoint::parse(&settings.otel_endpoint, protocol).map_err(bad)?;
    endpoint.headers = parse_headers(&settings.otel_headers).map_err(bad)?;
    Client::new(endpoint, settings.otel_ca_file.as_ref(), Duration::from_millis(settings.otel_timeout_ms))
}

/// A name that is set by itself goes before one among the attributes, and that before the default.
fn resource(resolved: &Resolved) -> Result<Vec<Attribute>, String> {
    let settings = &resolved.settings.telemetry;
    let mut resource = resource_attributes(&settings.otel_resource_attributes)?;
    let is_named = |attribute: &Attribute| attribute.name == "service.name";
    let is_default =
        option_named("otel-service-name").is_some_and(|option| resolved.origin(option) == Origin::Default);
    if !(is_default && resource.iter().any(is_named)) {
        resource.retain(|attribute| !is_named(attribute));
        resource.insert(0, Attribute::text("service.name", &settings.otel_service_name));
    }
    resource.push(Attribute::text("service.version", env!("CARGO_PKG_VERSION")));
    Ok(resource)
}

#[cfg(test)]
mod tests;
