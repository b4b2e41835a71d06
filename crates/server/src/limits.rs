//! Limits of each caller: requests a second, queries at a time, and what a tenant may hold. All of them
//! are off unless they are set.

mod own;
mod rates;
mod tally;

use std::{sync::Arc, time::Duration};

use huedb_engine::Held;

pub(crate) use self::{
    own::OwnLimits,
    rates::{Subject, UnderWay},
};
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
    /// The tenant, or what the caller reaches in it, holds as much as it may.
    Quota { extent: Extent, resource: &'static str, limit: u64, actual: u64 },
}

/// What a quota counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Everything in a tenant: quotas of the options.
    Tenant,
    /// What one user reaches in a tenant: quotas of the file of users.
    Reach,
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

    /// Whether there is any that holds for everybody.
    pub(crate) fn are_set(&self) -> bool {
        self.0.settings != LimitSettings::default()
    }

    /// Whether the tenant of a request with this load must be found out for [`Self::check_quota`].
    pub(crate) fn has_quota(&self, own: OwnLimits, load: Load) -> bool {
        let limits = self.quotas(own).into_iter().flat_map(|(_, limits)| limits);
        load == Load::Growth && limits.into_iter().any(|(_, limit)| limit > 0)
    }

    /// What is counted, with the limits of each. A limit of the user's own replaces that of the tenant.
    fn quotas(&self, own: OwnLimits) -> [(Extent, [(&'static str, u64); 2]); 2] {
        let LimitSettings { records, bytes, .. } = self.0.settings;
        let unless_own = |own: Option<u64>, limit| if own.is_some() { 0 } else { limit };
        let of_tenant =
            [("records", unless_own(own.records, records)), ("bytes", unless_own(own.bytes, bytes))];
        let of_user = [("records", own.records.unwrap_or(0)), ("bytes", own.bytes.unwrap_or(0))];
        [(Extent::Tenant, of_tenant), (Extent::Reach, of_user)]
    }

    /// Counts a request; a query counts as under way until the guard is dropped.
    ///
    /// # Errors
    /// See [`Limited`].
    pub(crate) fn admit(
        &self,
        own: OwnLimits,
        subject: impl FnOnce() -> Subject,
        load: Load,
    ) -> Result<Option<UnderWay>, Limited> {
        let LimitSettings { requests_per_second, queries, .. } = own.over(self.0.settings);
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

    /// Whether `user` may still make `tenant` grow. `count` is called at most once a second for each.
    ///
    /// # Errors
    /// [`Limited::Quota`].
    pub(crate) fn check_quota(
        &self,
        (user, own): (&str, OwnLimits),
        tenant: &str,
        count: impl Fn(Extent) -> Held,
    ) -> Result<(), Limited> {
        for (extent, limits) in self.quotas(own) {
            if limits.iter().all(|(_, limit)| *limit == 0) {
                continue;
            }
            let user = match extent {
                Extent::Tenant => "",
                Extent::Reach => user,
            };
            let held = self.0.tally.of(user, tenant, || count(extent));
            for ((resource, limit), actual) in limits.into_iter().zip([held.records, held.bytes]) {
                if limit > 0 && actual >= limit {
                    return Err(Limited::Quota { extent, resource, limit, actual });
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
