//! Whether the server should get requests.

/// Its condition, as `/readyz` tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    Ready,
    /// The data is being opened.
    Opening,
    /// A signal asked the server to stop.
    Stopping,
    /// A write to the disk failed: reads work, writes are refused until a restart.
    ReadOnly,
}

impl Health {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Ready => "ok",
            Self::Opening => "opening the data",
            Self::Stopping => "stopping",
            Self::ReadOnly => "read-only since a write to the disk failed",
        }
    }
}
