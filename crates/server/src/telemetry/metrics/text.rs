//! The text format of Prometheus, version 0.0.4.

use std::fmt::Write as _;

use huedb_types::{DurationCounts, durations::DURATION_BOUNDS};

use super::{Family, FamilyKind, Value};

/// What `/metrics` says its answer is.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All families, one after the other.
pub(crate) fn write(families: &[Family]) -> String {
    let mut text = String::with_capacity(16 << 10);
    for family in families {
        let kind = match family.kind {
            FamilyKind::Counter => "counter",
            FamilyKind::Gauge => "gauge",
            FamilyKind::Histogram => "histogram",
        };
        let _ = writeln!(text, "# HELP {} {}", family.name, family.help);
        let _ = writeln!(text, "# TYPE {} {kind}", family.name);
        for sample in &family.samples {
            match &sample.value {
                Value::Number(number) => {
                    let _ = writeln!(text, "{}{} {number}", family.name, labels(&sample.labels, None));
                }
                Value::Histogram(value) => write_histogram(&mut text, family.name, &sample.labels, value),
            }
        }
    }
    text
}

fn write_histogram(
    text: &mut String,
    name: &str,
    own: &[(&'static str, &'static str)],
    value: &DurationCounts,
) {
    let mut cumulative = 0;
    let bounds = DURATION_BOUNDS.iter().map(ToString::to_string).chain(["+Inf".to_owned()]);
    for (bound, count) in bounds.zip(value.buckets) {
        cumulative += count;
        let _ = writeln!(text, "{name}_bucket{} {cumulative}", labels(own, Some(&bound)));
    }
    let _ = writeln!(text, "{name}_sum{} {}", labels(own, None), value.seconds());
    let _ = writeln!(text, "{name}_count{} {cumulative}", labels(own, None));
}

/// Label values are constants of the code or come from the build, so only backslash, quote and line
/// feed have to be escaped.
fn labels(own: &[(&'static str, &'static str)], bound: Option<&str>) -> String {
    let bound = bound.map(|bound| ("le", bound));
    let all = own.iter().map(|(name, value)| (*name, *value)).chain(bound);
    let mut text = String::new();
    for (name, value) in all {
        let separator = if text.is_empty() { "{" } else { "," };
        let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let _ = write!(text, "{separator}{name}=\"{value}\"");
    }
    if !text.is_empty() {
        text.push('}');
    }
    text
}
