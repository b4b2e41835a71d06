//! Blobs as files of a local directory, mapped when opened.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use parking_lot::RwLock;

use super::object::{ObjectBlobStore, ObjectBlobWriter};
use super::{Blob, BlobError, BlobMeta, BlobName, BlobStore, BlobWriter};
use crate::durable_dir::{create_dir_all_synced, sync_dir};

/// Blobs as files: the name of a blob is the path of its file below the store's directory.
///
/// An unfinished blob is the file `<name>#<number>`, which gets its name when it is finished.
#[derive(Debug)]
pub struct LocalBlobStore {
    root: PathBuf,
    objects: ObjectBlobStore,
    /// Deleting the last blob of a directory removes the directory. Held for that, and shared while the file of a
    /// new blob is made, which keeps its directories from then on: else one could go between being made and synced.
    directories: RwLock<()>,
}

impl LocalBlobStore {
    /// Opens or creates the store in `dir` and removes what unfinished writes have left.
    ///
    /// No other process may use `dir`: it would lose its unfinished blobs. The lock on the data
    /// directory sees to that.
    ///
    /// # Errors
    /// [`BlobError::Io`].
    pub fn open(dir: &Path) -> Result<Self, BlobError> {
        let failed = |error| BlobError::io("open store of", dir.display().to_string(), error);
        create_dir_all_synced(dir).map_err(failed)?;
        let root = std::fs::canonicalize(dir).map_err(failed)?;
        remove_unfinished(&root).map_err(failed)?;
        let files = LocalFileSystem::new_with_prefix(&root)
            .map_err(|error| BlobError::io("open store of", dir.display().to_string(), error))?
            // The last blob of a directory takes the directory with it.
            .with_automatic_cleanup(true)
            .with_fsync(true);
        Ok(Self { root, objects: ObjectBlobStore::new(Arc::new(files))?, directories: RwLock::new(()) })
    }

    fn path_of(&self, name: &BlobName) -> PathBuf {
        self.root.join(name.as_str())
    }
}

impl BlobStore for LocalBlobStore {
    fn put(&self, name: &BlobName) -> Result<Box<dyn BlobWriter>, BlobError> {
        let directories = self.directories.read();
        let file = self.objects.start(name)?;
        drop(directories);
        Ok(Box::new(LocalBlobWriter { file, name: name.clone(), root: self.root.clone() }))
    }

    fn open(&self, name: &BlobName) -> Result<Blob, BlobError> {
        let mapped = File::open(self.path_of(name)).and_then(|file| {
            if file.metadata()?.is_file() { Blob::map(&file) } else { Err(io::ErrorKind::NotFound.into()) }
        });
        mapped.map_err(|error| match error.kind() {
            // `NotADirectory` when a part of the name is itself a blob.
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                BlobError::NotFound { name: name.to_string() }
            }
            _ => BlobError::io("read", name.to_string(), error),
        })
    }

    fn delete(&self, name: &BlobName) -> Result<(), BlobError> {
        let _directories = self.directories.write();
        self.objects.delete(name)
    }

    fn list(&self) -> Result<Vec<BlobMeta>, BlobError> {
        self.objects.list()
    }

    fn stored_bytes(&self) -> Result<u64, BlobError> {
        bytes_below(&self.root)
            .map_err(|error| BlobError::io("measure store of", self.root.display().to_string(), error))
    }
}

struct LocalBlobWriter {
    file: ObjectBlobWriter,
    name: BlobName,
    root: PathBuf,
}

impl BlobWriter for LocalBlobWriter {
    fn write(&mut self, bytes: &[u8]) -> Result<(), BlobError> {
        self.file.write(bytes)
    }

    fn finish(self: Box<Self>) -> Result<u64, BlobError> {
        let Self { file, name, root } = *self;
        // With `with_fsync`, object_store 0.14 syncs the file, renames it and syncs its directory.
        let bytes = Box::new(file).finish()?;
        // It syncs the directories above only if it has just made them, so that a directory made by a
        // concurrent put, or by a process that died before its sync, may still have no durable name.
        let path = root.join(name.as_str());
        for dir in path.ancestors().skip(2).take_while(|dir| dir.starts_with(&root)) {
            sync_dir(dir).map_err(|error| BlobError::io("sync", name.to_string(), error))?;
        }
        Ok(bytes)
    }
}

/// Bytes of the files in `dir` and below. What goes away meanwhile counts as gone.
fn bytes_below(dir: &Path) -> io::Result<u64> {
    let is_gone = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    let entries = match std::fs::read_dir(dir) {
        Err(error) if is_gone(&error) => return Ok(0),
        entries => entries?,
    };
    let mut bytes = 0;
    for entry in entries {
        let entry = entry?;
        bytes += match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => bytes_below(&entry.path())?,
            Ok(metadata) => metadata.len(),
            Err(error) if is_gone(&error) => 0,
            Err(error) => return Err(error),
        };
    }
    Ok(bytes)
}

/// Removes the files of blobs that were never finished, in `dir` and below.
fn remove_unfinished(dir: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            remove_unfinished(&entry.path())?;
        } else if kind.is_file() && is_unfinished(&entry.file_name().to_string_lossy()) {
            tracing::info!(path = %entry.path().display(), "removing unfinished blob");
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Whether a file's name is that of an unfinished blob; no [`BlobName`] contains `#`.
fn is_unfinished(file_name: &str) -> bool {
    file_name
        .rsplit_once('#')
        .is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}
