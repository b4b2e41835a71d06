//! HueDB's server: a vector database that speaks both generations of Chroma's HTTP API.
//!
//! The library exists for the binary `huedb`, whose whole is [`main`], and for the fuzzer.

mod audit;
mod auth;
mod calendar;
mod cli;
mod config;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod http;
mod limits;
mod reload;
mod telemetry;

use std::process::ExitCode;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    cli::main()
}
