//! What [`FjallKv`] keeps on disk: across restarts, crashes and damage.

use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use huedb_storage::kv::{Durability, FjallKv, Kv, KvError, WriteBatch};

fn write(kv: &FjallKv, key: &str, value: &[u8], durability: Durability) {
    let mut batch = WriteBatch::new();
    batch.put(key, value.to_vec());
    kv.write(batch, durability).unwrap();
}

fn keys(kv: &FjallKv) -> Vec<String> {
    let keys = kv.scan_keys(b"").unwrap();
    keys.map(|key| String::from_utf8(key.unwrap().to_vec()).unwrap()).collect()
}

/// Copies the directory of an open store: what a killed process leaves.
fn image(dir: &Path) -> tempfile::TempDir {
    fn copy(from: &Path, to: &Path) {
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let target = to.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                fs::create_dir(&target).unwrap();
                copy(&entry.path(), &target);
            } else {
                fs::copy(entry.path(), target).unwrap();
            }
        }
    }
    let copied = tempfile::tempdir().unwrap();
    copy(dir, copied.path());
    copied
}

fn journal(dir: &Path) -> PathBuf {
    let is_journal = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "jnl");
    let files: Vec<_> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).filter(is_journal).collect();
    let [file] = &files[..] else { panic!("one journal expected: {files:?}") };
    file.clone()
}

/// Writes `bytes` over the journal where it contains `marker`.
fn overwrite(dir: &Path, marker: &[u8], offset: i64, bytes: &[u8]) {
    let path = journal(dir);
    let mut file = fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut content = vec![0; 1 << 20];
    file.read_exact(&mut content).unwrap();
    let at = content
        .windows(marker.len())
        .position(|window| window == marker)
        .expect("the journal has the marker");
    file.seek(SeekFrom::Start((at as i64 + offset) as u64)).unwrap();
    file.write_all(bytes).unwrap();
}

#[test]
fn closed_and_dropped_stores_keep_everything() {
    let dir = tempfile::tempdir().unwrap();
    let kv = FjallKv::open(dir.path()).unwrap();
    write(&kv, "row", b"1", Durability::Buffered);
    write(&kv, "wal", b"2", Durability::Synced);
    kv.close().unwrap();
    // The old value has let go of the directory although it still exists.
    let again = FjallKv::open(dir.path()).unwrap();
    assert_eq!(keys(&again), ["row", "wal"]);
    write(&again, "row2", b"3", Durability::Buffered);
    drop(again);
    assert_eq!(keys(&FjallKv::open(dir.path()).unwrap()), ["row", "row2", "wal"]);
}

#[test]
fn every_acknowledged_write_survives_a_killed_process() {
    let dir = tempfile::tempdir().unwrap();
    let kv = FjallKv::open(dir.path()).unwrap();
    for number in 0..20 {
        let durability = if number % 3 == 0 { Durability::Synced } else { Durability::Buffered };
        write(&kv, &format!("{}{number:02}", ["row", "wal"][number % 2]), &vec![7; number * 500], durability);
        if number % 5 == 0 {
            let image = image(dir.path());
            let survivor = FjallKv::open(image.path()).unwrap();
            assert_eq!(keys(&survivor), keys(&kv), "after write {number}");
        }
    }
}

#[test]
fn an_open_store_is_locked() {
    let dir = tempfile::tempdir().unwrap();
    let kv = FjallKv::open(dir.path()).unwrap();
    write(&kv, "row", b"1", Durability::Synced);
    let error = FjallKv::open(dir.path()).err().expect("the store is open");
    assert!(matches!(&error, KvError::Locked { path } if path == dir.path()), "{error}");
    write(&kv, "row2", b"1", Durability::Synced);
    assert_eq!(keys(&kv), ["row", "row2"]);
}

#[test]
fn a_path_that_is_no_directory_is_an_io_error_with_that_path() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, b"").unwrap();
    let error = FjallKv::open(&file.join("kv")).err().expect("a file has no entries");
    assert!(!error.is_corruption());
    assert!(error.to_string().contains("file/kv"), "{error}");
}

#[test]
fn a_file_of_the_store_that_is_missing_or_cut_is_corruption() {
    let dir = tempfile::tempdir().unwrap();
    let kv = FjallKv::open(dir.path()).unwrap();
    write(&kv, "row", b"1", Durability::Synced);
    kv.close().unwrap();
    for kept in [None, Some(1000)] {
        let image = image(dir.path());
        let tables = image.path().join("keyspaces/0/tables");
        let table = fs::read_dir(tables).unwrap().next().unwrap().unwrap().path();
        match kept {
            Some(bytes) => fs::OpenOptions::new().write(true).open(table).unwrap().set_len(bytes).unwrap(),
            None => fs::remove_file(table).unwrap(),
        }
        let error = FjallKv::open(image.path()).err().expect("the table of keyspaces is damaged");
        assert!(error.is_corruption(), "{error:?}");
    }
}

