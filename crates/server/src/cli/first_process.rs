//! The arguments of a container's main process. A health check runs beside it with the same
//! environment, but only there stands which port a `command` of a compose file has chosen.

use clap::ArgMatches;

use super::{arguments, uvicorn};

/// Names under which the image can start this program.
const NAMES: [&str; 2] = ["huedb", "chroma"];

/// What process 1 was given, if it is `huedb run`.
pub(crate) fn run_arguments() -> Option<ArgMatches> {
    parse(&std::fs::read("/proc/1/cmdline").ok()?)
}

/// Reads a command line as the kernel shows it: arguments that end in zero bytes.
fn parse(line: &[u8]) -> Option<ArgMatches> {
    let mut arguments =
        line.split(|byte| *byte == 0).map(|argument| String::from_utf8_lossy(argument).into_owned());
    let program = arguments.next()?;
    if !NAMES.contains(&program.rsplit('/').next()?) {
        return None;
    }
    let mut arguments: Vec<_> = arguments.collect();
    arguments.pop(); // what follows the last zero byte
    let translated = uvicorn::translate(arguments).ok()?.arguments;
    let matches = arguments::command().try_get_matches_from(std::iter::once(program).chain(translated));
    matches.ok()?.remove_subcommand().filter(|(name, _)| name == "run").map(|(_, matches)| matches)
}

#[cfg(test)]
mod tests;
