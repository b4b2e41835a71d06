//! Limits of each caller: requests a second, queries at a time, and what a tenant may hold. All of them
//! are off unless they are set.

mod rates;
mod tally;

use std::{sync::Arc, time::Duration};

use huedb_engine::Held;

pub(crate) use self::rates::{Subject, UnderWay};
use self::{rates::Rates, tally::Tally};

/// Zero is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LimitSettings {
    /// Requests of one caller; as many may come at once after a second without any.
    pub(crate) requests_per_second: u64,
    /// Queries of one caller that are worked on at the same time.
    pub(crate) queries: u64,
    /// Records of one tenant.
    pub(crate) records: u64,
    /// Bytes of one tenant.
    pub(crate) bytes: u64,
}

/// What a request does, as far as limits are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Load {
    /// Costs nothing and is never refused: probes must not fail because somebody is busy.
    None,
    Small,
    /// Works on many records.
    Query,
    /// Makes a tenant hold more.
    Growth,
}

/// Why a request is not done now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Limited {
    /// Too many requests; after this time one more is allowed.
    Rate { wait: Duration },
    /// Too many queries of the caller are under way.
    Queries { limit: u64 },
    /// The tenant holds as much as it may.
    Quota { resource: &'static str, limit: u64, actual: u64 },
}

impl Limited {
    /// Seconds after which a retry may succeed.
    pub(crate) fn retry_after(&self) -> u64 {
        match self {
            Self::Rate { wait } => wait.as_secs() + u64::from(wait.subsec_nanos() > 0),
            Self::Queries { .. } => 1,
            // Until somebody deletes something; a client that retries by itself must not be fast.
            Self::Quota { .. } => 60,
        }
    }
}

/// Knows who has used how much. A clone is a reference count.
#[derive(Clone)]
pub(crate) struct Limits(Arc<Inner>);

struct Inner {
    settings: LimitSettings,
    rates: Arc<Rates>,
    tally: Tally,
}

impl Limits {
    pub(crate) fn new(settings: LimitSettings) -> Self {
        Self(Arc::new(Inner { settings, rates: Arc::new(Rates::default()), tally: Tally::default() }))
    }

    /// Whether there is any.
    pub(crate) fn are_set(&self) -> bool {
        self.0.settings != LimitSettings::default()
    }

    /// Whether the tenant of a request with this load must be found out for [`Self::check_quota`].
    pub(crate) fn has_quota(&self, load: Load) -> bool {
        let LimitSettings { records, bytes, .. } = self.0.settings;
        load == Load::Growth && (records > 0 || bytes > 0)
    }

    /// Counts a request; a query counts as under way until the guard is dropped.
    ///
    /// # Errors
    /// See [`Limited`].
    pub(crate) fn admit(
        &self,
        subject: impl FnOnce() -> Subject,
        load: Load,
    ) -> Result<Option<UnderWay>, Limited> {
        let LimitSettings { requests_per_second, queries, .. } = self.0.settings;
        if load == Load::None || (requests_per_second == 0 && queries == 0) {
            return Ok(None);
        }
        let subject = subject();
        self.0.rates.request(&subject, requests_per_second)?;
        if load != Load::Query || queries == 0 {
            return Ok(None);
        }
        self.0.rates.query(subject, queries).map(Some)
    }

    /// Whether the tenant may still grow. `count` is called at most once a second.
    ///
    /// # Errors
    /// [`Limited::Quota`].
    pub(crate) fn check_quota(&self, tenant: &str, count: impl FnOnce() -> Held) -> Result<(), Limited> {
        let LimitSettings { records, bytes, .. } = self.0.settings;
        let held = self.0.tally.of(tenant, count);
        for (resource, limit, actual) in [("records", records, held.records), ("bytes", bytes, held.bytes)] {
            if limit > 0 && actual >= limit {
                return Err(Limited::Quota { resource, limit, actual });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
