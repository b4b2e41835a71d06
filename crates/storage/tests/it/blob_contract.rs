//! The rules of [`BlobStore`], run against every adapter.

use std::sync::Arc;

use huedb_storage::blob::{
    Access, BLOB_ALIGNMENT, BlobMeta, BlobName, BlobStore, LocalBlobStore, MemoryBlobStore, ObjectBlobStore,
};

macro_rules! contract {
    ($($rule:ident),+ $(,)?) => {
        mod memory {
            $(#[test] fn $rule() { super::$rule(&super::MemoryBlobStore::new()); })+
        }
        mod object {
            $(#[test] fn $rule() {
                let bucket = std::sync::Arc::new(object_store::memory::InMemory::new());
                super::$rule(&super::ObjectBlobStore::new(bucket).unwrap());
            })+
        }
        mod local {
            $(#[test] fn $rule() {
                let dir = tempfile::tempdir().unwrap();
                super::$rule(&super::LocalBlobStore::open(dir.path()).unwrap());
            })+
        }
    };
}

contract!(
    a_blob_is_read_back_whole,
    the_first_byte_is_aligned_whatever_the_length,
    a_blob_of_many_parts_is_read_back_whole,
    advice_changes_no_byte,
    nothing_is_seen_of_a_blob_before_it_is_finished,
    a_dropped_writer_leaves_nothing_and_frees_the_name,
    a_name_is_put_once,
    a_missing_blob_is_not_found,
    deleting_removes_a_blob_and_forgives_a_missing_one,
    stored_bytes_are_those_of_the_blobs_that_are_there,
    a_deleted_blob_stays_readable_for_those_who_opened_it,
    a_deleted_name_can_be_put_again,
    blobs_are_listed_by_name_with_their_sizes,
    blobs_are_put_and_deleted_from_many_threads,
    a_store_may_be_used_and_dropped_within_a_runtime,
);

fn name(raw: &str) -> BlobName {
    BlobName::parse(raw).unwrap()
}

fn put(blobs: &dyn BlobStore, raw: &str, contents: &[u8]) {
    let mut writer = blobs.put(&name(raw)).unwrap();
    writer.write(contents).unwrap();
    assert_eq!(writer.finish().unwrap(), contents.len() as u64);
}

fn names(blobs: &dyn BlobStore) -> Vec<String> {
    blobs.list().unwrap().into_iter().map(|meta| meta.name.to_string()).collect()
}

fn advice_changes_no_byte(blobs: &dyn BlobStore) {
    let contents: Vec<u8> = (0..300_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 23) as u8).collect();
    put(blobs, "some", &contents);
    put(blobs, "none", b"");
    for raw in ["some", "none"] {
        let blob = blobs.open(&name(raw)).unwrap();
        let before = blob.to_vec();
        for access in [Access::Scattered, Access::InOrder, Access::Soon] {
            for (start, end) in
                [(0, 1), (4_095, 4_097), (70_001, 300_000), (299_999, usize::MAX), (usize::MAX, 1)]
            {
                blob.advise(start..end, access);
                assert!(blob[..] == before, "{raw} {access:?} {start}..{end}");
                // It was read just now.
                assert!(blob.is_in_memory(start), "{raw} {access:?} {start}..{end}");
            }
        }
    }
}

fn stored_bytes_are_those_of_the_blobs_that_are_there(blobs: &dyn BlobStore) {
    assert_eq!(blobs.stored_bytes().unwrap(), 0);
    put(blobs, "seg/a/1", &[1; 1000]);
    put(blobs, "seg/b/2", &[2; 24]);
    put(blobs, "top", &[]);
    assert_eq!(blobs.stored_bytes().unwrap(), 1024);
    blobs.delete(&name("seg/a/1")).unwrap();
    assert_eq!(blobs.stored_bytes().unwrap(), 24);
}

fn a_blob_is_read_back_whole(blobs: &dyn BlobStore) {
    let mut writer = blobs.put(&name("seg/0a1b/01.seg")).unwrap();
    for piece in [&b"one"[..], b"", b"two", b"three"] {
        writer.write(piece).unwrap();
    }
    assert_eq!(writer.finish().unwrap(), 11);
    let blob = blobs.open(&name("seg/0a1b/01.seg")).unwrap();
    assert_eq!(&*blob, b"onetwothree");
    assert_eq!(&*blob.clone(), b"onetwothree");
}

fn the_first_byte_is_aligned_whatever_the_length(blobs: &dyn BlobStore) {
    for length in [0, 1, 63, 64, 65, 1000] {
        let raw = format!("b{length}");
        put(blobs, &raw, &vec![9; length]);
        let blob = blobs.open(&name(&raw)).unwrap();
        assert_eq!(&*blob, vec![9; length]);
        assert!(length == 0 || blob.as_ptr().addr().is_multiple_of(BLOB_ALIGNMENT), "length={length}");
    }
}

