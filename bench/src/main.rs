//! Drives a running server over HTTP `/api/v2` and prints what it costs: rates, latencies, server CPU per
//! operation, resident memory, disk and recall.
//!
//! `huedb-bench run` measures one server that already runs. `huedb-bench compare` starts `HueDB` and Chroma
//! one after the other on the same machine and writes a JSON file and a Markdown table. `huedb-bench auth` measures
//! what authentication costs, `huedb-bench tracing` what tracing does. The data is made from a seed, so two runs
//! send the same bytes.

#![expect(clippy::print_stdout, reason = "the tables are this program's output")]

mod api;
mod auth;
mod compare;
mod data;
mod http;
mod load;
mod machine;
mod options;
mod process;
mod report;
mod rng;
mod running;
mod tracing;
mod truth;
mod workload;

use std::error::Error;
use std::process::ExitCode;

use crate::options::Command;

/// The benchmark is a tool for people: an error is a sentence, and nobody handles its kinds.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = options::parse(&arguments).and_then(|command| match command {
        Command::Help => {
            println!("{}", options::HELP);
            Ok(())
        }
        Command::Run(options) => run(&options),
        Command::Compare(options) => compare::compare(&options),
        Command::Auth(options) => auth::measure(&options),
        Command::Tracing(options) => tracing::measure(&options),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("huedb-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &options::RunOptions) -> Result<()> {
    let data = data::Dataset::generate(options.sizes.data());
    let server = workload::Target { address: options.address.clone(), process: options.process() };
    let result = workload::run(&server, &data, &options.sizes)?;
    println!("{}", report::table(&result));
    if let Some(path) = &options.json {
        std::fs::write(path, serde_json::to_string_pretty(&report::json(&result))?)?;
        eprintln!("written: {}", path.display());
    }
    Ok(())
}
