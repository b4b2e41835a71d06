//! The mounts of this process, as the kernel lists them: which directories were mounted into a
//! container, and which files vanish with it.

use std::path::{Path, PathBuf};

/// File systems that container engines lay over an image's layers.
const LAYERED: [&str; 4] = ["overlay", "fuse.fuse-overlayfs", "fuse-overlayfs", "aufs"];

/// What `/proc/self/mountinfo` said.
#[derive(Debug, Default)]
pub(crate) struct Mounts {
    mounts: Vec<Mount>,
}

#[derive(Debug)]
struct Mount {
    point: PathBuf,
    file_system: String,
}

impl Mounts {
    /// The mounts of this process; none where the system does not tell.
    pub(crate) fn of_process() -> Self {
        std::fs::read("/proc/self/mountinfo").map(|text| Self::parse(&text)).unwrap_or_default()
    }

    /// Lines that do not look like a mount are left out.
    pub(crate) fn parse(text: &[u8]) -> Self {
        Self { mounts: text.split(|byte| *byte == b'\n').filter_map(parse_line).collect() }
    }

    /// Whether something is mounted exactly there.
    pub(crate) fn is_mount(&self, path: &Path) -> bool {
        self.mounts.iter().any(|mount| mount.point == path)
    }

    /// Whether files there belong to the container itself and vanish with it.
    pub(crate) fn is_in_container(&self, path: &Path) -> bool {
        let covering = self.mounts.iter().filter(|mount| path.starts_with(&mount.point));
        // Of mounts on one point the last one is in force.
        let nearest = covering.max_by_key(|mount| mount.point.components().count());
        nearest.is_some_and(|mount| {
            mount.point == Path::new("/") && LAYERED.contains(&mount.file_system.as_str())
        })
    }
}

/// `36 35 98:0 / /point rw,noatime shared:1 - ext4 /dev/vda rw`; any number of fields may stand before
/// the lone hyphen.
fn parse_line(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|byte| *byte == b' ');
    let point = unescape(fields.nth(4)?);
    let file_system = fields.skip_while(|field| *field != b"-").nth(1)?;
    Some(Mount { point, file_system: String::from_utf8_lossy(file_system).into_owned() })
}

/// The kernel writes blanks and backslashes as three octal digits.
fn unescape(field: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, after)) = rest.split_first() {
        if let Some(byte) = after.first_chunk::<3>().filter(|_| *first == b'\\').copied().and_then(octal) {
            bytes.push(byte);
            rest = after.get(3..).unwrap_or_default();
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned().into()
}

fn octal(digits: [u8; 3]) -> Option<u8> {
    let text = std::str::from_utf8(&digits).ok()?;
    u8::from_str_radix(text, 8).ok()
}

#[cfg(test)]
mod tests;
