//! What [`LocalBlobStore`] does with files.

use std::fs;
use std::path::{Path, PathBuf};

use huedb_storage::blob::{BlobName, BlobStore, LocalBlobStore};

fn name(raw: &str) -> BlobName {
    BlobName::parse(raw).unwrap()
}

fn put(blobs: &LocalBlobStore, raw: &str) {
    let mut writer = blobs.put(&name(raw)).unwrap();
    writer.write(raw.as_bytes()).unwrap();
    writer.finish().unwrap();
}

/// Paths below `dir` of all files and directories, in order.
fn tree(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![dir.to_owned()];
    while let Some(next) = pending.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            found.push(path.strip_prefix(dir).unwrap().to_owned());
            if path.is_dir() {
                pending.push(path);
            }
        }
    }
    found.sort();
    found
}

#[track_caller]
fn check_tree(dir: &Path, expected: &[&str]) {
    assert_eq!(tree(dir), expected.iter().map(PathBuf::from).collect::<Vec<_>>());
}

#[test]
fn a_blob_is_a_file_at_the_path_of_its_name_and_is_mapped() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = LocalBlobStore::open(&dir.path().join("new/blobs")).unwrap();
    put(&blobs, "seg/0a/01.seg");
    let path = dir.path().join("new/blobs/seg/0a/01.seg");
    assert_eq!(fs::read(path).unwrap(), b"seg/0a/01.seg");
    assert!(blobs.open(&name("seg/0a/01.seg")).unwrap().is_mapped());
}

#[test]
fn blobs_survive_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    put(&LocalBlobStore::open(dir.path()).unwrap(), "seg/a");
    let blobs = LocalBlobStore::open(dir.path()).unwrap();
    assert_eq!(&*blobs.open(&name("seg/a")).unwrap(), b"seg/a");
    assert!(blobs.put(&name("seg/a")).is_err_and(|error| error.is_exists()));
}

#[test]
fn a_writer_has_its_bytes_in_a_file_of_another_name_until_it_is_finished_or_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = LocalBlobStore::open(dir.path()).unwrap();
    let [finished, dropped] = ["seg/a", "seg/b"].map(|raw| blobs.put(&name(raw)).unwrap());
    check_tree(dir.path(), &["seg", "seg/a#1", "seg/b#1"]);
    finished.finish().unwrap();
    drop(dropped);
    check_tree(dir.path(), &["seg", "seg/a"]);
}

#[test]
fn opening_removes_what_unfinished_writes_have_left_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = LocalBlobStore::open(dir.path()).unwrap();
    put(&blobs, "seg/a");
    // A killed process drops nothing.
    for raw in ["seg/b", "c"] {
        let mut writer = blobs.put(&name(raw)).unwrap();
        writer.write(&vec![0; 9 << 20]).unwrap();
        std::mem::forget(writer);
    }
    fs::write(dir.path().join("seg/Foreign File#x"), b"").unwrap();
    check_tree(dir.path(), &["c#1", "seg", "seg/Foreign File#x", "seg/a", "seg/b#1"]);
    let blobs = LocalBlobStore::open(dir.path()).unwrap();
    check_tree(dir.path(), &["seg", "seg/Foreign File#x", "seg/a"]);
    assert_eq!(blobs.list().unwrap().len(), 1);
    put(&blobs, "seg/b");
}

#[test]
fn the_last_blob_of_a_directory_takes_the_directory_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = LocalBlobStore::open(dir.path()).unwrap();
    put(&blobs, "seg/a/1");
    put(&blobs, "seg/a/2");
    blobs.delete(&name("seg/a/1")).unwrap();
    check_tree(dir.path(), &["seg", "seg/a", "seg/a/2"]);
    blobs.delete(&name("seg/a/2")).unwrap();
    check_tree(dir.path(), &[]);
    put(&blobs, "seg/a/3");
}

#[test]
fn a_path_that_is_no_directory_is_an_error_with_that_path() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, b"").unwrap();
    let error = LocalBlobStore::open(&file).unwrap_err();
    assert!(error.to_string().contains("/file"), "{error}");
}
