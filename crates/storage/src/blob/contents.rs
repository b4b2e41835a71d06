//! The bytes of an open blob.

use std::fmt;
use std::fs::File;
use std::io;
use std::ops::{Deref, Range};
use std::sync::Arc;

use bytes::Bytes;
use memmap2::Mmap;

/// Alignment of a blob's first byte in memory, in bytes: a cache line and the widest vector register.
pub const BLOB_ALIGNMENT: usize = 64;

/// How bytes of a blob are going to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// A little here and a little there: what lies beside it need not be read from disk with it.
    Scattered,
    /// From front to back.
    InOrder,
    /// All of it, at once: reading it from disk may begin.
    Soon,
}

/// The bytes of an open blob; cloning shares them.
///
/// The first byte is aligned to [`BLOB_ALIGNMENT`]. A local blob is mapped, so opening it reads
/// nothing and its pages come and go with the memory that is free. It stays readable after its blob
/// is deleted.
#[derive(Clone)]
pub struct Blob {
    contents: Contents,
}

#[derive(Clone)]
enum Contents {
    Mapped(Arc<Mmap>),
    Memory(Bytes),
}

impl Blob {
    /// Copies `bytes` to aligned memory.
    pub fn copy_from_slice(bytes: &[u8]) -> Self {
        let mut aligned = AlignedBuffer::with_capacity(bytes.len());
        aligned.extend(bytes);
        aligned.into_blob()
    }

    /// Maps the whole of `file`.
    pub(crate) fn map(file: &File) -> io::Result<Self> {
        if file.metadata()?.len() == 0 {
            // Some systems refuse an empty map.
            return Ok(Self { contents: Contents::Memory(Bytes::new()) });
        }
        #[expect(unsafe_code, reason = "mapping files is the point")]
        // SAFETY: The map is undefined when its file changes while it lives. A blob's file is never
        // written again after it got its name: the store only creates files, gives them names and
        // removes names, and removing a name keeps the bytes for those who have the file open. The
        // lock on the data directory keeps other servers out. A person who truncates the file ends
        // the process by a signal, as pulling out the disk would.
        let map = unsafe { Mmap::map(file)? };
        Ok(Self { contents: Contents::Mapped(Arc::new(map)) })
    }

    /// Tells the system how `range` is going to be read; what lies behind the end is ignored.
    ///
    /// Changes nothing but speed. Memory of this process needs no advice, and a system that takes none is
    /// no error.
    pub fn advise(&self, range: Range<usize>, access: Access) {
        let range = range.start..range.end.min(self.len());
        #[cfg(unix)]
        if let (Contents::Mapped(map), false) = (&self.contents, range.is_empty()) {
            let advice = match access {
                Access::Scattered => memmap2::Advice::Random,
                Access::InOrder => memmap2::Advice::Sequential,
                Access::Soon => memmap2::Advice::WillNeed,
            };
            // Without the advice the system reads more or later than is best, and all is found still.
            let _ = map.advise_range(advice, range.start, range.len());
        }
        #[cfg(not(unix))]
        let _ = (range, access);
    }

    /// Whether reading byte `at` needs no disk; true also where the system does not tell.
    pub fn is_in_memory(&self, at: usize) -> bool {
        match &self.contents {
            #[cfg(target_os = "linux")]
            Contents::Mapped(map) => at >= map.len() || is_resident(map, at),
            _ => true,
        }
    }

    /// Whether the bytes are a file's pages rather than memory of this process.
    pub fn is_mapped(&self) -> bool {
        matches!(self.contents, Contents::Mapped(_))
    }
}

/// Whether the page of byte `at`, which must be one of the map's, is in the page cache.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "no safe interface asks the system this")]
fn is_resident(map: &Mmap, at: usize) -> bool {
    assert!(at < map.len(), "the byte must be one of the map's");
    let mut state = 0_u8;
    // SAFETY: `sysconf` reads a constant. A map starts at a page, so the address is that of a page which is mapped
    // as long as `map` is borrowed; `mincore` reads nothing there and writes one byte, for one page, to `state`.
    let answer = unsafe {
        let page_bytes = usize::try_from(libc::sysconf(libc::_SC_PAGESIZE)).unwrap_or(1).max(1);
        let page = map.as_ptr().add(at - at % page_bytes);
        libc::mincore(page.cast_mut().cast(), 1, &raw mut state)
    };
    answer != 0 || state & 1 == 1
}

impl Deref for Blob {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.contents {
            Contents::Mapped(map) => map,
            Contents::Memory(bytes) => bytes,
        }
    }
}

impl AsRef<[u8]> for Blob {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Blob")
            .field("bytes", &self.len())
            .field("is_mapped", &self.is_mapped())
            .finish()
    }
}

/// Memory that grows until it becomes a [`Blob`].
///
/// The allocator aligns bytes to nothing in particular, so the contents start at the first aligned
/// address of a slightly larger buffer.
pub(crate) struct AlignedBuffer {
    buffer: Vec<u8>,
    start: usize,
}

impl AlignedBuffer {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        let mut buffer = Vec::with_capacity(bytes + BLOB_ALIGNMENT);
        let start = padding_at(&buffer);
        buffer.resize(start, 0);
        Self { buffer, start }
    }

    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    pub(crate) fn into_blob(self) -> Blob {
        if padding_at(&self.buffer) == self.start {
            // The vector's memory does not move when it becomes shared.
            let contents = Contents::Memory(Bytes::from_owner(self.buffer).slice(self.start..));
            return Blob { contents };
        }
        // It grew past its capacity and moved to an address of another alignment.
        Blob::copy_from_slice(&self.buffer[self.start..])
    }
}

/// Bytes from the start of `buffer` to the next aligned address.
fn padding_at(buffer: &[u8]) -> usize {
    buffer.as_ptr().addr().wrapping_neg() % BLOB_ALIGNMENT
}