#[test]
fn more_than_the_memtables_hold_survives_flush_and_restart() {
    // Past the memtables of both keyspaces, so that tables and value files are read.
    const ROWS: u32 = 3000;
    const ENTRIES: u32 = 180;
    let row = |number: u32| vec![number as u8; 4000];
    let entry = |number: u32| [number.to_le_bytes().as_slice(), &vec![number as u8; 250_000]].concat();
    let dir = tempfile::tempdir().unwrap();
    let kv = FjallKv::open(dir.path()).unwrap();
    for first in (0..ROWS).step_by(100) {
        let mut batch = WriteBatch::new();
        (first..first + 100).for_each(|number| batch.put(format!("row/{number:06}"), row(number)));
        kv.write(batch, Durability::Buffered).unwrap();
    }
    for number in 0..ENTRIES {
        write(&kv, &format!("wal/{number:06}"), &entry(number), Durability::Buffered);
    }
    let mut truncation = WriteBatch::new();
    (0..ENTRIES - 5).for_each(|number| truncation.delete(format!("wal/{number:06}")));
    kv.write(truncation, Durability::Synced).unwrap();
    for round in ["open", "reopened"] {
        let reopened = (round == "reopened").then(|| {
            kv.close().unwrap();
            FjallKv::open(dir.path()).unwrap()
        });
        let kv = reopened.as_ref().unwrap_or(&kv);
        assert_eq!(kv.scan(b"row/").unwrap().count(), ROWS as usize, "{round}");
        for number in [0, 1, 1234, ROWS - 1] {
            let value = kv.get(format!("row/{number:06}").as_bytes()).unwrap().unwrap();
            assert!(value == row(number), "{round}, row {number}");
        }
        let rest: Vec<_> = kv.scan(b"wal/").unwrap().map(Result::unwrap).collect();
        assert_eq!(rest.len(), 5, "{round}");
        for (number, (_, value)) in (ENTRIES - 5..).zip(rest) {
            assert!(value == entry(number), "{round}, entry {number}");
        }
    }
}

#[test]
fn a_journal_cut_within_the_last_batch_loses_that_batch_only() {
    let dir = tempfile::tempdir().unwrap();
    let kv = FjallKv::open(dir.path()).unwrap();
    write(&kv, "row", b"first value", Durability::Synced);
    write(&kv, "wal", b"second value", Durability::Synced);
    let content = fs::read(journal(dir.path())).unwrap();
    let end = content.iter().rposition(|&byte| byte != 0).unwrap() + 1;
    let value = content.windows(12).position(|window| window == b"second value").unwrap();
    for (length, expected) in
        [(end, 2), (end - 1, 1), (end - 5, 1), (value + 3, 1), (value - 20, 1), (3, 0), (0, 0)]
    {
        let image = image(dir.path());
        let file = fs::OpenOptions::new().write(true).open(journal(image.path())).unwrap();
        file.set_len(length as u64).unwrap();
        let survivor = FjallKv::open(image.path()).unwrap();
        assert_eq!(keys(&survivor), ["row", "wal"][..expected], "journal of {length} bytes");
        // It goes on where it was cut.
        write(&survivor, "row", b"again", Durability::Synced);
        write(&survivor, "wal2", b"again", Durability::Synced);
        drop(survivor);
        let reopened = FjallKv::open(image.path()).unwrap();
        assert_eq!(reopened.get(b"row").unwrap().unwrap(), "again");
        assert_eq!(keys(&reopened).last().unwrap(), "wal2");
    }
}

#[test]
fn a_page_that_never_reached_the_disk_loses_the_last_batch_only() {
    let dir = tempfile::tempdir().unwrap();
    let kv = FjallKv::open(dir.path()).unwrap();
    write(&kv, "row", b"kept", Durability::Synced);
    let torn = [vec![b'x'; 20_000], b"marker".to_vec(), vec![b'x'; 20_000]].concat();
    write(&kv, "wal", &torn, Durability::Synced);
    let image = image(dir.path());
    overwrite(image.path(), b"marker", 0, &[0; 4096]);
    assert_eq!(keys(&FjallKv::open(image.path()).unwrap()), ["row"]);
}

#[test]
fn damage_before_readable_batches_is_corruption_and_leaves_the_files_alone() {
    let dir = tempfile::tempdir().unwrap();
    let kv = FjallKv::open(dir.path()).unwrap();
    write(&kv, "row", b"first value", Durability::Synced);
    write(&kv, "wal", b"second value", Durability::Synced);
    // In the value, and in the tag of its entry: the header has 21 bytes and the key 3.
    for (offset, name) in [(2, "value"), (-24, "tag")] {
        let image = image(dir.path());
        overwrite(image.path(), b"first value", offset, &[0xee]);
        let before = fs::read(journal(image.path())).unwrap();
        let error =
            FjallKv::open(image.path()).err().unwrap_or_else(|| panic!("damaged {name} went unnoticed"));
        assert!(error.is_corruption(), "{error}");
        assert!(error.to_string().contains(".jnl"), "{error}");
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains("offset=0"), "{source}");
        assert!(fs::read(journal(image.path())).unwrap() == before);
    }
}
