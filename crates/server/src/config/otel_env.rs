//! The variables of the OpenTelemetry specification that have a meaning here. Chroma's names and ours
//! go before them.

/// Variables and the options that they set, by the same rules for values.
pub(crate) const STANDARD: [(&str, &str); 15] = [
    ("OTEL_SDK_DISABLED", "otel-disabled"),
    ("OTEL_SERVICE_NAME", "otel-service-name"),
    ("OTEL_RESOURCE_ATTRIBUTES", "otel-resource-attributes"),
    ("OTEL_TRACES_SAMPLER", "otel-sampler"),
    ("OTEL_TRACES_SAMPLER_ARG", "otel-sampler-ratio"),
    ("OTEL_BSP_MAX_QUEUE_SIZE", "otel-queue-spans"),
    ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "otel-batch-spans"),
    ("OTEL_BSP_SCHEDULE_DELAY", "otel-delay-ms"),
    ("OTEL_METRIC_EXPORT_INTERVAL", "otel-metrics-ms"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "otel-endpoint"),
    ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "otel-endpoint"),
    ("OTEL_EXPORTER_OTLP_PROTOCOL", "otel-protocol"),
    ("OTEL_EXPORTER_OTLP_HEADERS", "otel-headers"),
    ("OTEL_EXPORTER_OTLP_CERTIFICATE", "otel-ca-file"),
    ("OTEL_EXPORTER_OTLP_TIMEOUT", "otel-timeout-ms"),
];

/// The option that a variable sets, if it is one of these.
pub(crate) fn option_of(variable: &str) -> Option<&'static str> {
    STANDARD.iter().find(|(name, _)| *name == variable).map(|(_, option)| *option)
}
