//! One server per data directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::durable_dir::create_dir_all_synced;

#[cfg(test)]
mod tests;

/// Name of the lock file in the data directory.
const LOCK_FILE: &str = "LOCK";

/// Exclusive use of a data directory, until it is dropped or the process ends.
///
/// The operating system holds the lock, so a killed process leaves none behind; the file `LOCK` stays
/// and only tells who has it.
#[derive(Debug)]
pub struct DirectoryLock {
    file: File,
}

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// Another process, or another part of this one, uses it.
    #[error(
        "data directory `{}` is in use by {}; stop that server or choose another --path",
        path.display(),
        Holder(*pid)
    )]
    Held {
        /// The data directory.
        path: PathBuf,
        /// The process that has it, if it could be read.
        pid: Option<u32>,
    },
    /// It cannot be created or written.
    #[error("cannot write to data directory `{}`, uid={}", path.display(), Uid(*uid))]
    Unwritable {
        /// The data directory.
        path: PathBuf,
        /// The user this process runs as, where the system tells.
        uid: Option<u32>,
        /// The system's answer.
        source: io::Error,
    },
    /// The file system has no locks.
    #[error("cannot lock data directory `{}`", path.display())]
    Unlockable {
        /// The data directory.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

impl DirectoryLock {
    /// Takes `dir`, creating it if it is missing.
    ///
    /// # Errors
    /// [`LockError::Held`] at once if another process has it; otherwise what is wrong with `dir`.
    pub fn acquire(dir: &Path) -> Result<DirectoryLock, LockError> {
        let unwritable = |source| LockError::Unwritable { path: dir.to_owned(), uid: process_uid(), source };
        create_dir_all_synced(dir).map_err(unwritable)?;
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            // Not truncated before the lock is ours: it may name the process that has it.
            .truncate(false)
            .open(dir.join(LOCK_FILE))
            .map_err(unwritable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LockError::Held { path: dir.to_owned(), pid: read_pid(&mut file) });
            }
            Err(TryLockError::Error(source)) => {
                return Err(LockError::Unlockable { path: dir.to_owned(), source });
            }
        }
        write_pid(&mut file).map_err(unwritable)?;
        Ok(DirectoryLock { file })
    }
}

impl Drop for DirectoryLock {
    fn drop(&mut self) {
        // Closing the file releases the lock, but a child that inherited it would keep it.
        let _ = self.file.unlock();
    }
}

struct Holder(Option<u32>);

impl std::fmt::Display for Holder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(pid) => write!(formatter, "process {pid}"),
            None => formatter.write_str("another process"),
        }
    }
}

struct Uid(Option<u32>);

impl std::fmt::Display for Uid {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(uid) => write!(formatter, "{uid}"),
            None => formatter.write_str("unknown"),
        }
    }
}

fn read_pid(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn write_pid(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

/// The effective user, from the owner of this process's directory in `/proc`.
fn process_uid() -> Option<u32> {
    #[cfg(target_os = "linux")]
    return std::fs::metadata("/proc/self").ok().map(|owner| std::os::unix::fs::MetadataExt::uid(&owner));
    #[cfg(not(target_os = "linux"))]
    None
}
