//! HueDB's server: a vector database that speaks both generations of Chroma's HTTP API.
//!
//! The library exists for the binary `huedb`, whose whole is [`main`], and for the fuzzer.

mod auth;
mod cli;
mod config;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod http;
mod telemetry;

use std::process::ExitCode;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    cli::main()
}
