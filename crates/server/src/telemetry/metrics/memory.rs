//! What is kept in memory for requests, and how often it helped.

use huedb_engine::{EngineStats, Lookups};

use super::{Family, FamilyKind};
use crate::http::app::App;

/// The families of one look.
pub(crate) fn families(app: &App, stats: &EngineStats) -> Vec<Family> {
    let lookups = [("collections", stats.collection_lookups), ("credentials", app.gate.lookups())];
    vec![
        cache_lookups(&lookups),
        Family::gauge(
            "huedb_row_cache_bytes",
            "Memory of blocks of catalog, manifests and log",
            stats.row_cache_bytes,
        ),
        Family::gauge(
            "huedb_body_memory_bytes",
            "Memory reserved for request bodies",
            app.body_memory.bytes() as u64,
        ),
        Family::gauge(
            "huedb_body_memory_max_bytes",
            "Memory that request bodies may have together",
            app.body_memory.bytes_max() as u64,
        ),
    ]
}

fn cache_lookups(caches: &[(&'static str, Lookups)]) -> Family {
    let mut family = Family::new(
        "huedb_cache_lookups_total",
        FamilyKind::Counter,
        "Open collections and verdicts on credentials that were looked for",
    );
    for &(cache, Lookups { hits, misses }) in caches {
        family = family.with(&[("cache", cache), ("result", "hit")], hits as f64);
        family = family.with(&[("cache", cache), ("result", "miss")], misses as f64);
    }
    family
}
