//! Export requests of OTLP 1.x. Field numbers are those of its definitions.

use huedb_types::durations::DURATION_BOUNDS;

use super::protobuf::Message;
use crate::telemetry::{
    metrics::{Family, FamilyKind, Sample, Value},
    trace::{
        Span,
        attributes::{Attribute, AttributeValue},
    },
};

/// Who speaks: the instrumentation scope of everything that is sent.
const SCOPE: &str = "huedb";

const KIND_INTERNAL: u64 = 1;
const KIND_SERVER: u64 = 2;
const STATUS_ERROR: u64 = 2;
const CUMULATIVE: u64 = 2;

/// `ExportTraceServiceRequest`; `resource` says which server this is.
pub(crate) fn traces(resource: &[Attribute], spans: &[Span]) -> Vec<u8> {
    let mut request = Message::new();
    request.message(1, |of_resource| {
        of_resource.message(1, |message| attributes(message, 1, resource));
        of_resource.message(2, |of_scope| {
            of_scope.message(1, scope);
            spans.iter().for_each(|span| of_scope.message(2, |message| write_span(message, span)));
        });
    });
    request.into_bytes()
}

/// `ExportMetricsServiceRequest`; times are nanoseconds since 1970.
pub(crate) fn metrics(resource: &[Attribute], families: &[Family], started: u64, now: u64) -> Vec<u8> {
    let mut request = Message::new();
    request.message(1, |of_resource| {
        of_resource.message(1, |message| attributes(message, 1, resource));
        of_resource.message(2, |of_scope| {
            of_scope.message(1, scope);
            for family in families {
                of_scope.message(2, |metric| write_family(metric, family, started, now));
            }
        });
    });
    request.into_bytes()
}

fn scope(message: &mut Message) {
    message.text(1, SCOPE);
    message.text(2, env!("CARGO_PKG_VERSION"));
}

fn write_span(message: &mut Message, span: &Span) {
    message.bytes(1, &span.trace.to_be_bytes());
    message.bytes(2, &span.id.to_be_bytes());
    message.text(3, &span.tracestate);
    if let Some(parent) = span.parent {
        message.bytes(4, &parent.to_be_bytes());
    }
    message.text(5, &span.name);
    message.integer(6, if span.is_server { KIND_SERVER } else { KIND_INTERNAL });
    message.fixed64(7, span.started);
    message.fixed64(8, span.ended);
    attributes(message, 9, &span.attributes);
    let Some(error) = &span.error else { return };
    if let Some(exception) = &error.exception {
        message.message(11, |event| {
            event.fixed64(1, span.ended);
            event.text(2, "exception");
            let mut facts = vec![Attribute::text("exception.type", exception.class)];
            let text = exception.message.as_ref();
            facts.extend(text.map(|text| Attribute::text("exception.message", text)));
            attributes(event, 3, &facts);
        });
    }
    message.message(15, |status| {
        status.text(2, &error.text);
        status.integer(3, STATUS_ERROR);
    });
}

fn attributes(message: &mut Message, field: u64, attributes: &[Attribute]) {
    for attribute in attributes {
        message.message(field, |pair| {
            pair.text(1, &attribute.name);
            pair.message(2, |value| match &attribute.value {
                AttributeValue::Text(text) => value.chosen_text(1, text),
                AttributeValue::Switch(switch) => value.integer(2, u64::from(*switch)),
                AttributeValue::Number(number) => value.integer(3, *number as u64),
            });
        });
    }
}

fn write_family(message: &mut Message, family: &Family, started: u64, now: u64) {
    message.text(1, family.name);
    message.text(2, family.help);
    let points = |data: &mut Message| {
        for sample in &family.samples {
            data.message(1, |point| write_sample(point, sample, started, now));
        }
    };
    match family.kind {
        FamilyKind::Gauge => message.message(5, points),
        FamilyKind::Counter => message.message(7, |sum| {
            points(sum);
            sum.integer(2, CUMULATIVE);
            sum.integer(3, 1);
        }),
        FamilyKind::Histogram => message.message(9, |histogram| {
            points(histogram);
            histogram.integer(2, CUMULATIVE);
        }),
    }
}

fn write_sample(point: &mut Message, sample: &Sample, started: u64, now: u64) {
    point.fixed64(2, started);
    point.fixed64(3, now);
    let labels: Vec<_> = sample.labels.iter().map(|(name, value)| Attribute::text(*name, value)).collect();
    match &sample.value {
        Value::Number(number) => {
            point.double(4, *number);
            attributes(point, 7, &labels);
        }
        Value::Histogram(histogram) => {
            point.fixed64(4, histogram.count());
            point.double(5, histogram.seconds());
            point.packed64(6, histogram.buckets.iter().copied());
            point.packed64(7, DURATION_BOUNDS.iter().map(|bound| bound.to_bits()));
            attributes(point, 9, &labels);
        }
    }
}
