//! [`Kv`] on a local disk through the fjall LSM engine.
//!
//! Two keyspaces share one journal, so a batch is atomic across them. Keys that start with
//! [`WAL_PREFIX`] go to keyspace `wal`, all others to `rows`. WAL entries are large and soon deleted;
//! catalog rows are small, lasting and read often. Apart, a WAL that comes and goes neither pushes rows
//! out of their memtable nor puts tombstones and megabyte values in the way of a catalog scan.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use fjall::{
    CompressionType, Database, Guard, Keyspace, KeyspaceCreateOptions, KvSeparationOptions, OwnedWriteBatch,
    PersistMode, Readable, Slice,
};
use parking_lot::RwLock;

use super::{Durability, Entries, Keys, Kv, KvError, WriteBatch, fjall_journal};
use crate::durable_dir::{create_dir_all_synced, sync_dir};

/// First byte of the keys that are large, written once and deleted soon.
const WAL_PREFIX: u8 = b'w';

/// Blocks of both keyspaces. Rows are a few hundred bytes and the engine above keeps what it reads
/// often, so a larger cache would only take memory from the mapped segments.
const CACHE_BYTES: u64 = 16 << 20;

/// A keyspace holds one such memtable and, before writers are made to wait, up to four sealed ones on
/// their way to disk: at most 5 x (32 + 8) = 200 MiB, in practice little more than one of each.
/// The WAL's is larger because an entry that is deleted while it is still in a memtable is never
/// written to a table at all.
const WAL_MEMTABLE_BYTES: u64 = 32 << 20;
const ROWS_MEMTABLE_BYTES: u64 = 8 << 20;

/// Bounds what a restart replays, and the disk that deleted WAL entries still take. fjall rotates its
/// journal at 64 MiB, so this is three files.
const JOURNAL_BYTES_MAX: u64 = 192 << 20;

/// One thread flushes while the other compacts. Compaction must not take the cores from searches.
const WORKER_THREADS: usize = 2;

/// WAL values of this size leave the LSM tree for value files, so that compaction moves a pointer of
/// some bytes and a file whose values are all deleted is dropped unread. One record with its vector
/// is past this size.
const WAL_SEPARATION_BYTES: u32 = 1 << 10;

/// A [`Kv`] in a directory of its own.
pub struct FjallKv {
    path: PathBuf,
    /// `None` once closed. Readers and writers hold it shared, `close` alone.
    open: RwLock<Option<Open>>,
}

struct Open {
    database: Database,
    rows: Keyspace,
    wal: Keyspace,
}

impl FjallKv {
    /// Opens the store in `dir`, or creates it there.
    ///
    /// # Errors
    /// [`KvError::Locked`] if it is open already, [`KvError::Corruption`], [`KvError::Io`].
    pub fn open(dir: &Path) -> Result<Self, KvError> {
        let io = |source| KvError::Io { operation: "open", path: dir.to_owned(), source: Arc::new(source) };
        // fjall syncs what is in the directory, not the directory's own name.
        create_dir_all_synced(dir).map_err(io)?;
        fjall_journal::check(dir)?;
        let failed = |error| from_fjall("open", dir, error);
        let database = Database::builder(dir)
            .cache_size(CACHE_BYTES)
            .max_journaling_size(JOURNAL_BYTES_MAX)
            .worker_threads(WORKER_THREADS)
            // Embeddings do not compress, and compression would sit between every request and its
            // sync. Recovery also compresses again to compare checksums, so that a new version of the
            // compressor could make an old journal unreadable.
            .journal_compression(CompressionType::None)
            // Every write says itself how far it goes.
            .manual_journal_persist(true)
            .open()
            .map_err(failed)?;
        let rows = database
            .keyspace("rows", || KeyspaceCreateOptions::default().max_memtable_size(ROWS_MEMTABLE_BYTES))
            .map_err(failed)?;
        let wal = database
            .keyspace("wal", || {
                let separation = KvSeparationOptions::default()
                    .compression(CompressionType::None)
                    .separation_threshold(WAL_SEPARATION_BYTES);
                KeyspaceCreateOptions::default()
                    .max_memtable_size(WAL_MEMTABLE_BYTES)
                    .with_kv_separation(Some(separation))
            })
            .map_err(failed)?;
        // fjall syncs a keyspace's directory but not that directory's name.
        sync_dir(&dir.join("keyspaces")).map_err(io)?;
        Ok(Self { path: dir.to_owned(), open: RwLock::new(Some(Open { database, rows, wal })) })
    }

    fn with_open<T>(&self, run: impl FnOnce(&Open) -> Result<T, KvError>) -> Result<T, KvError> {
        self.open.read().as_ref().map_or(Err(KvError::Closed), run)
    }
}

