//! The binary `huedb`: a vector database that speaks both generations of Chroma's HTTP API.

mod auth;
mod cli;
mod config;
mod http;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
