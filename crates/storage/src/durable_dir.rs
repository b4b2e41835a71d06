//! Directories whose entries survive a power loss.
//!
//! Syncing a file makes its bytes durable but not its name: the name belongs to the directory. A
//! directory that was just made has the same problem with its own parent.

use std::fs::File;
use std::io;
use std::path::Path;

/// Syncs the entries of `dir`.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    // Directories can be opened and synced on Unix only; elsewhere the file system does it by itself
    // or not at all.
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

/// Creates `dir` and its missing ancestors and syncs the name of each of them.
///
/// The parent is synced even if `dir` exists: an earlier process may have made it and died before
/// its sync.
pub(crate) fn create_dir_all_synced(dir: &Path) -> io::Result<()> {
    let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent
        && !parent.exists()
    {
        create_dir_all_synced(parent)?;
    }
    match std::fs::create_dir(dir) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => {}
        Err(error) => return Err(error),
    }
    let parent = parent.unwrap_or(Path::new("."));
    match sync_dir(parent) {
        // The parent of an existing directory may be closed to us (a container's mount point, say);
        // then its name was made durable by whoever made it.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        result => result,
    }
}
