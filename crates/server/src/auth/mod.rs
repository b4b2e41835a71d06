//! Who may call, and what they may do.
//!
//! `settings` is what the options say; `htpasswd`, `users_file`, `token` and `expiry` read files, `lines`
//! finds where in them something stands; `policy` makes identities of users and roles; `credentials` puts
//! them together. `gate` admits a request by its head, with `header`, `cache` and `throttle`, and hands out
//! an `access`, the only way to the engine, which leaves a `trail`.

pub(crate) mod access;
pub(crate) mod action;
mod cache;
mod credentials;
mod expiry;
mod file_error;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
pub(crate) mod gate;
mod header;
pub(crate) mod htpasswd;
pub(crate) mod identity;
mod lines;
mod policy;
pub(crate) mod secret;
pub(crate) mod settings;
pub(crate) mod throttle;
pub(crate) mod token;
pub(crate) mod trail;
mod users_file;
