//! Options of traces, metrics and the log of slow requests.

use std::path::PathBuf;

use super::{
    options::{OptionSpec, PLAIN},
    value::Kind,
};
use crate::telemetry::{
    otlp::endpoint::{Endpoint, Protocol, parse_headers},
    trace::{attributes::resource_attributes, sampler::SAMPLERS},
};

/// Values of these options.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TelemetrySettings {
    pub(crate) slow_request_ms: u64,
    pub(crate) metrics_open: bool,
    pub(crate) metrics_port: u16,
    pub(crate) otel_disabled: bool,
    pub(crate) otel_endpoint: String,
    pub(crate) otel_protocol: &'static str,
    pub(crate) otel_headers: String,
    pub(crate) otel_ca_file: Option<PathBuf>,
    pub(crate) otel_service_name: String,
    pub(crate) otel_resource_attributes: String,
    pub(crate) otel_granularity: &'static str,
    pub(crate) otel_sampler: &'static str,
    pub(crate) otel_sampler_ratio: String,
    pub(crate) otel_queue_spans: u64,
    pub(crate) otel_batch_spans: u64,
    pub(crate) otel_delay_ms: u64,
    pub(crate) otel_timeout_ms: u64,
    pub(crate) otel_metrics: bool,
    pub(crate) otel_metrics_ms: u64,
}

const GROUP: &str = "Traces and metrics";

const DAY_MS: u64 = 86_400_000;

