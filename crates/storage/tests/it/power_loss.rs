//! Every point at which power can fail, enumerated in memory.
//!
//! A history is run once to count its steps and then again for every step with the power cut there;
//! every image the disk may hold afterwards is checked.

use huedb_storage::blob::{BlobName, BlobStore, MemoryBlobStore};
use huedb_storage::kv::{Durability, Faults, Kv, MemoryKv, WriteBatch};

/// One key per write, so that the keys of an image tell which writes it has.
fn write(kv: &MemoryKv, number: u8, durability: Durability) -> bool {
    let mut batch = WriteBatch::new();
    batch.put(vec![b'a', number], "");
    batch.put(vec![b'w', number], "");
    kv.write(batch, durability).is_ok()
}

fn numbers(kv: &MemoryKv, prefix: u8) -> Vec<u8> {
    kv.scan_keys(&[prefix]).unwrap().map(|key| key.unwrap()[1]).collect()
}

/// Synced writes have odd numbers. Returns the acknowledged ones.
fn history(kv: &MemoryKv) -> Vec<u8> {
    let durability = |number| if number % 2 == 1 { Durability::Synced } else { Durability::Buffered };
    [1, 2, 4, 6, 7, 8, 9, 10].into_iter().filter(|&number| write(kv, number, durability(number))).collect()
}

#[test]
fn every_image_has_all_synced_writes_and_a_prefix_of_the_others_whole() {
    let faults = Faults::new();
    let complete = history(&MemoryKv::with_faults(faults.clone()));
    assert_eq!(complete, [1, 2, 4, 6, 7, 8, 9, 10]);
    let steps = faults.steps();
    assert_eq!(steps, 8 + 3);
    for step in 1..=steps + 1 {
        let kv = MemoryKv::new();
        kv.faults().power_off(step);
        let acknowledged = history(&kv);
        assert!(step == steps + 1 || acknowledged.len() < complete.len());
        let synced = acknowledged.iter().rposition(|number| number % 2 == 1).map_or(0, |last| last + 1);
        for kept in 0..=kv.unsynced() {
            let image = kv.crash_keeping(kept);
            let found = numbers(&image, b'a');
            assert_eq!(found, numbers(&image, b'w'), "torn batch, step={step}, kept={kept}");
            assert!(complete.starts_with(&found), "not a prefix: {found:?}, step={step}, kept={kept}");
            assert!(found.len() >= synced, "lost a synced write: {found:?}, step={step}, kept={kept}");
        }
        assert_eq!(numbers(&kv.crash(), b'a').len(), synced);
    }
}

#[test]
fn a_failed_sync_leaves_the_write_in_doubt_and_invisible() {
    let kv = MemoryKv::new();
    assert!(write(&kv, 1, Durability::Synced));
    kv.faults().fail_sync(1);
    assert!(!write(&kv, 3, Durability::Synced));
    assert!(!write(&kv, 5, Durability::Synced));
    assert_eq!(numbers(&kv, b'a'), [1]);
    assert_eq!(numbers(&kv.crash(), b'a'), [1]);
    assert_eq!(numbers(&kv.crash_keeping(1), b'a'), [1, 3]);
    // What comes back works again.
    let survivor = kv.crash_keeping(1);
    assert!(write(&survivor, 5, Durability::Synced));
    assert_eq!(numbers(&survivor.crash(), b'a'), [1, 3, 5]);
}

#[test]
fn an_empty_synced_write_makes_the_buffered_ones_durable() {
    let kv = MemoryKv::new();
    assert!(write(&kv, 2, Durability::Buffered));
    assert_eq!(numbers(&kv.crash(), b'a'), [] as [u8; 0]);
    kv.write(WriteBatch::new(), Durability::Synced).unwrap();
    assert_eq!(numbers(&kv.crash(), b'a'), [2]);
}

#[test]
fn closing_makes_the_buffered_writes_durable() {
    let kv = MemoryKv::new();
    assert!(write(&kv, 2, Durability::Buffered));
    kv.close().unwrap();
    assert_eq!(numbers(&kv.crash(), b'a'), [2]);
}

fn put(blobs: &MemoryBlobStore, name: &str) -> bool {
    let mut writer = blobs.put(&BlobName::parse(name).unwrap()).unwrap();
    writer.write(name.as_bytes()).unwrap();
    writer.finish().is_ok()
}

fn names(blobs: &MemoryBlobStore) -> Vec<String> {
    blobs.list().unwrap().into_iter().map(|meta| meta.name.to_string()).collect()
}

#[test]
fn finished_blobs_survive_and_deletions_may_be_undone() {
    let blobs = MemoryBlobStore::new();
    assert!(put(&blobs, "a") && put(&blobs, "b"));
    let unfinished = blobs.put(&BlobName::parse("unfinished").unwrap()).unwrap();
    blobs.delete(&BlobName::parse("a").unwrap()).unwrap();
    blobs.faults().fail_sync(1);
    assert!(!put(&blobs, "c"));
    assert_eq!(names(&blobs), ["b"]);
    assert_eq!(blobs.unsynced(), 2);
    assert_eq!(names(&blobs.crash()), ["a", "b"]);
    assert_eq!(names(&blobs.crash_keeping(1)), ["b"]);
    assert_eq!(names(&blobs.crash_keeping(2)), ["b", "c"]);
    drop(unfinished);
}

#[test]
fn a_name_put_again_after_its_deletion_survives_as_put_last() {
    let blobs = MemoryBlobStore::new();
    assert!(put(&blobs, "a"));
    blobs.delete(&BlobName::parse("a").unwrap()).unwrap();
    assert!(put(&blobs, "a"));
    for kept in 0..=1 {
        assert_eq!(names(&blobs.crash_keeping(kept)), ["a"], "kept={kept}");
    }
}

#[test]
fn power_fails_for_both_stores_at_the_same_step() {
    let faults = Faults::new();
    let kv = MemoryKv::with_faults(faults.clone());
    let blobs = MemoryBlobStore::with_faults(faults.clone());
    // A manifest that names a blob is written after the blob.
    let run = |kv: &MemoryKv, blobs: &MemoryBlobStore| put(blobs, "a") && write(kv, 1, Durability::Synced);
    assert!(run(&kv, &blobs));
    assert_eq!(faults.steps(), 4);
    for step in 1..=4 {
        let faults = Faults::new();
        faults.power_off(step);
        let kv = MemoryKv::with_faults(faults.clone());
        let blobs = MemoryBlobStore::with_faults(faults);
        assert!(!run(&kv, &blobs), "step={step}");
        assert_eq!(names(&blobs.crash()), if step <= 2 { vec![] } else { vec!["a"] }, "step={step}");
        for kept in 0..=kv.unsynced() {
            let has_manifest = !numbers(&kv.crash_keeping(kept), b'a').is_empty();
            assert!(!has_manifest || names(&blobs.crash()) == ["a"], "step={step}, kept={kept}");
        }
    }
}
