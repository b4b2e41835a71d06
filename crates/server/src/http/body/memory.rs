//! The budget for bytes of request bodies, over all connections together.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError},
    time::timeout,
};

/// Grain of the budget. Permits are counted in 32 bits, which is 16 TiB at this grain.
const UNIT_BYTES: usize = 4 << 10;

/// How long a body may wait for others to be done; the client is not read meanwhile.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes that request bodies may take together. A clone is the same budget.
#[derive(Clone, Debug)]
pub(crate) struct BodyMemory {
    units: Arc<Semaphore>,
    units_max: usize,
}

/// Nothing was free for as long as one waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoMemory;

/// A share of the budget, given back when it is dropped.
#[derive(Debug, Default)]
pub(crate) struct Reservation {
    units: Option<OwnedSemaphorePermit>,
}

impl BodyMemory {
    pub(crate) fn new(bytes: usize) -> Self {
        let units_max = units(bytes).min(Semaphore::MAX_PERMITS as u32) as usize;
        Self { units: Arc::new(Semaphore::new(units_max)), units_max }
    }

    /// Bytes that are reserved now.
    pub(crate) fn bytes(&self) -> usize {
        self.units_max.saturating_sub(self.units.available_permits()) * UNIT_BYTES
    }

    /// Bytes that can be reserved at a time.
    pub(crate) fn bytes_max(&self) -> usize {
        self.units_max * UNIT_BYTES
    }

    /// Makes `reservation` at least `bytes`, waiting for others if it must.
    ///
    /// Requests are served in their order, so large bodies do not starve behind small ones.
    ///
    /// # Errors
    /// [`NoMemory`] when the wait was too long.
    pub(crate) async fn grow(&self, reservation: &mut Reservation, bytes: usize) -> Result<(), NoMemory> {
        let missing = reservation.missing(bytes);
        if missing > 0 {
            let acquired = timeout(PATIENCE, Arc::clone(&self.units).acquire_many_owned(missing)).await;
            reservation.take(acquired.map_err(|_| NoMemory)?.map_err(|_| NoMemory)?);
        }
        Ok(())
    }

    /// The same, for threads that must not wait.
    ///
    /// # Errors
    /// [`NoMemory`] when that much is not free now.
    pub(crate) fn try_grow(&self, reservation: &mut Reservation, bytes: usize) -> Result<(), NoMemory> {
        let missing = reservation.missing(bytes);
        if missing > 0 {
            let acquired = Arc::clone(&self.units).try_acquire_many_owned(missing);
            reservation.take(acquired.map_err(|_: TryAcquireError| NoMemory)?);
        }
        Ok(())
    }
}

impl Reservation {
    fn missing(&self, bytes: usize) -> u32 {
        units(bytes).saturating_sub(self.units.as_ref().map_or(0, |held| held.num_permits() as u32))
    }

    fn take(&mut self, more: OwnedSemaphorePermit) {
        match &mut self.units {
            Some(held) => held.merge(more),
            None => self.units = Some(more),
        }
    }
}

fn units(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
