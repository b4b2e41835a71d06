//! The variables of the OpenTelemetry specification: which have a meaning here, and what becomes of the
//! others. Chroma's names and ours go before them.

use super::chroma_env::{Effect, Row, Rule, row};

/// In the order in which they are applied: what is said for traces alone comes after what is said for
/// all signals, and overrides it.
pub(crate) static STANDARD: &[Row] = &[
    row("OTEL_SDK_DISABLED", "switches everything off", Effect::Sets("otel-disabled")),
    row("OTEL_SERVICE_NAME", "name of this server", Effect::Sets("otel-service-name")),
    row("OTEL_RESOURCE_ATTRIBUTES", "facts about this server", Effect::Sets("otel-resource-attributes")),
    row(
        "OTEL_TRACES_EXPORTER",
        "how traces are sent",
        Effect::Translates("otel-granularity", &[("otlp", "auto"), ("none", "none")]),
    ),
    row(
        "OTEL_METRICS_EXPORTER",
        "how metrics are sent",
        // Prometheus fetches them whatever is sent.
        Effect::Translates("otel-metrics", &[("otlp", "true"), ("prometheus", "false"), ("none", "false")]),
    ),
    row("OTEL_LOGS_EXPORTER", "how logs are sent", Effect::Nothing("they go to the standard error stream")),
    row("OTEL_TRACES_SAMPLER", "which requests are traced", Effect::Sets("otel-sampler")),
    row("OTEL_TRACES_SAMPLER_ARG", "share of them", Effect::Sets("otel-sampler-ratio")),
    row("OTEL_BSP_MAX_QUEUE_SIZE", "spans that may wait", Effect::Sets("otel-queue-spans")),
    row("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "spans sent at once", Effect::Sets("otel-batch-spans")),
    row("OTEL_BSP_SCHEDULE_DELAY", "how long spans wait", Effect::Sets("otel-delay-ms")),
    row("OTEL_BSP_EXPORT_TIMEOUT", "how long sending may take", ONE_TIMEOUT),
    row("OTEL_METRIC_EXPORT_INTERVAL", "time between deliveries of metrics", Effect::Sets("otel-metrics-ms")),
    row("OTEL_METRIC_EXPORT_TIMEOUT", "how long sending may take", ONE_TIMEOUT),
    row("OTEL_EXPORTER_OTLP_ENDPOINT", "collector", Effect::Sets("otel-endpoint")),
    row("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "collector of traces", Effect::Sets("otel-endpoint")),
    row("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "collector of metrics", ONE_COLLECTOR),
    row("OTEL_EXPORTER_OTLP_PROTOCOL", "how it is spoken to", Effect::Sets("otel-protocol")),
    row("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "the same for traces", Effect::Sets("otel-protocol")),
    row("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "the same for metrics", ONE_COLLECTOR),
    row("OTEL_EXPORTER_OTLP_HEADERS", "headers for it", Effect::Sets("otel-headers")),
    row("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "the same for traces", Effect::Sets("otel-headers")),
    row("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "the same for metrics", ONE_COLLECTOR),
    row("OTEL_EXPORTER_OTLP_TIMEOUT", "how long sending may take", Effect::Sets("otel-timeout-ms")),
    row("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "the same for traces", Effect::Sets("otel-timeout-ms")),
    row("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "the same for metrics", ONE_COLLECTOR),
    row("OTEL_EXPORTER_OTLP_CERTIFICATE", "authorities of its certificate", Effect::Sets("otel-ca-file")),
    row("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "the same for traces", Effect::Sets("otel-ca-file")),
    row("OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE", "the same for metrics", ONE_COLLECTOR),
    row("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "certificate to show to it", NO_CERTIFICATE),
    row("OTEL_EXPORTER_OTLP_CLIENT_KEY", "key of that", NO_CERTIFICATE),
    row("OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", "certificate to show to it", NO_CERTIFICATE),
    row("OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "key of that", NO_CERTIFICATE),
    row("OTEL_EXPORTER_OTLP_INSECURE", "no TLS", SCHEME),
    row("OTEL_EXPORTER_OTLP_TRACES_INSECURE", "no TLS for traces", SCHEME),
    row("OTEL_EXPORTER_OTLP_COMPRESSION", "compression", UNCOMPRESSED),
    row("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "the same for traces", UNCOMPRESSED),
    row("OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", "the same for metrics", UNCOMPRESSED),
    Row {
        name: "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
        meaning: "what counts mean",
        rule: Rule::Words(&["cumulative"]),
        effect: Effect::Nothing("they are cumulative"),
    },
    row(
        "OTEL_PROPAGATORS",
        "headers that carry a trace",
        Effect::Nothing("`traceparent` is read; others, such as those of B3, are not"),
    ),
    row("OTEL_ATTRIBUTE_COUNT_LIMIT", "bound of attributes", BOUNDED),
    row("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "bound of their texts", BOUNDED),
    row("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "bound of attributes", BOUNDED),
    row("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "bound of their texts", BOUNDED),
    row("OTEL_SPAN_EVENT_COUNT_LIMIT", "bound of events", BOUNDED),
    row("OTEL_SPAN_LINK_COUNT_LIMIT", "bound of links", BOUNDED),
    row("OTEL_LOG_LEVEL", "level of the SDK's own log", Effect::Nothing("`log-level` is for all")),
    row(
        "OTEL_CONFIG_FILE",
        "file with all of this",
        Effect::Warns("HueDB has a configuration file of its own"),
    ),
];

const ONE_TIMEOUT: Effect = Effect::Nothing("`otel-timeout-ms` bounds each delivery");
const ONE_COLLECTOR: Effect = Effect::Warns("metrics go to the collector of the traces, in the same way");
const SCHEME: Effect = Effect::Warns("`http://` in the collector's address means no TLS");
const UNCOMPRESSED: Effect = Effect::Nothing("messages are not compressed, which every collector takes");
const NO_CERTIFICATE: Effect =
    Effect::Refused("HueDB has no certificate to show to a collector; use headers");
const BOUNDED: Effect = Effect::Nothing("a span has few attributes, with short texts, and at most one event");

/// The row of a variable, if it is one of these.
pub(crate) fn row_for(variable: &str) -> Option<&'static Row> {
    STANDARD.iter().find(|row| row.name == variable)
}

/// Where a variable stands in the order of application.
pub(crate) fn place_of(row: &Row) -> Option<usize> {
    STANDARD.iter().position(|other| other.name == row.name)
}
