//! The limit of open files. Segments are mapped files and every client holds a socket, so the usual
//! soft limit of 1024 is too few.

/// Raises the soft limit to `wanted`, or as far as the system allows when that is 0. Never lowers it.
#[cfg(unix)]
pub(crate) fn raise_limit(wanted: u64) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let Some(target) = target(wanted, limit.current, limit.maximum) else { return };
    if let Some(maximum) = limit.maximum.filter(|maximum| wanted > *maximum) {
        tracing::warn!(wanted, maximum, "the system allows fewer open files than asked for");
    }
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: target, maximum: limit.maximum }) {
        tracing::warn!(%error, "cannot raise the limit of open files");
    }
}

#[cfg(not(unix))]
pub(crate) fn raise_limit(_wanted: u64) {}

/// The new soft limit, or nothing if the one in force will do. In a limit `None` means that there is
/// none.
#[cfg(unix)]
fn target(wanted: u64, current: Option<u64>, maximum: Option<u64>) -> Option<Option<u64>> {
    let current = current?;
    let target = match (wanted, maximum) {
        (0, maximum) => maximum,
        (wanted, Some(maximum)) => Some(wanted.min(maximum)),
        (wanted, None) => Some(wanted),
    };
    target.is_none_or(|target| target > current).then_some(target)
}

#[cfg(all(test, unix))]
mod tests;
