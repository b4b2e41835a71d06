//! The rules of [`Kv`], run against every adapter.

use std::sync::Arc;

use bytes::Bytes;
use huedb_storage::kv::{Durability, FjallKv, KEY_BYTES_MAX, Kv, KvError, MemoryKv, WriteBatch};

macro_rules! contract {
    ($($rule:ident),+ $(,)?) => {
        mod memory {
            $(#[test] fn $rule() { super::$rule(&super::MemoryKv::new()); })+
        }
        mod fjall {
            $(#[test] fn $rule() {
                let dir = tempfile::tempdir().unwrap();
                super::$rule(&super::FjallKv::open(dir.path()).unwrap());
            })+
        }
    };
}

contract!(
    a_put_is_read_back_and_a_missing_key_is_none,
    the_last_change_of_a_key_wins_within_and_across_batches,
    a_scan_returns_the_keys_of_its_prefix_in_order_of_bytes,
    a_scan_of_the_empty_prefix_returns_everything_in_order,
    a_prefix_of_ff_bytes_ends_where_the_keys_end,
    a_scan_of_keys_returns_the_keys_of_a_scan,
    a_scan_is_a_snapshot_of_its_call,
    readers_see_a_whole_batch_or_nothing_of_it,
    an_empty_batch_changes_nothing,
    a_batch_with_an_invalid_key_is_refused_whole_and_the_store_goes_on,
    values_of_8_mib_are_read_back,
    thousands_of_keys_are_deleted_in_one_batch,
    a_closed_store_refuses_everything_and_closes_twice,
);

fn batch(changes: &[(&[u8], Option<&[u8]>)]) -> WriteBatch {
    let mut batch = WriteBatch::new();
    for (key, value) in changes {
        match value {
            Some(value) => batch.put(*key, value.to_vec()),
            None => batch.delete(*key),
        }
    }
    batch
}

fn put(kv: &dyn Kv, keys: &[&[u8]]) {
    let mut batch = WriteBatch::new();
    for key in keys {
        batch.put(*key, key.to_vec());
    }
    kv.write(batch, Durability::Buffered).unwrap();
}

fn scan(kv: &dyn Kv, prefix: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    kv.scan(prefix)
        .unwrap()
        .map(|entry| entry.map(|(key, value)| (key.to_vec(), value.to_vec())).unwrap())
        .collect()
}

#[track_caller]
fn check_keys(kv: &dyn Kv, prefix: &[u8], expected: &[&[u8]]) {
    let found: Vec<Vec<u8>> = scan(kv, prefix).into_iter().map(|(key, _)| key).collect();
    assert_eq!(found, expected, "prefix={prefix:?}");
}

fn a_put_is_read_back_and_a_missing_key_is_none(kv: &dyn Kv) {
    let changes: &[(&[u8], Option<&[u8]>)] =
        &[(b"c1", Some(b"one")), (b"w1", Some(b"two")), (b"z", Some(b""))];
    kv.write(batch(changes), Durability::Synced).unwrap();
    for (key, value) in changes {
        assert_eq!(kv.get(key).unwrap().as_deref(), *value);
    }
    for missing in [&b"c"[..], b"c11", b"w", b"", b"\xff"] {
        assert_eq!(kv.get(missing).unwrap(), None, "key={missing:?}");
    }
    assert!(kv.disk_bytes() > 0);
}

fn the_last_change_of_a_key_wins_within_and_across_batches(kv: &dyn Kv) {
    kv.write(
        batch(&[(b"a", Some(b"1")), (b"a", Some(b"2")), (b"b", Some(b"1")), (b"b", None)]),
        Durability::Buffered,
    )
    .unwrap();
    assert_eq!(kv.get(b"a").unwrap().as_deref(), Some(&b"2"[..]));
    assert_eq!(kv.get(b"b").unwrap(), None);
    kv.write(batch(&[(b"a", None), (b"a", Some(b"3")), (b"b", Some(b"4"))]), Durability::Buffered).unwrap();
    assert_eq!(kv.get(b"a").unwrap().as_deref(), Some(&b"3"[..]));
    kv.write(batch(&[(b"a", None), (b"missing", None)]), Durability::Synced).unwrap();
    check_keys(kv, b"", &[b"b"]);
}