impl Kv for FjallKv {
    fn write(&self, batch: WriteBatch, durability: Durability) -> Result<(), KvError> {
        batch.check()?;
        self.with_open(|open| {
            let mode = persist_mode(durability);
            let result = if batch.is_empty() {
                open.database.persist(mode)
            } else {
                open.batch(batch).durability(Some(mode)).commit()
            };
            result.map_err(|error| from_fjall("write", &self.path, error))
        })
    }

    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, KvError> {
        self.with_open(|open| {
            if key.is_empty() {
                return Ok(None);
            }
            // Through a snapshot: a plain get also sees a batch that is only half applied.
            let found = open.database.snapshot().get(open.keyspace(key), key);
            let value = found.map_err(|error| from_fjall("read", &self.path, error))?;
            Ok(value.map(into_bytes))
        })
    }

    fn scan(&self, prefix: &[u8]) -> Result<Entries<'_>, KvError> {
        let guards = self.with_open(|open| Ok(open.guards(prefix)))?;
        Ok(Box::new(guards.map(|guard| match guard.into_inner() {
            Ok((key, value)) => Ok((into_bytes(key), into_bytes(value))),
            Err(error) => Err(from_fjall("read", &self.path, error)),
        })))
    }

    fn scan_keys(&self, prefix: &[u8]) -> Result<Keys<'_>, KvError> {
        let guards = self.with_open(|open| Ok(open.guards(prefix)))?;
        Ok(Box::new(guards.map(|guard| match guard.key() {
            Ok(key) => Ok(into_bytes(key)),
            Err(error) => Err(from_fjall("read", &self.path, error)),
        })))
    }

    fn disk_bytes(&self) -> u64 {
        self.with_open(|open| {
            open.database.disk_space().map_err(|error| from_fjall("read", &self.path, error))
        })
        .unwrap_or(0)
    }

    fn cache_bytes(&self) -> u64 {
        self.with_open(|open| Ok(open.database.cache_size())).unwrap_or(0)
    }

    fn close(&self) -> Result<(), KvError> {
        let Some(open) = self.open.write().take() else { return Ok(()) };
        match open.database.persist(PersistMode::SyncAll) {
            // The writer knows already.
            Ok(()) | Err(fjall::Error::Poisoned) => Ok(()),
            Err(error) => Err(from_fjall("close", &self.path, error)),
        }
    }
}

impl Open {
    fn keyspace(&self, key: &[u8]) -> &Keyspace {
        if key.first() == Some(&WAL_PREFIX) { &self.wal } else { &self.rows }
    }

    fn batch(&self, batch: WriteBatch) -> OwnedWriteBatch {
        // All changes of a fjall batch have one sequence number, so of two changes of one key it is
        // not defined which is the newer.
        let operations = batch.into_last_operations();
        let mut batch = OwnedWriteBatch::with_capacity(self.database.clone(), operations.len());
        for operation in operations {
            let keyspace = self.keyspace(&operation.key);
            match operation.value {
                Some(value) => batch.insert(keyspace, operation.key, &value[..]),
                None => batch.remove(keyspace, operation.key),
            }
        }
        batch
    }

    /// Entries of both keyspaces in the order of their keys, as of one snapshot.
    fn guards(&self, prefix: &[u8]) -> Box<dyn Iterator<Item = Guard> + Send> {
        let snapshot = self.database.snapshot();
        if prefix.is_empty() {
            let before = snapshot.range(&self.rows, ..[WAL_PREFIX]);
            let wal = snapshot.iter(&self.wal);
            let after = snapshot.range(&self.rows, [WAL_PREFIX + 1]..);
            Box::new(before.chain(wal).chain(after))
        } else {
            Box::new(snapshot.prefix(self.keyspace(prefix), prefix))
        }
    }
}

fn persist_mode(durability: Durability) -> PersistMode {
    match durability {
        Durability::Buffered => PersistMode::Buffer,
        Durability::Synced => PersistMode::SyncAll,
    }
}

/// A small value is copied, because it may be a part of a cached block and would keep all of it in
/// memory; a large one has memory of its own.
fn into_bytes(slice: Slice) -> Bytes {
    const SMALL_BYTES_MAX: usize = 4 << 10;
    if slice.len() <= SMALL_BYTES_MAX { Bytes::copy_from_slice(&slice) } else { Bytes::from_owner(slice) }
}

/// fjall also says in this way that a file it needs is missing, ends too early or makes no sense.
fn is_damage(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::UnexpectedEof | ErrorKind::InvalidData)
}

fn from_fjall(operation: &'static str, path: &Path, error: fjall::Error) -> KvError {
    let path = path.to_owned();
    match error {
        fjall::Error::Poisoned => KvError::Poisoned,
        fjall::Error::Locked => KvError::Locked { path },
        fjall::Error::Io(source) | fjall::Error::Storage(fjall::LsmError::Io(source)) => {
            let source = Arc::new(source);
            if is_damage(source.kind()) {
                KvError::Corruption { path, source }
            } else {
                KvError::Io { operation, path, source }
            }
        }
        error => KvError::Corruption { path, source: Arc::new(error) },
    }
}
