use super::*;

#[test]
fn a_lock_creates_the_directory_and_names_the_process() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("new/data");
    let _lock = DirectoryLock::acquire(&data).unwrap();
    assert_eq!(std::fs::read_to_string(data.join("LOCK")).unwrap(), format!("{}\n", std::process::id()));
}

#[test]
fn a_held_directory_is_refused_and_a_released_one_is_taken() {
    let dir = tempfile::tempdir().unwrap();
    let lock = DirectoryLock::acquire(dir.path()).unwrap();
    let error = DirectoryLock::acquire(dir.path()).unwrap_err();
    assert!(
        matches!(&error, LockError::Held { pid: Some(pid), .. } if *pid == std::process::id()),
        "{error}"
    );
    drop(lock);
    DirectoryLock::acquire(dir.path()).unwrap();
}

#[test]
fn a_longer_or_unreadable_pid_of_an_earlier_process_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("LOCK"), "\u{fffd} much longer than any number of a process\n").unwrap();
    let _lock = DirectoryLock::acquire(dir.path()).unwrap();
    let content = std::fs::read_to_string(dir.path().join("LOCK")).unwrap();
    assert_eq!(content, format!("{}\n", std::process::id()));
}

#[test]
fn a_holder_without_a_readable_pid_is_another_process() {
    let held = LockError::Held { path: PathBuf::from("/data"), pid: None };
    let expected =
        "data directory `/data` is in use by another process; stop that server or choose another --path";
    assert_eq!(held.to_string(), expected);
}

#[test]
fn an_unwritable_directory_is_named_with_the_user_and_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    // A file in the way stops every user, root included.
    let file = dir.path().join("file");
    std::fs::write(&file, b"").unwrap();
    let error = DirectoryLock::acquire(&file.join("data")).unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("cannot write to data directory `{}/data`, uid=", file.display())),
        "{text}"
    );
    let LockError::Unwritable { uid, source, .. } = &error else { panic!("{error:?}") };
    assert_eq!(uid.is_some(), cfg!(target_os = "linux"));
    assert_eq!(source.kind(), io::ErrorKind::NotADirectory);
}