fn a_scan_returns_the_keys_of_its_prefix_in_order_of_bytes(kv: &dyn Kv) {
    put(kv, &[b"c/2", b"c/10", b"c", b"c/", b"c0", b"b", b"c/2\x00", b"c/\x80", b"w/1", b"wal"]);
    check_keys(kv, b"c/", &[b"c/", b"c/10", b"c/2", b"c/2\x00", b"c/\x80"]);
    check_keys(kv, b"w", &[b"w/1", b"wal"]);
    check_keys(kv, b"w/", &[b"w/1"]);
    check_keys(kv, b"x", &[]);
}

fn a_scan_of_the_empty_prefix_returns_everything_in_order(kv: &dyn Kv) {
    let keys: &[&[u8]] = &[b"\x00", b"a", b"v\xff\xff", b"w", b"w\x00", b"w\xff", b"x", b"x\x00", b"\xff"];
    put(kv, keys);
    check_keys(kv, b"", keys);
}

fn a_prefix_of_ff_bytes_ends_where_the_keys_end(kv: &dyn Kv) {
    put(kv, &[b"\xfe", b"\xff", b"\xff\xff", b"\xff\xff\xff", b"\xff\x00", b"w\xff", b"w\xff\xff", b"x"]);
    check_keys(kv, b"\xff\xff", &[b"\xff\xff", b"\xff\xff\xff"]);
    check_keys(kv, b"\xff", &[b"\xff", b"\xff\x00", b"\xff\xff", b"\xff\xff\xff"]);
    check_keys(kv, b"w\xff", &[b"w\xff", b"w\xff\xff"]);
}

fn a_scan_of_keys_returns_the_keys_of_a_scan(kv: &dyn Kv) {
    put(kv, &[b"a", b"w1", b"w2", b"z"]);
    for prefix in [&b""[..], b"w", b"a", b"q"] {
        let keys: Vec<Bytes> = kv.scan_keys(prefix).unwrap().map(Result::unwrap).collect();
        let expected: Vec<Vec<u8>> = scan(kv, prefix).into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, expected, "prefix={prefix:?}");
    }
}

fn a_scan_is_a_snapshot_of_its_call(kv: &dyn Kv) {
    put(kv, &[b"a", b"b", b"w1"]);
    let mut entries = kv.scan(b"").unwrap();
    let mut keys = kv.scan_keys(b"").unwrap();
    kv.write(batch(&[(b"a2", Some(b"new")), (b"b", Some(b"changed")), (b"w1", None)]), Durability::Synced)
        .unwrap();
    let mut seen = Vec::new();
    for entry in &mut entries {
        seen.push(entry.unwrap());
    }
    let expected =
        [b"a", &b"b"[..], b"w1"].map(|key| (Bytes::copy_from_slice(key), Bytes::copy_from_slice(key)));
    assert_eq!(seen, expected);
    assert!(keys.by_ref().map(Result::unwrap).eq(expected.map(|(key, _)| key)));
    check_keys(kv, b"", &[b"a", b"a2", b"b"]);
}

fn readers_see_a_whole_batch_or_nothing_of_it(kv: &dyn Kv) {
    const KEYS: [&[u8]; 4] = [b"a", b"q", b"w", b"z"];
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for round in 0_u32..300 {
                let mut batch = WriteBatch::new();
                for key in KEYS {
                    batch.put(key, round.to_le_bytes().to_vec());
                }
                kv.write(batch, Durability::Buffered).unwrap();
            }
        });
        while !writer.is_finished() {
            let mut values: Vec<_> = scan(kv, b"").into_iter().map(|(_, value)| value).collect();
            assert!(values.is_empty() || values.len() == KEYS.len(), "{} keys", values.len());
            values.dedup();
            assert!(values.len() <= 1, "values of several batches: {values:?}");
            // Rounds only go up, so a get that comes later cannot see less.
            let [first, second] = ["z", "a"].map(|key| kv.get(key.as_bytes()).unwrap());
            let number = |value: Option<Bytes>| {
                value.map_or(-1, |value| i64::from(u32::from_le_bytes(value[..].try_into().unwrap())))
            };
            assert!(number(second) >= number(first));
        }
    });
}

