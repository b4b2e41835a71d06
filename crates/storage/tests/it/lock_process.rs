//! The lock of a data directory between processes.

use std::process::Command;

use huedb_storage::lock::DirectoryLock;

/// Names the directory the child process tries to lock.
const CHILD_DIR: &str = "HUEDB_TEST_LOCK_DIR";

#[test]
fn a_second_process_is_refused_at_once_and_told_who_has_the_directory() {
    if let Some(dir) = std::env::var_os(CHILD_DIR) {
        match DirectoryLock::acquire(dir.as_ref()) {
            Ok(_) => eprintln!("child: acquired"),
            Err(error) => eprintln!("child: {error}"),
        }
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let child = || {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture"])
            .arg("lock_process::a_second_process_is_refused_at_once_and_told_who_has_the_directory")
            .env(CHILD_DIR, dir.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stderr).unwrap();
        text.lines().find_map(|line| line.strip_prefix("child: ")).expect("the child answers").to_owned()
    };
    let lock = DirectoryLock::acquire(dir.path()).unwrap();
    let expected = format!(
        "data directory `{}` is in use by process {}; stop that server or choose another --path",
        dir.path().display(),
        std::process::id()
    );
    assert_eq!(child(), expected);
    drop(lock);
    assert_eq!(child(), "acquired");
    // The child is gone, and so is its lock, although the file still names it.
    DirectoryLock::acquire(dir.path()).unwrap();
}
