//! Tells a torn journal from a damaged one before fjall reads it.
//!
//! fjall cuts its journal at the first bytes it cannot read. That is right for the tail that a crash
//! tore and wrong for damage in the middle: every batch after it would be gone without a word. And where
//! the torn tail has its end mark but lacks a page before it, as a disk that reorders writes leaves it,
//! fjall refuses to open the store at all.
//!
//! A batch is synced before the next one is written, so only the last batch can be torn. Unreadable
//! bytes with a readable batch behind them are therefore damage, and the store stays closed;
//! unreadable bytes with none behind them are a write that was never acknowledged, and are cut off.
//! (Batches of [`Durability::Buffered`](super::Durability::Buffered) are not synced one by one. If a
//! power loss tears one of those but not a later one, this check reports damage, too.)
//!
//! The journal format is that of fjall 3, numbers little-endian:
//! ```text
//! batch  = 1u8, entries u32, sequence u64, entry..., 3u8, XXH3-64 of all entries u64, "FJL\x03"
//! entry  = 2u8, type u8, compression u8, keyspace u64, key length u16, value length u32,
//!          stored length u32, key, stored value
//!        | 4u8, keyspace u64
//! ```
//! A journal file is created with 64 MiB of zeros, which the batches fill from the front.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::KvError;
use crate::blob::Blob;
use crate::checksum::xxh3_64;

#[cfg(test)]
mod tests;

const BATCH_START: u8 = 1;
const ENTRY: u8 = 2;
const BATCH_END: u8 = 3;
const CLEAR: u8 = 4;
const MAGIC: [u8; 4] = *b"FJL\x03";

/// Damage that a person must look at.
#[derive(Debug, thiserror::Error)]
#[error("journal is damaged before its last batch, offset={offset}")]
struct JournalDamage {
    offset: usize,
}

/// Checks the journal of the store in `dir` and cuts off a torn tail.
///
/// # Errors
/// [`KvError::Corruption`] with the file, [`KvError::Locked`] if the store is open, [`KvError::Io`].
pub(super) fn check(dir: &Path) -> Result<(), KvError> {
    let io = |source| KvError::Io { operation: "open", path: dir.to_owned(), source: Arc::new(source) };
    if !is_known_version(dir).map_err(io)? {
        return Ok(());
    }
    // The journal of an open store grows while we look and must not be cut.
    let lock = OpenOptions::new().read(true).write(true).open(dir.join("lock")).map_err(io)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(KvError::Locked { path: dir.to_owned() }),
        Err(TryLockError::Error(error)) => return Err(io(error)),
    }
    let files = journal_files(dir).map_err(io)?;
    for (index, path) in files.iter().enumerate() {
        let is_active = index + 1 == files.len();
        let file = OpenOptions::new().read(true).write(true).open(path).map_err(io)?;
        match examine(&Blob::map(&file).map_err(io)?) {
            Verdict::Sound => {}
            Verdict::Torn { at } if is_active => cut(&file, path, at).map_err(io)?,
            // The others were synced whole before the next file was begun.
            Verdict::Torn { at } | Verdict::Damaged { at } => {
                let source = Arc::new(JournalDamage { offset: at });
                return Err(KvError::Corruption { path: path.clone(), source });
            }
        }
    }
    // Closing the file unlocks it; fjall takes the lock next.
    Ok(())
}

/// Whether there is a store and its journal is of the format above; if not, fjall has to say so.
fn is_known_version(dir: &Path) -> io::Result<bool> {
    match std::fs::read(dir.join("version")) {
        Ok(marker) => Ok(marker == MAGIC),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// The journal files from the oldest to the active one.
fn journal_files(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "jnl")
            && let Some(number) = path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok())
        {
            files.push((number, path));
        }
    }
    files.sort_unstable();
    Ok(files.into_iter().map(|(_, path)| path).collect())
}

fn cut(file: &File, path: &Path, at: usize) -> io::Result<()> {
    let bytes = file.metadata()?.len() - at as u64;
    tracing::warn!(path = %path.display(), offset = at, bytes, "cutting off an unfinished write");
    file.set_len(at as u64)?;
    file.sync_all()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Whole batches, then nothing but zeros.
    Sound,
    /// No batch can be read from this offset on.
    Torn { at: usize },
    /// The batch at this offset cannot be read but one behind it can, or it is out of sequence.
    Damaged { at: usize },
}

fn examine(journal: &[u8]) -> Verdict {
    let mut at = 0;
    let mut sequence = None;
    while let Some(batch) = read_batch(&journal[at..]) {
        // fjall's checksum leaves the sequence out, and a wrong one would hide newer writes.
        if sequence.is_some_and(|last| batch.sequence <= last) {
            return Verdict::Damaged { at };
        }
        sequence = Some(batch.sequence);
        at += batch.bytes;
    }
    let rest = &journal[at..];
    if rest.iter().all(|&byte| byte == 0) {
        return Verdict::Sound;
    }
    // Values may contain anything; the checksum and the ascending sequence keep a value from being
    // taken for a batch by chance.
    let is_later_batch = |start: usize| {
        read_batch(&rest[start..]).is_some_and(|batch| sequence.is_none_or(|last| batch.sequence > last))
    };
    let mut starts = (1..rest.len()).filter(|&start| rest[start] == BATCH_START);
    if starts.any(is_later_batch) { Verdict::Damaged { at } } else { Verdict::Torn { at } }
}

struct Batch {
    sequence: u64,
    /// From its start to the start of the next.
    bytes: usize,
}

/// The batch at the start of `journal`, if there is a whole one.
fn read_batch(journal: &[u8]) -> Option<Batch> {
    let mut rest = journal;
    if take::<1>(&mut rest)? != [BATCH_START] {
        return None;
    }
    let entries = u32::from_le_bytes(take(&mut rest)?);
    let sequence = u64::from_le_bytes(take(&mut rest)?);
    let body = rest;
    for _ in 0..entries {
        read_entry(&mut rest)?;
    }
    let body = &body[..body.len() - rest.len()];
    if take::<1>(&mut rest)? != [BATCH_END] {
        return None;
    }
    let checksum = u64::from_le_bytes(take(&mut rest)?);
    let is_whole = take(&mut rest)? == MAGIC && checksum == xxh3_64(body);
    is_whole.then(|| Batch { sequence, bytes: journal.len() - rest.len() })
}

fn read_entry(rest: &mut &[u8]) -> Option<()> {
    match take::<1>(rest)? {
        [ENTRY] => {
            let [_type, _compression] = take(rest)?;
            let _keyspace: [u8; 8] = take(rest)?;
            let key_bytes = usize::from(u16::from_le_bytes(take(rest)?));
            let _value_bytes: [u8; 4] = take(rest)?;
            let stored_bytes = u32::from_le_bytes(take(rest)?) as usize;
            *rest = rest.get(key_bytes..)?.get(stored_bytes..)?;
            Some(())
        }
        [CLEAR] => take::<8>(rest).map(|_| ()),
        _ => None,
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, later) = rest.split_first_chunk()?;
    *rest = later;
    Some(*taken)
}