fn an_empty_batch_changes_nothing(kv: &dyn Kv) {
    put(kv, &[b"a"]);
    assert!(WriteBatch::new().is_empty());
    for durability in [Durability::Buffered, Durability::Synced] {
        kv.write(WriteBatch::new(), durability).unwrap();
    }
    check_keys(kv, b"", &[b"a"]);
}

fn a_batch_with_an_invalid_key_is_refused_whole_and_the_store_goes_on(kv: &dyn Kv) {
    for bad in [vec![], vec![b'a'; KEY_BYTES_MAX + 1]] {
        let mut batch = WriteBatch::new();
        batch.put("good", "value");
        batch.delete(bad.clone());
        let error = kv.write(batch, Durability::Synced).unwrap_err();
        assert!(matches!(error, KvError::InvalidKey { bytes } if bytes == bad.len()), "{error}");
    }
    let longest = vec![b'k'; KEY_BYTES_MAX];
    put(kv, &[&longest]);
    check_keys(kv, b"", &[&longest]);
}

fn values_of_8_mib_are_read_back(kv: &dyn Kv) {
    let value = |seed: u8| -> Vec<u8> {
        (0..8_u32 << 20).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8 ^ seed).collect()
    };
    let mut batch = WriteBatch::new();
    batch.put("w/large", value(1));
    batch.put("row/large", value(2));
    kv.write(batch, Durability::Synced).unwrap();
    assert!(kv.get(b"w/large").unwrap().unwrap() == value(1));
    assert!(scan(kv, b"row") == [(b"row/large".to_vec(), value(2))]);
}

fn thousands_of_keys_are_deleted_in_one_batch(kv: &dyn Kv) {
    let key = |number: u32| [b"w/collection/".as_slice(), &number.to_be_bytes()].concat();
    let (mut puts, mut deletes) = (WriteBatch::new(), WriteBatch::new());
    for number in 0..5000 {
        puts.put(key(number), vec![7; 32]);
        if number != 4321 {
            deletes.delete(key(number));
        }
    }
    assert_eq!(puts.len(), 5000);
    assert_eq!(puts.bytes(), 5000 * (17 + 32));
    kv.write(puts, Durability::Buffered).unwrap();
    assert_eq!(kv.scan_keys(b"w").unwrap().count(), 5000);
    kv.write(deletes, Durability::Synced).unwrap();
    check_keys(kv, b"w", &[&key(4321)]);
}

fn a_closed_store_refuses_everything_and_closes_twice(kv: &dyn Kv) {
    put(kv, &[b"a"]);
    kv.close().unwrap();
    kv.close().unwrap();
    assert!(kv.write(batch(&[(b"b", None)]), Durability::Synced).unwrap_err().is_closed());
    assert!(kv.write(WriteBatch::new(), Durability::Synced).unwrap_err().is_closed());
    assert!(kv.get(b"a").unwrap_err().is_closed());
    assert!(kv.scan(b"").err().is_some_and(|error| error.is_closed()));
    assert!(kv.scan_keys(b"").err().is_some_and(|error| error.is_closed()));
    assert_eq!(kv.disk_bytes(), 0);
}

#[test]
fn a_store_can_be_shared_as_a_trait_object() {
    let kv: Arc<dyn Kv> = Arc::new(MemoryKv::new());
    put(&*kv, &[b"a"]);
    check_keys(&*Arc::clone(&kv), b"", &[b"a"]);
}
