//! Which bytes end up in which file.

use super::*;

fn settings(directory: &tempfile::TempDir, file_bytes_max: u64, files_max: u64) -> AuditSettings {
    AuditSettings { path: directory.path().join("audit.log"), file_bytes_max, files_max }
}

/// Names and contents, sorted.
fn files(directory: &tempfile::TempDir) -> Vec<(String, String)> {
    let entries = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap());
    let mut files: Vec<_> = entries
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

#[track_caller]
fn check(directory: &tempfile::TempDir, expected: &[(&str, &str)]) {
    let expected: Vec<_> =
        expected.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    assert_eq!(files(directory), expected);
}

#[test]
fn a_full_file_is_put_aside_and_only_so_many_are_kept() {
    let directory = tempfile::tempdir().unwrap();
    let mut file = AuditFile::open(&settings(&directory, 6, 3)).unwrap();
    for line in ["a1\n", "a2\n", "b1\n", "b2\n", "c1\n", "c2\n", "d1\n"] {
        file.write(line.as_bytes()).unwrap();
    }
    file.flush().unwrap();
    check(&directory, &[("audit.log", "d1\n"), ("audit.log.1", "c1\nc2\n"), ("audit.log.2", "b1\nb2\n")]);
}

#[test]
fn one_file_alone_begins_anew() {
    let directory = tempfile::tempdir().unwrap();
    let mut file = AuditFile::open(&settings(&directory, 4, 1)).unwrap();
    for line in ["a1\n", "b1\n"] {
        file.write(line.as_bytes()).unwrap();
    }
    file.flush().unwrap();
    check(&directory, &[("audit.log", "b1\n")]);
}

#[test]
fn a_line_that_is_longer_than_a_file_is_written_whole() {
    let directory = tempfile::tempdir().unwrap();
    let mut file = AuditFile::open(&settings(&directory, 4, 2)).unwrap();
    file.write(b"long line\n").unwrap();
    file.write(b"b\n").unwrap();
    file.flush().unwrap();
    check(&directory, &[("audit.log", "b\n"), ("audit.log.1", "long line\n")]);
}

#[test]
fn an_existing_file_is_continued_and_counted() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(&directory, 6, 2);
    fs::write(&settings.path, "old\n").unwrap();
    let mut file = AuditFile::open(&settings).unwrap();
    file.write(b"a\n").unwrap();
    file.write(b"b\n").unwrap();
    file.flush().unwrap();
    check(&directory, &[("audit.log", "b\n"), ("audit.log.1", "old\na\n")]);
}

#[test]
fn a_file_that_was_moved_away_gets_a_successor_when_asked() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(&directory, 100, 2);
    let mut file = AuditFile::open(&settings).unwrap();
    file.write(b"a\n").unwrap();
    fs::rename(&settings.path, directory.path().join("moved")).unwrap();
    file.reopen().unwrap();
    file.write(b"b\n").unwrap();
    file.flush().unwrap();
    check(&directory, &[("audit.log", "b\n"), ("moved", "a\n")]);
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(&directory, 100, 2);
    fs::write(&settings.path, "old\n").unwrap();
    fs::set_permissions(&settings.path, fs::Permissions::from_mode(0o644)).unwrap();
    let _file = AuditFile::open(&settings).unwrap();
    assert_eq!(fs::metadata(&settings.path).unwrap().permissions().mode() & 0o777, 0o600);
}
