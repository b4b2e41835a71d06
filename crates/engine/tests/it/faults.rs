//! What a failing disk does to a running engine.

use huedb_engine::Error;
use huedb_storage::kv::Faults;

use crate::store::{Store, collection, everything, record};

#[test]
fn a_write_that_fails_on_disk_is_refused_and_never_seen() {
    let faults = Faults::new();
    let store = Store::new(&faults);
    let engine = store.open().unwrap();
    let records = collection(&engine, "test").unwrap();
    records.add(vec![record("a", &[1.0], 1)]).unwrap().wait().unwrap();

    faults.fail_sync(1);
    let failed = records.add(vec![record("b", &[2.0], 2)]).unwrap().wait();
    assert!(matches!(failed, Err(Error::ReadOnly { .. } | Error::Storage { .. })), "{failed:?}");
    assert_eq!(records.count().unwrap(), 1);
    assert_eq!(records.get(&everything()).unwrap().len(), 1);

    let refused = records.add(vec![record("c", &[3.0], 3)]).err();
    assert!(matches!(refused, Some(Error::ReadOnly { .. })), "{refused:?}");
    assert_eq!(records.count().unwrap(), 1);
}

#[test]
fn writers_wait_for_the_disk_together() {
    let faults = Faults::new();
    let store = Store::new(&faults);
    let engine = store.open_with(1 << 20).unwrap();
    let records = collection(&engine, "test").unwrap();
    let before = faults.syncs();
    let held = faults.hold_writes();
    let tickets: Vec<_> = (0..64)
        .map(|number| records.add(vec![record(&number.to_string(), &[1.0], number)]).unwrap())
        .collect();
    assert_eq!(records.count().unwrap(), 0, "nothing is visible before it is durable");
    drop(held);
    for ticket in tickets {
        assert_eq!(ticket.wait().unwrap(), 1);
    }
    assert_eq!(records.count().unwrap(), 64);
    assert!(faults.syncs() - before <= 2, "64 writes took {} syncs", faults.syncs() - before);
}

#[test]
fn adding_an_id_that_is_on_its_way_to_disk_waits_for_it() {
    let faults = Faults::new();
    let store = Store::new(&faults);
    let engine = store.open_with(1 << 20).unwrap();
    let records = collection(&engine, "test").unwrap();
    let held = faults.hold_writes();
    let first = records.add(vec![record("a", &[1.0], 1)]).unwrap();
    held.wait_for(1);
    faults.fail_sync(1);
    let second = records.add(vec![record("a", &[2.0], 2)]).unwrap();
    drop(held);
    assert!(first.wait().is_err());
    assert!(second.wait().is_err(), "the record it leaned on was never stored");
}
