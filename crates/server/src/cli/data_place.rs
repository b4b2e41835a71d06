//! Where the data lies. On a machine that is simply what `path` says; in a container it is the
//! directory that the user has mounted, wherever earlier images wanted it.

use std::path::{Path, PathBuf};

use super::mounts::Mounts;

/// Value of `path` that stands for "whichever of [`PLACES`] is a mount".
pub(crate) const AUTO: &str = "auto";

/// Where images of Chroma keep their data: 1.x, 0.5, and the compose file of 0.5's documentation. The
/// first is taken where none is mounted.
const PLACES: [&str; 3] = ["/data", "/chroma/chroma", "/index_data"];

/// Made by `mkfs` on every volume that is a file system of its own.
const ALWAYS_THERE: &str = "lost+found";

/// What a server has left in the directory, maybe as another user.
#[cfg(unix)]
const OWN: [&str; 3] = ["LOCK", "kv", "blobs"];

/// The directory for the data, and what the person who starts the server should know.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DataPlace {
    pub(crate) path: PathBuf,
    pub(crate) warnings: Vec<String>,
}

/// Decides on the directory and makes it.
///
/// # Errors
/// A sentence that says how to mend it: two mounts that hold data, or a directory that this user
/// cannot use.
pub(crate) fn choose(wanted: &Path, mounts: &Mounts) -> Result<DataPlace, String> {
    let path = if wanted == Path::new(AUTO) {
        among(&PLACES.map(PathBuf::from), mounts)?
    } else {
        std::path::absolute(wanted).unwrap_or_else(|_| wanted.to_owned())
    };
    ensure_usable(&path)?;
    let mut warnings = Vec::new();
    if mounts.is_in_container(&path) {
        warnings.push(format!(
            "no volume is mounted on {path}: the data is lost with the container; add `-v huedb-data:{path}`",
            path = path.display()
        ));
    }
    if path.join("chroma.sqlite3").is_file() {
        warnings
            .push(format!("{} holds a database of Chroma, which is left alone and not read", path.display()));
    }
    Ok(DataPlace { path, warnings })
}

fn among(places: &[PathBuf], mounts: &Mounts) -> Result<PathBuf, String> {
    let mounted: Vec<_> = places.iter().filter(|place| mounts.is_mount(place)).collect();
    let populated: Vec<_> = mounted.iter().copied().filter(|place| is_populated(place)).collect();
    if let [first, second, ..] = populated[..] {
        return Err(format!(
            "{} and {} are both mounted and hold data; mount one of them, or name it with HUEDB_PATH",
            first.display(),
            second.display()
        ));
    }
    let chosen = populated.first().or(mounted.first()).copied().or(places.first());
    Ok(chosen.cloned().unwrap_or_default())
}

/// A directory that cannot be listed counts as populated: it must not be passed over.
fn is_populated(directory: &Path) -> bool {
    match std::fs::read_dir(directory) {
        Ok(mut entries) => entries.any(|entry| entry.is_ok_and(|entry| entry.file_name() != ALWAYS_THERE)),
        Err(_) => true,
    }
}

#[cfg(unix)]
fn ensure_usable(path: &Path) -> Result<(), String> {
    use rustix::{
        fs::{Access, access},
        io::Errno,
    };
    let shown = path.display();
    let uid = rustix::process::geteuid().as_raw();
    std::fs::create_dir_all(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::PermissionDenied => {
            format!("user {uid} may not make the data directory {shown}; make it for that user, or choose another with --path")
        }
        std::io::ErrorKind::ReadOnlyFilesystem => {
            format!("cannot make the data directory {shown} on a read-only file system; mount a volume there, or choose another with --path")
        }
        std::io::ErrorKind::AlreadyExists | std::io::ErrorKind::NotADirectory => {
            format!("the data directory {shown} is, or lies below, something that is no directory; choose another with --path")
        }
        _ => format!("cannot make the data directory {shown}: {error}"),
    })?;
    let refused = std::iter::once(path.to_owned()).chain(OWN.map(|name| path.join(name))).find_map(|place| {
        let wanted = Access::READ_OK | Access::WRITE_OK;
        access(&place, wanted).err().filter(|error| *error != Errno::NOENT)
    });
    refused.map_or(Ok(()), |error| Err(match error {
        Errno::ACCESS | Errno::PERM => {
            format!("user {uid} may not write to the data directory {shown}; run `chown -R {uid} {shown}` on it, or start the server as its owner{}", owner_of(path))
        }
        Errno::ROFS => {
            format!("the data directory {shown} is on a read-only file system; mount a writable volume there")
        }
        _ => format!("cannot use the data directory {shown}: {error}"),
    }))
}

#[cfg(unix)]
fn owner_of(path: &Path) -> String {
    use std::os::unix::fs::MetadataExt as _;
    let owned =
        [path.join(OWN[0]), path.to_owned()].into_iter().find_map(|path| std::fs::metadata(path).ok());
    owned.map(|metadata| format!(", user {}", metadata.uid())).unwrap_or_default()
}

#[cfg(not(unix))]
fn ensure_usable(path: &Path) -> Result<(), String> {
    let failed = |error| format!("cannot make the data directory {}: {error}", path.display());
    std::fs::create_dir_all(path).map_err(failed)
}

#[cfg(test)]
mod tests;
