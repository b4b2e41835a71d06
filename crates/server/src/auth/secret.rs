//! Text that must not be seen: never printed, and wiped from memory when it goes.

use std::{fmt, hash::BuildHasher, sync::OnceLock};

use zeroize::Zeroizing;

/// A password, a token, or a file that holds them.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Secret(Zeroizing<String>);

impl Secret {
    pub(crate) fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself. Whoever asks keeps it out of logs and answers.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A number that differs where secrets differ, to compare settings; empty for an empty one. It means
    /// nothing in another process, so printing it would tell nothing either.
    pub(crate) fn label(&self) -> String {
        static KEY: OnceLock<std::hash::RandomState> = OnceLock::new();
        if self.is_empty() {
            return String::new();
        }
        let key = KEY.get_or_init(std::hash::RandomState::new);
        format!("secret {:016x}", key.hash_one(self.expose()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(...)")
    }
}
