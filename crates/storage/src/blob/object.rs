//! [`BlobStore`] over any store of the `object_store` crate.

use std::collections::HashSet;
use std::sync::{Arc, mpsc};

use bytes::Bytes;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload};
use parking_lot::Mutex;
use tokio::runtime::Runtime;

use super::contents::AlignedBuffer;
use super::{Blob, BlobError, BlobMeta, BlobName, BlobStore, BlobWriter};

/// Size of all parts but the last. Buckets take no smaller one than 5 MiB, and it is the memory of one
/// open writer.
const PART_BYTES: usize = 8 << 20;

/// Blobs in a store of the `object_store` crate.
///
/// Names must be unique among all processes that put to the same store: only this process's own puts
/// are kept apart with certainty, another's are noticed when a blob is begun.
#[derive(Debug)]
pub struct ObjectBlobStore {
    objects: Arc<dyn ObjectStore>,
    driver: Arc<Driver>,
    names_in_flight: Arc<Mutex<HashSet<BlobName>>>,
}

impl ObjectBlobStore {
    /// Blobs are the objects of `objects`; to share a bucket, give a store with a prefix.
    ///
    /// # Errors
    /// [`BlobError::Io`] if the system has no thread to give.
    pub fn new(objects: Arc<dyn ObjectStore>) -> Result<Self, BlobError> {
        let driver = Arc::new(
            Driver::start().map_err(|error| BlobError::io("open store of", objects.to_string(), error))?,
        );
        Ok(Self { objects, driver, names_in_flight: Arc::default() })
    }

    /// Runs one request to its end.
    fn run<T, F>(&self, request: impl FnOnce(Arc<dyn ObjectStore>) -> F) -> T
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        self.driver.run(request(Arc::clone(&self.objects)))
    }

    pub(super) fn start(&self, name: &BlobName) -> Result<ObjectBlobWriter, BlobError> {
        if !self.names_in_flight.lock().insert(name.clone()) {
            return Err(BlobError::Exists { name: name.to_string() });
        }
        let reservation =
            Reservation { name: name.clone(), names_in_flight: Arc::clone(&self.names_in_flight) };
        let path = path_of(name);
        let started = self.run(|objects| async move {
            match objects.head(&path).await {
                Ok(_) => Ok(None),
                Err(object_store::Error::NotFound { .. }) => objects.put_multipart(&path).await.map(Some),
                Err(error) => Err(error),
            }
        });
        match started {
            Ok(Some(upload)) => Ok(ObjectBlobWriter {
                reservation,
                driver: Arc::clone(&self.driver),
                upload: Some(upload),
                part: Vec::new(),
                bytes: 0,
            }),
            Ok(None) => Err(BlobError::Exists { name: name.to_string() }),
            Err(error) => Err(from_object_store("write", name, error)),
        }
    }
}

impl BlobStore for ObjectBlobStore {
    fn put(&self, name: &BlobName) -> Result<Box<dyn BlobWriter>, BlobError> {
        Ok(Box::new(self.start(name)?))
    }

    fn open(&self, name: &BlobName) -> Result<Blob, BlobError> {
        let path = path_of(name);
        let bytes = self.run(|objects| async move { objects.get(&path).await?.bytes().await });
        let bytes = bytes.map_err(|error| from_object_store("read", name, error))?;
        let mut aligned = AlignedBuffer::with_capacity(bytes.len());
        aligned.extend(&bytes);
        Ok(aligned.into_blob())
    }

    fn delete(&self, name: &BlobName) -> Result<(), BlobError> {
        let path = path_of(name);
        match self.run(|objects| async move { objects.delete(&path).await }) {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(from_object_store("delete", name, error)),
        }
    }

    fn list(&self) -> Result<Vec<BlobMeta>, BlobError> {
        let mut found = Vec::new();
        let mut prefixes = vec![None];
        while let Some(prefix) = prefixes.pop() {
            let listed =
                self.run(|objects| async move { objects.list_with_delimiter(prefix.as_ref()).await });
            let listed = listed.map_err(|error| BlobError::io("list", self.objects.to_string(), error))?;
            prefixes.extend(listed.common_prefixes.into_iter().map(Some));
            // An object of another kind of name is not ours.
            found.extend(listed.objects.into_iter().filter_map(|object| {
                Some(BlobMeta { name: BlobName::parse(object.location.as_ref()).ok()?, bytes: object.size })
            }));
        }
        found.sort_unstable_by(|left, right| left.name.cmp(&right.name));
        Ok(found)
    }
}