pub(super) const TELEMETRY: &[OptionSpec] = &[
    OptionSpec {
        name: "slow-request-ms",
        environment: "HUEDB_SLOW_REQUEST_MS",
        group: "Logs",
        kind: Kind::Count { field: |all| &mut all.telemetry.slow_request_ms, min: 0, max: DAY_MS },
        default: "1000",
        summary: "Log requests that take as long; 0 logs none",
        detail: "The line has the steps of the request with their rows and times, and nothing of the data.",
        ..PLAIN
    },
    OptionSpec {
        name: "metrics-open",
        environment: "HUEDB_METRICS_OPEN",
        group: GROUP,
        kind: Kind::Switch(|all| &mut all.telemetry.metrics_open),
        default: "false",
        summary: "Serve `/metrics` without credentials",
        detail: "Without authentication it is open anyway. It tells sizes and rates, and no names of collections.",
        ..PLAIN
    },
    OptionSpec {
        name: "metrics-port",
        environment: "HUEDB_METRICS_PORT",
        group: GROUP,
        kind: Kind::Port(|all| &mut all.telemetry.metrics_port),
        default: "0",
        summary: "Port of its own for `/metrics`; 0 is the API's",
        detail: "It serves `/metrics` and the probes over HTTP, without credentials and TLS, and the API's port has no `/metrics` then. Keep it inside the network.",
        ..PLAIN
    },
    OptionSpec {
        name: "otel-endpoint",
        environment: "HUEDB_OTEL_ENDPOINT",
        group: GROUP,
        kind: Kind::Text {
            field: |all| &mut all.telemetry.otel_endpoint,
            check: |text| check_endpoint(text),
            form: "`http://host:port` without TLS, `https://host:port` or `host:port` with it",
        },
        default: "",
        summary: "OpenTelemetry collector that gets the traces",
        detail: "Nothing is sent anywhere while it is empty. The port is 4317 (gRPC) or 4318 (HTTP) without TLS and 443 with it if none is given. Over HTTP `/v1/traces` is added to a path that does not end with it.",
        ..PLAIN
    },
    OptionSpec {
        name: "otel-protocol",
        environment: "HUEDB_OTEL_PROTOCOL",
        group: GROUP,
        kind: Kind::Choice {
            field: |all| &mut all.telemetry.otel_protocol,
            words: &["auto", "grpc", "http/protobuf"],
        },
        default: "auto",
        summary: "How the collector is spoken to",
        detail: "`auto` is `http/protobuf` for the port 4318 and for an address with a path, and `grpc` otherwise.",
        ..PLAIN
    },
    OptionSpec {
        name: "otel-headers",
        environment: "HUEDB_OTEL_HEADERS",
        group: GROUP,
        kind: Kind::Text {
            field: |all| &mut all.telemetry.otel_headers,
            check: |text| parse_headers(text).map(|_| ()),
            form: "a JSON object of texts, or `name=value,name=value`",
        },
        default: "",
        summary: "Headers for the collector, such as API keys",
        secret: true,
        ..PLAIN
    },
    OptionSpec {
        name: "otel-ca-file",
        environment: "HUEDB_OTEL_CA_FILE",
        group: GROUP,
        kind: Kind::OptionalPath(|all| &mut all.telemetry.otel_ca_file),
        default: "",
        summary: "Certificate authorities of the collector (PEM)",
        detail: "Those of the system when empty.",
        ..PLAIN
    },
    OptionSpec {
        name: "otel-granularity",
        environment: "HUEDB_OTEL_GRANULARITY",
        group: GROUP,
        kind: Kind::Choice {
            field: |all| &mut all.telemetry.otel_granularity,
            words: &["auto", "none", "operation", "operation_and_segment", "all"],
        },
        default: "auto",
        summary: "How much of a request a trace tells",
        detail: "`auto` is `none` when `CHROMA_OTEL_COLLECTION_ENDPOINT` names the collector, as in Chroma 0.5.13, and `operation` otherwise.",
        ..PLAIN
    },
    OptionSpec {
        name: "otel-service-name",
        environment: "HUEDB_OTEL_SERVICE_NAME",
        group: GROUP,
        kind: Kind::Text {
            field: |all| &mut all.telemetry.otel_service_name,
            check: |_| Ok(()),
            form: "any text",
        },
        default: "chromadb",
        summary: "Name of this server in traces and metrics",
        ..PLAIN
    },
    OptionSpec {
        name: "otel-resource-attributes",
        environment: "HUEDB_OTEL_RESOURCE_ATTRIBUTES",
        group: GROUP,
        kind: Kind::Text {
            field: |all| &mut all.telemetry.otel_resource_attributes,
            check: |text| resource_attributes(text).map(|_| ()),
            form: "`name=value,name=value`",
        },
        default: "",
        summary: "Further facts about this server",
        ..PLAIN
    },
    OptionSpec {
        name: "otel-sampler",
        environment: "HUEDB_OTEL_SAMPLER",
        group: GROUP,
        kind: Kind::Choice { field: |all| &mut all.telemetry.otel_sampler, words: SAMPLERS },
        default: "parentbased_always_on",
        summary: "Which requests are traced",
        detail: "`parentbased_*` follow the decision of a caller that sends `traceparent`.",
        ..PLAIN
    },
    OptionSpec {
        name: "otel-sampler-ratio",
        environment: "HUEDB_OTEL_SAMPLER_RATIO",
        group: GROUP,
        kind: Kind::Text {
            field: |all| &mut all.telemetry.otel_sampler_ratio,
            check: |text| check_ratio(text),
            form: "a number from 0 to 1",
        },
        default: "1",
        summary: "Share of requests for the ratio samplers",
        ..PLAIN
    },
    OptionSpec {
        name: "otel-queue-spans",
        environment: "HUEDB_OTEL_QUEUE_SPANS",
        group: GROUP,
        kind: Kind::Count { field: |all| &mut all.telemetry.otel_queue_spans, min: 1, max: 10_000_000 },
        default: "2048",
        summary: "Spans that may wait for the collector",
        detail: "Further ones are dropped and counted; a request never waits for the collector.",
        ..PLAIN
    },
    OptionSpec {
        name: "otel-batch-spans",
        environment: "HUEDB_OTEL_BATCH_SPANS",
        group: GROUP,
        kind: Kind::Count { field: |all| &mut all.telemetry.otel_batch_spans, min: 1, max: 100_000 },
        default: "512",
        summary: "Spans that are sent at once",
        ..PLAIN
    },
    OptionSpec {
        name: "otel-delay-ms",
        environment: "HUEDB_OTEL_DELAY_MS",
        group: GROUP,
        kind: Kind::Count { field: |all| &mut all.telemetry.otel_delay_ms, min: 1, max: DAY_MS },
        default: "5000",
        summary: "How long spans wait for a batch to fill",
        ..PLAIN
    },
    OptionSpec {
        name: "otel-timeout-ms",
        environment: "HUEDB_OTEL_TIMEOUT_MS",
        group: GROUP,
        kind: Kind::Count { field: |all| &mut all.telemetry.otel_timeout_ms, min: 1, max: DAY_MS },
        default: "10000",
        summary: "How long sending one batch may take",
        ..PLAIN
    },
    OptionSpec {
        name: "otel-metrics",
        environment: "HUEDB_OTEL_METRICS",
        group: GROUP,
        kind: Kind::Switch(|all| &mut all.telemetry.otel_metrics),
        default: "false",
        summary: "Send the metrics to the collector as well",
        ..PLAIN
    },
    OptionSpec {
        name: "otel-metrics-ms",
        environment: "HUEDB_OTEL_METRICS_MS",
        group: GROUP,
        kind: Kind::Count { field: |all| &mut all.telemetry.otel_metrics_ms, min: 100, max: DAY_MS },
        default: "60000",
        summary: "Time between two deliveries of metrics",
        ..PLAIN
    },
    OptionSpec {
        name: "otel-disabled",
        environment: "HUEDB_OTEL_DISABLED",
        group: GROUP,
        kind: Kind::Switch(|all| &mut all.telemetry.otel_disabled),
        default: "false",
        summary: "Send nothing, whatever else is set",
        ..PLAIN
    },
];

fn check_endpoint(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    Endpoint::parse(text, Protocol::Grpc).map(|_| ())
}

fn check_ratio(text: &str) -> Result<(), String> {
    match text.parse::<f64>() {
        Ok(ratio) if (0.0..=1.0).contains(&ratio) => Ok(()),
        _ => Err("is not a number from 0 to 1".to_owned()),
    }
}
