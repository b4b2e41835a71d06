//! Files that are read again: on SIGHUP, and when they change.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::{
    task::block_in_place,
    time::{MissedTickBehavior, interval},
};

/// How often files are looked at. Watching by events misses files that are mounted into a container
/// and the links that Kubernetes swaps.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Something that was read from files and can be read again.
pub(crate) trait Reload: Send + Sync {
    /// What it is called in the log.
    fn name(&self) -> &'static str;

    fn files(&self) -> Vec<PathBuf>;

    /// Reads the files; the answer is what the log says about it.
    ///
    /// # Errors
    /// Why everything stays as it was.
    fn reload(&self) -> Result<String, String>;
}

impl<T: Reload> Reload for Arc<T> {
    fn name(&self) -> &'static str {
        (**self).name()
    }

    fn files(&self) -> Vec<PathBuf> {
        (**self).files()
    }

    fn reload(&self) -> Result<String, String> {
        (**self).reload()
    }
}

/// What tells that a file is another one now.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Look {
    changed: Option<SystemTime>,
    bytes: u64,
    file: (u64, u64),
}

impl Look {
    /// `None` for a file that is not there.
    fn at(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        #[cfg(unix)]
        let file = {
            use std::os::unix::fs::MetadataExt as _;
            (metadata.dev(), metadata.ino())
        };
        #[cfg(not(unix))]
        let file = (0, 0);
        Some(Self { changed: metadata.modified().ok(), bytes: metadata.len(), file })
    }
}

/// One thing with the last look at its files.
struct Watched {
    thing: Box<dyn Reload>,
    looks: Vec<Option<Look>>,
}

impl Watched {
    fn new(thing: Box<dyn Reload>) -> Self {
        let looks = look(&*thing);
        Self { thing, looks }
    }

    fn reload_if_changed(&mut self) {
        let looks = look(&*self.thing);
        // A file that is gone is on its way to be replaced.
        if looks != self.looks && looks.iter().all(Option::is_some) {
            self.looks = looks;
            self.reload("the file changed");
        }
    }

    fn reload_anyway(&mut self) {
        self.looks = look(&*self.thing);
        self.reload("SIGHUP");
    }

    fn reload(&self, why: &str) {
        let name = self.thing.name();
        match self.thing.reload() {
            Ok(what) => tracing::info!(why, what, "{name} read again"),
            Err(reason) => {
                tracing::error!(why, reason, "{name} could not be read again and stay as they were")
            }
        }
    }
}

fn look(thing: &dyn Reload) -> Vec<Option<Look>> {
    thing.files().iter().map(|path| Look::at(path)).collect()
}

/// Reads `things` again whenever it is time, until the runtime ends, which must have several threads.
///
/// What changes after this call counts, even before the first poll.
pub(crate) fn watch(
    things: Vec<Box<dyn Reload>>,
    mut hangup: Hangup,
) -> impl Future<Output = ()> + Send + 'static {
    let mut things: Vec<Watched> = things.into_iter().map(Watched::new).collect();
    async move {
        let mut clock = interval(LOOK_EVERY);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = clock.tick() => {
                    block_in_place(|| things.iter_mut().for_each(Watched::reload_if_changed));
                }
                () = hangup.next() => {
                    block_in_place(|| things.iter_mut().for_each(Watched::reload_anyway));
                }
            }
        }
    }
}

/// SIGHUP, which ends a process that does not listen.
pub(crate) struct Hangup {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
}

impl Hangup {
    /// Must be called inside the async runtime.
    pub(crate) fn listen() -> Self {
        #[cfg(unix)]
        {
            let signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup());
            if let Err(error) = &signal {
                tracing::warn!(%error, "cannot handle SIGHUP");
            }
            Self { signal: signal.ok() }
        }
        #[cfg(not(unix))]
        Self {}
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.signal
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending().await
    }
}

#[cfg(test)]
mod tests;
