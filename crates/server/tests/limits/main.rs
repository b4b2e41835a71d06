//! What has killed or bricked other servers, against the binary.
//!
//! `HUEDB_LIMITS_FULL=1` (`make limits`) runs with the sizes that are promised; without it each test
//! is a few seconds long and its bounds per connection and per collection are the same.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]
#![cfg(target_os = "linux")]

#[path = "../it/exchange.rs"]
#[allow(dead_code, reason = "shared with another test binary")]
mod exchange;
#[path = "../it/process.rs"]
#[allow(dead_code, reason = "shared with another test binary")]
mod process;

mod bodies;
mod client;
mod collections;
mod connections;
mod frames;
mod http2;
mod requests;

/// The size for `make limits`, or the one for every commit.
fn size(full: usize, short: usize) -> usize {
    if std::env::var_os("HUEDB_LIMITS_FULL").is_some_and(|value| value == "1") { full } else { short }
}