fn a_blob_of_many_parts_is_read_back_whole(blobs: &dyn BlobStore) {
    let contents: Vec<u8> =
        (0..20_000_003_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut writer = blobs.put(&name("large")).unwrap();
    for piece in contents.chunks(777_777) {
        writer.write(piece).unwrap();
    }
    assert_eq!(writer.finish().unwrap(), contents.len() as u64);
    assert!(*blobs.open(&name("large")).unwrap() == contents[..]);
    // In one call, larger than a part.
    put(blobs, "large2", &contents);
    assert!(*blobs.open(&name("large2")).unwrap() == contents[..]);
}

fn nothing_is_seen_of_a_blob_before_it_is_finished(blobs: &dyn BlobStore) {
    let mut writer = blobs.put(&name("seg/a")).unwrap();
    writer.write(&vec![1; 9 << 20]).unwrap();
    assert!(blobs.open(&name("seg/a")).unwrap_err().is_not_found());
    assert_eq!(names(blobs), [] as [&str; 0]);
    writer.finish().unwrap();
    assert_eq!(names(blobs), ["seg/a"]);
}

fn a_dropped_writer_leaves_nothing_and_frees_the_name(blobs: &dyn BlobStore) {
    let mut writer = blobs.put(&name("a")).unwrap();
    writer.write(&vec![1; 9 << 20]).unwrap();
    drop(writer);
    assert!(blobs.open(&name("a")).unwrap_err().is_not_found());
    put(blobs, "a", b"second");
    assert_eq!(&*blobs.open(&name("a")).unwrap(), b"second");
}

fn a_name_is_put_once(blobs: &dyn BlobStore) {
    let writer = blobs.put(&name("a")).unwrap();
    assert!(blobs.put(&name("a")).err().expect("the name is being written").is_exists());
    writer.finish().unwrap();
    let error = blobs.put(&name("a")).err().expect("the name is taken");
    assert!(error.is_exists());
    assert_eq!(error.to_string(), "blob exists already, blob=`a`");
    assert_eq!(&*blobs.open(&name("a")).unwrap(), b"");
}

fn a_missing_blob_is_not_found(blobs: &dyn BlobStore) {
    put(blobs, "seg/a", b"x");
    for raw in ["b", "seg", "seg/b", "seg/a/b", "other/a"] {
        let error = blobs.open(&name(raw)).unwrap_err();
        assert!(error.is_not_found(), "{raw}: {error}");
        assert!(error.to_string().contains(raw), "{error}");
    }
}

fn deleting_removes_a_blob_and_forgives_a_missing_one(blobs: &dyn BlobStore) {
    put(blobs, "seg/x/a", b"1");
    put(blobs, "seg/x/b", b"2");
    blobs.delete(&name("seg/x/a")).unwrap();
    blobs.delete(&name("seg/x/a")).unwrap();
    blobs.delete(&name("never/was")).unwrap();
    assert!(blobs.open(&name("seg/x/a")).unwrap_err().is_not_found());
    assert_eq!(names(blobs), ["seg/x/b"]);
    blobs.delete(&name("seg/x/b")).unwrap();
    assert_eq!(names(blobs), [] as [&str; 0]);
}

fn a_deleted_blob_stays_readable_for_those_who_opened_it(blobs: &dyn BlobStore) {
    let contents = vec![5; 100_000];
    put(blobs, "a", &contents);
    let blob = blobs.open(&name("a")).unwrap();
    blobs.delete(&name("a")).unwrap();
    assert!(*blob == contents[..]);
}

fn a_deleted_name_can_be_put_again(blobs: &dyn BlobStore) {
    put(blobs, "seg/a", b"1");
    let old = blobs.open(&name("seg/a")).unwrap();
    blobs.delete(&name("seg/a")).unwrap();
    put(blobs, "seg/a", b"2");
    assert_eq!(&*blobs.open(&name("seg/a")).unwrap(), b"2");
    assert_eq!(&*old, b"1");
}

fn blobs_are_listed_by_name_with_their_sizes(blobs: &dyn BlobStore) {
    for (raw, length) in [("seg/b/2", 2), ("seg/a/1", 1), ("seg-c", 0), ("a.seg", 70), ("seg/a_/9", 3)] {
        put(blobs, raw, &vec![0; length]);
    }
    let expected = [("a.seg", 70), ("seg-c", 0), ("seg/a/1", 1), ("seg/a_/9", 3), ("seg/b/2", 2)];
    let expected = expected.map(|(raw, bytes)| BlobMeta { name: name(raw), bytes });
    assert_eq!(blobs.list().unwrap(), expected);
}

fn blobs_are_put_and_deleted_from_many_threads(blobs: &dyn BlobStore) {
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                for round in 0..10 {
                    // Directories come and go under the other threads.
                    let raw = format!("seg/{}/{thread}-{round}", round % 2);
                    put(blobs, &raw, raw.as_bytes());
                    assert_eq!(&*blobs.open(&name(&raw)).unwrap(), raw.as_bytes());
                    if round < 9 {
                        blobs.delete(&name(&raw)).unwrap();
                    }
                }
            });
        }
    });
    assert_eq!(names(blobs), ["seg/1/0-9", "seg/1/1-9", "seg/1/2-9", "seg/1/3-9"]);
}

fn a_store_may_be_used_and_dropped_within_a_runtime(blobs: &dyn BlobStore) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        put(blobs, "a", b"x");
        drop(blobs.put(&name("b")).unwrap());
        assert_eq!(names(blobs), ["a"]);
        let bucket = Arc::new(object_store::memory::InMemory::new());
        drop(ObjectBlobStore::new(bucket).unwrap());
    });
}

#[test]
fn names_that_differ_between_file_systems_are_refused() {
    for good in ["a", "0.seg", "seg/0a-1b_2c/x.y.z", "a/".repeat(255).trim_end_matches('/')] {
        assert_eq!(name(good).as_str(), good);
    }
    let long_part = "a".repeat(201);
    let long = ["a".repeat(200), "b".repeat(200), "c".repeat(200)].join("/");
    for bad in [
        "", "/", "a/", "/a", "a//b", ".", "..", "a/../b", ".hidden", "a/.b", "A", "a b", "a#1", "a\\b",
        "\u{e9}", &long_part, &long,
    ] {
        let error = BlobName::parse(bad).unwrap_err();
        assert_eq!(error.to_string(), format!("invalid blob name, name=`{bad}`"));
    }
}
