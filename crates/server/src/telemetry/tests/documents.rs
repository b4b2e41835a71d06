//! The documentation and the dashboard name what there is.

use std::collections::BTreeSet;

use super::*;
use crate::{
    config::otel_env::STANDARD,
    telemetry::{
        metrics::{Family, FamilyKind},
        trace::names,
    },
};

fn read(path: &str) -> String {
    let path = format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn families() -> Vec<Family> {
    let server = block_on(async {
        let server = Watched::new("http://127.0.0.1:1", Protocol::Grpc, Granularity::Operation, 10);
        server.send(&Method::GET, "/api/v2/heartbeat", "", &[]).await;
        server
    });
    let mut families = server.app.telemetry.gather(&server.app);
    families.extend(super::super::metrics::process::families(Some(std::path::Path::new("/"))));
    families
}

#[test]
fn the_table_of_metrics_is_the_metrics() {
    let page = read("docs/observability.md");
    for family in families() {
        let labels: Vec<_> = family.samples[0].labels.iter().map(|(name, _)| format!("`{name}`")).collect();
        let labels = if labels.is_empty() { " ".to_owned() } else { format!(" {} ", labels.join(", ")) };
        let row = format!("| `{}` |{labels}| {} |", family.name, family.help);
        assert!(page.contains(&row), "missing or different: {row}");
        assert_eq!(family.kind == FamilyKind::Counter, family.name.ends_with("_total"), "{}", family.name);
    }
    let known: BTreeSet<&str> = families().iter().map(|family| family.name).collect();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let written = rows.filter(|name| name.starts_with("huedb_") || name.starts_with("process_"));
    for name in written {
        assert!(known.contains(name), "{name} is described and does not exist");
    }
}

#[test]
fn the_dashboard_asks_for_metrics_that_exist() {
    let families = families();
    let histograms = families.iter().filter(|family| family.kind == FamilyKind::Histogram);
    let mut known: BTreeSet<String> = families.iter().map(|family| family.name.to_owned()).collect();
    known.extend(histograms.map(|family| format!("{}_bucket", family.name)));
    let dashboard: serde_json::Value = serde_json::from_str(&read("deploy/grafana/huedb.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let queries = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let mut used = 0;
    for query in queries {
        let text = query["expr"].as_str().unwrap();
        let is_name = |part: char| part.is_ascii_alphanumeric() || part == '_';
        let words = text.split(|part| !is_name(part));
        let named: Vec<_> =
            words.filter(|word| word.starts_with("huedb_") || word.starts_with("process_")).collect();
        assert!(!named.is_empty(), "{text} asks for nothing of ours");
        for name in named {
            assert!(known.contains(name), "{text} asks for {name}, which does not exist");
            used += 1;
        }
    }
    assert!(used > 20, "{used}");
}

#[test]
fn the_table_of_spans_has_every_phase_and_the_table_of_variables_every_variable() {
    use huedb_engine::phase::Phase as P;
    let page = read("docs/observability.md");
    let phases =
        [P::Open, P::Filter, P::SearchSegment, P::SearchMemtable, P::Fetch, P::Resolve, P::Append, P::Apply];
    for (name, granularity) in phases.map(names::phase) {
        let row = format!("| `{name}` | `{}` |", granularity.name());
        assert!(page.contains(&row), "missing: {row}");
    }
    for name in [names::QUEUE, names::DURABLE] {
        assert!(page.contains(&format!("| `{name}` | `all` |")), "missing: {name}");
    }
    for (variable, option) in STANDARD {
        let row = format!("| `{variable}` | `{option}` |");
        assert!(page.contains(&row), "missing: {row}");
    }
}