/// A multipart upload; what is not finished is aborted.
pub(super) struct ObjectBlobWriter {
    reservation: Reservation,
    driver: Arc<Driver>,
    /// `None` once completed or failed.
    upload: Option<Box<dyn MultipartUpload>>,
    part: Vec<u8>,
    bytes: u64,
}

impl BlobWriter for ObjectBlobWriter {
    fn write(&mut self, mut bytes: &[u8]) -> Result<(), BlobError> {
        while !bytes.is_empty() {
            let room = PART_BYTES - self.part.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.part.extend_from_slice(now);
            if self.part.len() == PART_BYTES {
                self.put_part()?;
            }
            bytes = later;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<u64, BlobError> {
        // A bucket refuses an upload without parts, so an empty blob has one empty part.
        if !self.part.is_empty() || self.bytes == 0 {
            self.put_part()?;
        }
        let Some(mut upload) = self.upload.take() else { return Err(self.already_failed()) };
        let (upload, completed) = self.driver.run(async move {
            let completed = upload.complete().await;
            (upload, completed)
        });
        match completed {
            Ok(_) => Ok(self.bytes),
            Err(error) => {
                self.upload = Some(upload);
                Err(from_object_store("sync", &self.reservation.name, error))
            }
        }
    }
}

impl ObjectBlobWriter {
    fn put_part(&mut self) -> Result<(), BlobError> {
        let Some(upload) = &mut self.upload else { return Err(self.already_failed()) };
        let part = std::mem::take(&mut self.part);
        self.bytes += part.len() as u64;
        let put = upload.put_part(PutPayload::from(Bytes::from(part)));
        if let Err(error) = self.driver.run(put) {
            self.abort();
            return Err(from_object_store("write", &self.reservation.name, error));
        }
        Ok(())
    }

    fn abort(&mut self) {
        if let Some(mut upload) = self.upload.take() {
            let aborted = self.driver.run(async move { upload.abort().await });
            if let Err(error) = aborted {
                tracing::debug!(blob = %self.reservation.name, %error, "cannot abort unfinished blob");
            }
        }
    }

    fn already_failed(&self) -> BlobError {
        let source = std::io::Error::other("an earlier part could not be written");
        BlobError::io("write", self.reservation.name.to_string(), source)
    }
}

impl Drop for ObjectBlobWriter {
    fn drop(&mut self) {
        self.abort();
    }
}

/// Keeps a name from being put twice at once.
struct Reservation {
    name: BlobName,
    names_in_flight: Arc<Mutex<HashSet<BlobName>>>,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.names_in_flight.lock().remove(&self.name);
    }
}

/// Drives the futures of `object_store` for callers that block.
///
/// A runtime of its own rather than the caller's: a request that waits for a thread of the pool its
/// caller occupies could wait for ever.
#[derive(Debug)]
struct Driver {
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
}

impl Driver {
    fn start() -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            // Threads for file operations: more would only queue at the same disk.
            .max_blocking_threads(4)
            .thread_name("blob-store")
            .enable_all()
            .build()?;
        Ok(Self { runtime: Some(runtime) })
    }

    fn run<T: Send + 'static>(&self, request: impl Future<Output = T> + Send + 'static) -> T {
        let (sender, receiver) = mpsc::sync_channel(1);
        #[expect(clippy::expect_used, reason = "the runtime is taken by `drop` alone")]
        let runtime = self.runtime.as_ref().expect("the runtime lives as long as the driver");
        runtime.spawn(async move {
            // The receiver waits below, so this cannot fail.
            let _ = sender.send(request.await);
        });
        #[expect(clippy::expect_used, reason = "a panic of the request is passed on to its caller")]
        receiver.recv().expect("the request does not panic")
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // The default waits for the threads, which panics when the last owner is an asynchronous task.
        // Nothing is left to wait for: every request has answered.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn path_of(name: &BlobName) -> Path {
    Path::from(name.as_str())
}

fn from_object_store(operation: &'static str, name: &BlobName, error: object_store::Error) -> BlobError {
    match error {
        object_store::Error::NotFound { .. } => BlobError::NotFound { name: name.to_string() },
        object_store::Error::AlreadyExists { .. } => BlobError::Exists { name: name.to_string() },
        error => BlobError::io(operation, name.to_string(), error),
    }
}
