//! Random histories against a [`BTreeMap`].

use std::collections::BTreeMap;

use bytes::Bytes;
use huedb_storage::kv::{Durability, FjallKv, Kv, MemoryKv, WriteBatch};
use proptest::collection::vec;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Write(Vec<(Vec<u8>, Option<Vec<u8>>)>, bool),
    Scan(Vec<u8>),
    Reopen,
}

/// Few bytes, so that keys meet; among them the ends of the range and both sides of the WAL's prefix.
fn key() -> impl Strategy<Value = Vec<u8>> {
    vec(prop::sample::select(b"\x00avwx\xfe\xff".to_vec()), 1..4)
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![4 => vec(any::<u8>(), 0..20), 1 => vec(any::<u8>(), 1000..6000)]
}

fn step() -> impl Strategy<Value = Step> {
    let change = (key(), prop::option::weighted(0.7, value()));
    prop_oneof![
        6 => (vec(change, 0..12), any::<bool>()).prop_map(|(changes, synced)| Step::Write(changes, synced)),
        3 => prop_oneof![key(), Just(Vec::new())].prop_map(Step::Scan),
        1 => Just(Step::Reopen),
    ]
}

fn check<K: Kv>(steps: &[Step], open: impl Fn() -> K, reopen: impl Fn(K) -> K) {
    let mut kv = open();
    let mut model: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
    for step in steps {
        match step {
            Step::Write(changes, synced) => {
                let mut batch = WriteBatch::new();
                for (key, value) in changes {
                    match value {
                        Some(value) => batch.put(key.clone(), value.clone()),
                        None => batch.delete(key.clone()),
                    }
                    match value {
                        Some(value) => model.insert(key.clone(), value.clone()),
                        None => model.remove(key),
                    };
                }
                let durability = if *synced { Durability::Synced } else { Durability::Buffered };
                kv.write(batch, durability).unwrap();
                for (key, _) in changes {
                    assert_eq!(kv.get(key).unwrap().as_deref(), model.get(key).map(Vec::as_slice));
                }
            }
            Step::Scan(prefix) => {
                let expected: Vec<(Bytes, Bytes)> = model
                    .iter()
                    .filter(|(key, _)| key.starts_with(prefix))
                    .map(|(key, value)| (key.clone().into(), value.clone().into()))
                    .collect();
                let found: Vec<_> = kv.scan(prefix).unwrap().map(Result::unwrap).collect();
                assert_eq!(found, expected);
                let keys: Vec<_> = kv.scan_keys(prefix).unwrap().map(Result::unwrap).collect();
                assert!(keys.iter().eq(expected.iter().map(|(key, _)| key)));
            }
            Step::Reopen => kv = reopen(kv),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn fjall_behaves_as_a_sorted_map_across_restarts(steps in vec(step(), 1..25)) {
        let dir = tempfile::tempdir().unwrap();
        let open = || FjallKv::open(dir.path()).unwrap();
        check(&steps, open, |kv| {
            drop(kv);
            open()
        });
    }

    #[test]
    fn memory_behaves_as_a_sorted_map_across_restarts(steps in vec(step(), 1..60)) {
        check(&steps, MemoryKv::new, |kv| {
            kv.close().unwrap();
            kv.crash()
        });
    }
}
