//! What many collections may take together.

use huedb_engine::{DEFAULT_DATABASE, DEFAULT_TENANT, EngineOptions, Error};
use huedb_storage::kv::Faults;

use crate::store::{Store, collection, everything, record};

const COLLECTIONS: usize = 40;
const WRITE_MEMORY: usize = 64 << 10;

fn options() -> EngineOptions {
    EngineOptions {
        memtable_bytes_max: 1 << 20,
        write_memory_bytes_max: WRITE_MEMORY,
        open_collections_max: 8,
        ..EngineOptions::default()
    }
}

fn name(number: usize) -> String {
    format!("collection-{number}")
}

#[test]
fn memtables_of_all_collections_together_have_a_bound() {
    let engine = Store::new(&Faults::new())
        .open_with_options(EngineOptions { open_collections_max: 1000, ..options() })
        .unwrap();
    let mut batch_bytes_max = 0;
    for round in 0..10 {
        for number in 0..COLLECTIONS {
            let before = engine.usage().memtable_bytes;
            let records = (0..10).map(|id| record(&format!("{round}-{id}"), &[1.0; 32], id)).collect();
            collection(&engine, &name(number)).unwrap().add(records).unwrap().wait().unwrap();
            let after = engine.usage().memtable_bytes;
            batch_bytes_max = batch_bytes_max.max(after.saturating_sub(before));
            assert!(
                after <= 2 * WRITE_MEMORY + batch_bytes_max,
                "round={round} number={number} bytes={after}"
            );
        }
    }
    // Far more was written than may be in memory, and all of it is there.
    assert!(batch_bytes_max * COLLECTIONS * 10 > 8 * WRITE_MEMORY);
    for number in 0..COLLECTIONS {
        assert_eq!(collection(&engine, &name(number)).unwrap().count().unwrap(), 100, "number={number}");
    }
    engine.close().unwrap();
}

#[test]
fn collections_not_used_for_longest_are_closed_and_open_again_as_they_were() {
    let engine = Store::new(&Faults::new())
        .open_with_options(EngineOptions { write_memory_bytes_max: 64 << 20, ..options() });
    let engine = engine.unwrap();
    for round in 0..3 {
        for number in 0..COLLECTIONS {
            let collection = collection(&engine, &name(number)).unwrap();
            assert_eq!(collection.count().unwrap(), round, "round={round} number={number}");
            let added = record(&format!("{round}"), &[number as f32; 4], number as i64);
            collection.add(vec![added]).unwrap().wait().unwrap();
            assert!(engine.usage().open_collections <= 9, "{:?}", engine.usage());
        }
    }
    for number in 0..COLLECTIONS {
        let expected: Vec<_> =
            (0..3).map(|round| record(&format!("{round}"), &[number as f32; 4], number as i64)).collect();
        assert_eq!(collection(&engine, &name(number)).unwrap().get(&everything()).unwrap(), expected);
    }
    engine.close().unwrap();
}

#[test]
fn a_collection_in_use_stays_open() {
    let engine = Store::new(&Faults::new()).open_with_options(options()).unwrap();
    let used = collection(&engine, "used").unwrap();
    for number in 0..COLLECTIONS {
        let record = record(&number.to_string(), &[0.5; 4], 0);
        let ticket = used.add(vec![record]).unwrap();
        collection(&engine, &name(number)).unwrap().count().unwrap();
        assert_eq!(ticket.wait().unwrap(), 1);
        assert_eq!(used.count().unwrap(), number as u64 + 1);
    }
    engine.close().unwrap();
}

#[test]
fn a_deleted_collection_takes_no_memory_and_is_not_opened_again() {
    let engine = Store::new(&Faults::new()).open_with_options(options()).unwrap();
    let kept = collection(&engine, "deleted").unwrap();
    kept.add(vec![record("a", &[1.0; 4], 0)]).unwrap().wait().unwrap();
    assert!(engine.usage().memtable_bytes > 0);
    engine.delete_collection(DEFAULT_TENANT, DEFAULT_DATABASE, "deleted").unwrap();
    assert_eq!((engine.usage().open_collections, engine.usage().memtable_bytes), (0, 0));
    assert!(matches!(kept.add(vec![record("b", &[1.0; 4], 0)]), Err(Error::CollectionNotFound { .. })));
    assert!(matches!(kept.count(), Err(Error::CollectionNotFound { .. })));
    engine.close().unwrap();
}

#[test]
fn a_reset_frees_all_memory() {
    let engine = Store::new(&Faults::new()).open_with_options(options()).unwrap();
    for number in 0..4 {
        let record = record("a", &[1.0; 4], number as i64);
        collection(&engine, &name(number)).unwrap().add(vec![record]).unwrap().wait().unwrap();
    }
    engine.reset().unwrap();
    assert_eq!((engine.usage().open_collections, engine.usage().memtable_bytes), (0, 0));
    engine.close().unwrap();
}
