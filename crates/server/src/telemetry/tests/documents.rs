//! The documentation and the dashboard name what there is.

use std::collections::BTreeSet;

use super::*;
use crate::telemetry::{
    metrics::{Family, FamilyKind},
    trace::names,
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

/// The series that a query can ask for, with their families.
fn series() -> BTreeMap<String, &'static str> {
    let mut known = BTreeMap::new();
    for family in families() {
        let series: &[&str] = match family.kind {
            FamilyKind::Histogram => &["_bucket", "_sum", "_count"],
            FamilyKind::Counter | FamilyKind::Gauge => &[""],
        };
        known.extend(series.iter().map(|end| (format!("{}{end}", family.name), family.name)));
    }
    known
}

/// The words of a query that look like a series of ours.
fn asked_for(query: &str) -> impl Iterator<Item = &str> {
    let words = query.split(|part: char| !part.is_ascii_alphanumeric() && part != '_');
    words.filter(|word| word.starts_with("huedb_") || word.starts_with("process_"))
}

#[test]
fn the_dashboard_shows_every_metric_and_none_that_does_not_exist() {
    let known = series();
    let dashboard: serde_json::Value = serde_json::from_str(&read("deploy/grafana/huedb.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let queries = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let mut shown: BTreeSet<&str> = BTreeSet::new();
    for query in queries {
        let text = query["expr"].as_str().unwrap();
        let named: Vec<_> = asked_for(text).collect();
        assert!(!named.is_empty(), "{text} asks for nothing of ours");
        for name in named {
            let family = known.get(name);
            assert!(family.is_some(), "{text} asks for {name}, which does not exist");
            shown.extend(family);
        }
    }
    let missing: BTreeSet<_> = known.values().filter(|name| !shown.contains(**name)).collect();
    assert!(missing.is_empty(), "no panel shows {missing:?}");
}

#[test]
fn alerts_look_at_metrics_that_exist() {
    let (known, rules) = (series(), read("deploy/prometheus/rules.yml"));
    let named: BTreeSet<_> = asked_for(&rules).collect();
    assert!(named.len() > 5, "{named:?}");
    for name in named {
        assert!(known.contains_key(name), "an alert looks at {name}, which does not exist");
    }
}

#[test]
fn the_table_of_spans_has_every_phase() {
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
}
