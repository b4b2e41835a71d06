//! What an engine tells about itself: counts, and the phases of a call.

use huedb_engine::phase::{Phase, recorded};
use huedb_engine::{DEFAULT_DATABASE, DEFAULT_TENANT, Error, Lookups, QueryRequest, Selection};
use huedb_storage::kv::Faults;

use crate::store::{Store, collection, everything, record};

const LARGE: usize = 1 << 20;

#[test]
fn counts_follow_what_is_written() {
    let engine = Store::new(&Faults::new()).open_with(LARGE).unwrap();
    let before = engine.stats();
    assert_eq!((before.tenants, before.databases, before.collections, before.records), (1, 1, 0, 0));
    let docs = collection(&engine, "docs").unwrap();
    collection(&engine, "idle").unwrap();
    docs.add(vec![record("a", &[1.0], 1), record("b", &[2.0], 2)]).unwrap().wait().unwrap();
    let after = engine.stats();
    assert_eq!((after.collections, after.collections_open), (2, 1));
    assert_eq!((after.records, after.unindexed_records, after.segments), (2, 2, 0));
    assert!(after.syncs.count() > before.syncs.count() && after.log_bytes > before.log_bytes, "{after:?}");
    assert!(after.memtable_bytes > 0, "{after:?}");
}

#[test]
fn reads_and_lookups_are_counted() {
    let engine = Store::new(&Faults::new()).open_with(LARGE).unwrap();
    let docs = collection(&engine, "docs").unwrap();
    docs.add(vec![record("a", &[1.0], 1), record("b", &[2.0], 2)]).unwrap().wait().unwrap();
    assert_eq!(docs.get(&everything()).unwrap().len(), 2);
    let request = QueryRequest { embeddings: vec![vec![1.0]; 3], k: 1, ..QueryRequest::default() };
    docs.query(&request).unwrap();
    docs.explain(&request).unwrap();
    assert_eq!(docs.count(), Ok(2));
    let stats = engine.stats();
    assert_eq!(stats.records_read, 2 + 3 + 3);
    // Adding opened it, the four reads found it open.
    assert_eq!(stats.collection_lookups, Lookups { hits: 4, misses: 1 });
}

#[test]
fn segments_count_on_disk_until_they_are_deleted() {
    let engine = Store::new(&Faults::new()).open_with(1).unwrap();
    let docs = collection(&engine, "docs").unwrap();
    assert_eq!(engine.stats().segment_bytes, Some(0));
    docs.add(vec![record("a", &[1.0], 1)]).unwrap().wait().unwrap();
    let segments = || engine.stats().segment_bytes.unwrap();
    while segments() == 0 {
        std::thread::yield_now();
    }
    engine.delete_collection(DEFAULT_TENANT, DEFAULT_DATABASE, "docs").unwrap();
    // A flush that ends at the same time deletes what it wrote by itself.
    while segments() != 0 {
        std::thread::yield_now();
    }
}

#[test]
fn a_failed_write_shows() {
    let faults = Faults::new();
    let engine = Store::new(&faults).open_with(LARGE).unwrap();
    let docs = collection(&engine, "docs").unwrap();
    assert!(!engine.is_read_only());
    faults.fail_write(1);
    let failed = docs.add(vec![record("a", &[1.0], 1)]).and_then(|ticket| ticket.wait());
    assert!(matches!(failed, Err(Error::ReadOnly { .. } | Error::Storage { .. })), "{failed:?}");
    assert!(engine.is_read_only() && engine.stats().is_read_only);
}

#[test]
fn a_call_tells_its_phases() {
    let engine = Store::new(&Faults::new()).open_with(LARGE).unwrap();
    let docs = collection(&engine, "docs").unwrap();
    let phases = |work: &dyn Fn()| {
        let ((), reports) = recorded(work);
        reports.iter().map(|report| (report.phase, report.rows_in, report.rows_out)).collect::<Vec<_>>()
    };
    let records = || vec![record("a", &[1.0], 1), record("b", &[2.0], 2)];
    let written = phases(&|| assert_eq!(docs.add(records()).unwrap().wait(), Ok(2)));
    assert_eq!(
        written,
        [(Phase::Open, 0, 0), (Phase::Resolve, 2, 2), (Phase::Append, 2, 2), (Phase::Apply, 2, 2)]
    );
    let request = QueryRequest { embeddings: vec![vec![1.0]], k: 1, ..QueryRequest::default() };
    let nearest = phases(&|| assert_eq!(docs.query(&request).unwrap()[0].len(), 1));
    assert_eq!(nearest, [(Phase::SearchMemtable, 2, 1), (Phase::Fetch, 1, 1)]);
    let named = QueryRequest { ids: Some(vec!["b".to_owned()]), ..request };
    let named = phases(&|| assert_eq!(docs.query(&named).unwrap()[0].len(), 1));
    assert_eq!(named, [(Phase::Filter, 2, 1), (Phase::SearchMemtable, 1, 1), (Phase::Fetch, 1, 1)]);
    let got = phases(&|| assert_eq!(docs.get(&everything()).unwrap().len(), 2));
    assert_eq!(got, [(Phase::Filter, 2, 2), (Phase::Fetch, 2, 2)]);
    let one = Selection { ids: Some(vec!["a".to_owned()]), ..Selection::default() };
    let deleted = phases(&|| assert_eq!(docs.delete(&one).unwrap().wait(), Ok(1)));
    assert_eq!(deleted[0], (Phase::Resolve, 2, 1));
}
