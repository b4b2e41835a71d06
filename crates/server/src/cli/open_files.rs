//! The limit of open files. Segments are mapped files and every client holds a socket, so the usual
//! soft limit of 1024 is too few.

/// Raises the soft limit to `wanted`, or as far as the system allows when that is 0. Never lowers it.
#[cfg(unix)]
pub(crate) fn raise_limit(wanted: u64) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let maximum = limit.maximum.unwrap_or(NO_LIMIT);
    let current = limit.current.unwrap_or(NO_LIMIT);
    let target = target(wanted, current, maximum);
    if wanted > maximum {
        tracing::warn!(wanted, maximum, "the system allows fewer open files than asked for");
    }
    if target == current {
        return;
    }
    let raised = Rlimit { current: (target != NO_LIMIT).then_some(target), maximum: limit.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "cannot raise the limit of open files");
    }
}

#[cfg(not(unix))]
pub(crate) fn raise_limit(_wanted: u64) {}

/// As many connections as are wanted and the limit allows, with enough files left for data: those of
/// the key-value store, and a segment that is being written or mapped on each thread.
pub(crate) fn connections_max(wanted: u64) -> usize {
    let left = left_for_connections(current_limit());
    if left < wanted {
        tracing::warn!(connections_max = left, "the system allows too few open files for connections-max");
    }
    usize::try_from(wanted.min(left)).unwrap_or(usize::MAX)
}

/// Open files that connections leave for data, where the system allows twice as many.
const FILES_FOR_DATA: u64 = 1024;

fn left_for_connections(limit: u64) -> u64 {
    limit.saturating_sub(FILES_FOR_DATA).max(limit / 2).max(1)
}

#[cfg(unix)]
fn current_limit() -> u64 {
    use rustix::process::{Resource, getrlimit};
    getrlimit(Resource::Nofile).current.unwrap_or(NO_LIMIT)
}

#[cfg(not(unix))]
fn current_limit() -> u64 {
    u64::MAX
}

#[cfg(unix)]
const NO_LIMIT: u64 = u64::MAX;

/// The soft limit to have.
#[cfg(unix)]
fn target(wanted: u64, current: u64, maximum: u64) -> u64 {
    let wanted = if wanted == 0 { maximum } else { wanted.min(maximum) };
    wanted.max(current)
}

#[cfg(all(test, unix))]
mod tests;
