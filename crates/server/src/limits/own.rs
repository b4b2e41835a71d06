//! Limits that the file of users gives to a user or a role, in place of those of the options.

use super::LimitSettings;

/// `None` leaves a limit as the options have it, zero is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OwnLimits {
    pub(crate) requests_per_second: Option<u64>,
    pub(crate) queries: Option<u64>,
    /// Records of what the user reaches in one tenant.
    pub(crate) records: Option<u64>,
    /// Bytes of what the user reaches in one tenant.
    pub(crate) bytes: Option<u64>,
}

impl OwnLimits {
    /// These, and those of `other` that are missing here.
    pub(crate) fn or(self, other: Self) -> Self {
        self.joined(other, Option::or)
    }

    /// Of each limit the one that allows more; what only one of the two has counts.
    pub(crate) fn widest(self, other: Self) -> Self {
        self.joined(other, |one, other| match (one, other) {
            (Some(0), _) | (_, Some(0)) => Some(0),
            _ => one.max(other),
        })
    }

    /// What is in force for somebody who has these, as far as the caller alone is counted.
    pub(super) fn over(self, options: LimitSettings) -> LimitSettings {
        LimitSettings {
            requests_per_second: self.requests_per_second.unwrap_or(options.requests_per_second),
            queries: self.queries.unwrap_or(options.queries),
            ..options
        }
    }

    fn joined(self, other: Self, join: impl Fn(Option<u64>, Option<u64>) -> Option<u64>) -> Self {
        Self {
            requests_per_second: join(self.requests_per_second, other.requests_per_second),
            queries: join(self.queries, other.queries),
            records: join(self.records, other.records),
            bytes: join(self.bytes, other.bytes),
        }
    }
}

#[cfg(test)]
mod tests;
