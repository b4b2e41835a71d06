//! The files of the audit log: the current one, and older ones with numbers after their name, `.1` the
//! youngest. Nobody but the server's user can read them.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use super::AuditSettings;

/// The current file. After an error the next operation begins by opening it anew.
pub(super) struct AuditFile {
    settings: AuditSettings,
    open: Option<Open>,
}

struct Open {
    file: BufWriter<File>,
    bytes: u64,
}

impl AuditFile {
    pub(super) fn open(settings: &AuditSettings) -> io::Result<Self> {
        Ok(Self { open: Some(Open::at(&settings.path)?), settings: settings.clone() })
    }

    /// Appends a line, in a new file if it does not fit.
    pub(super) fn write(&mut self, line: &[u8]) -> io::Result<()> {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => Open::at(&self.settings.path)?,
        };
        if open.bytes > 0 && open.bytes + line.len() as u64 > self.settings.file_bytes_max {
            open.file.flush()?;
            drop(open);
            self.rotate()?;
            open = Open::at(&self.settings.path)?;
        }
        open.file.write_all(line)?;
        open.bytes += line.len() as u64;
        self.open = Some(open);
        Ok(())
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        match &mut self.open {
            Some(open) => open.file.flush(),
            None => Ok(()),
        }
    }

    /// Goes on in whatever file has the name now.
    pub(super) fn reopen(&mut self) -> io::Result<()> {
        let flushed = self.flush();
        self.open = None;
        self.open = Some(Open::at(&self.settings.path)?);
        flushed
    }

    /// Gives every file the next number; the one beyond the last is overwritten.
    fn rotate(&self) -> io::Result<()> {
        let AuditSettings { path, files_max, .. } = &self.settings;
        if *files_max <= 1 {
            return fs::remove_file(path);
        }
        for number in (1..files_max - 1).rev() {
            let from = numbered(path, number);
            if from.exists() {
                fs::rename(from, numbered(path, number + 1))?;
            }
        }
        fs::rename(path, numbered(path, 1))
    }
}

impl Open {
    fn at(path: &Path) -> io::Result<Self> {
        let mut options = File::options();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        // A file that was there before may have been readable for others.
        #[cfg(unix)]
        {
            let metadata = file.metadata()?;
            let mut permissions = metadata.permissions();
            if metadata.is_file() {
                std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o600);
                file.set_permissions(permissions)?;
            }
        }
        let bytes = file.metadata()?.len();
        Ok(Self { file: BufWriter::new(file), bytes })
    }
}

fn numbered(path: &Path, number: u64) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

#[cfg(test)]
mod tests;
