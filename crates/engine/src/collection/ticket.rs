use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use huedb_storage::kv::CommitTicket;
use huedb_storage::wait::block_on;

use super::state::CollectionState;
use crate::error::Error;

/// A write on its way to disk: await it, or [`WriteTicket::wait`] for it.
///
/// When it resolves, the write survives a power loss and every later read sees it. Dropping the ticket
/// does not take the write back. It resolves late while memtables wait to be flushed, which slows
/// writers down to the speed of the disk instead of letting memory grow.
#[must_use = "a write is not durable before its ticket resolves"]
pub struct WriteTicket {
    done: Pin<Box<dyn Future<Output = Result<u64, Error>> + Send>>,
}

impl WriteTicket {
    pub(super) fn new(state: Arc<CollectionState>, commit: CommitTicket, records: u64) -> Self {
        let done = async move {
            commit.await?;
            state.flushed_enough().await;
            Ok(records)
        };
        Self { done: Box::pin(done) }
    }

    /// The ticket of a write that had nothing to do.
    pub(super) fn nothing() -> Self {
        Self { done: Box::pin(std::future::ready(Ok(0))) }
    }

    /// Blocks until the write is durable; returns the number of records it changed.
    ///
    /// # Errors
    /// [`Error::ReadOnly`] if the disk failed.
    pub fn wait(self) -> Result<u64, Error> {
        block_on(self)
    }
}

impl Future for WriteTicket {
    type Output = Result<u64, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.done.as_mut().poll(context)
    }
}
