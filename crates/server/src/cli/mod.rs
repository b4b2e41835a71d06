//! The command line: `run`, `healthcheck`, `user`, `version`, `config`.
//!
//! Results go to standard output, everything else to standard error. Exit codes: 0 done, 1 it did
//! not work, 2 it was asked for in the wrong way.

mod arguments;
mod data_place;
mod first_process;
mod healthcheck;
mod log;
mod mounts;
mod open_files;
mod run;
mod user;
mod uvicorn;

use std::{fmt::Write as _, io::Write as _, path::Path, process::ExitCode};

use clap::ArgMatches;

use self::uvicorn::Translated;
use crate::config::{
    self, ConfigError, Given, OptionSpec, Origin, Resolved, Settings, environment, reference,
};

/// Version of this binary.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// It was asked for, and did not work.
const FAILED: u8 = 1;
/// The question was wrong: arguments, environment or file.
const MISUSED: u8 = 2;

/// Runs the command that the process's arguments name.
pub(crate) fn main() -> ExitCode {
    let mut given = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned());
    let program = given.next().unwrap_or_default();
    let given: Vec<_> = given.collect();
    if let Some(url) = healthcheck::url_for_curl(&program, &given) {
        return healthcheck::run(url, &healthcheck::Credentials::default());
    }
    let Translated { arguments, notices } = match uvicorn::translate(given) {
        Ok(translated) => translated,
        Err(error) => {
            complain(&error);
            return ExitCode::from(MISUSED);
        }
    };
    let program = std::iter::once("huedb".to_owned());
    let matches = match arguments::command().try_get_matches_from(program.chain(arguments)) {
        Ok(matches) => matches,
        Err(error) => {
            // Help and version come this way too, and go to standard output. Nothing can be done
            // about a closed stream.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(MISUSED) } else { ExitCode::SUCCESS };
        }
    };
    match matches.subcommand() {
        Some(("run", matches)) => with_configuration(matches, notices, run::run),
        Some(("healthcheck", matches)) => {
            let (url, credentials) = arguments::question(matches);
            match url {
                Some(url) => healthcheck::run(&url, &credentials),
                None => with_configuration(
                    &first_process::run_arguments().unwrap_or_default(),
                    notices,
                    |resolved| healthcheck::run(&healthcheck::url_of(&resolved.settings), &credentials),
                ),
            }
        }
        Some(("user", matches)) => user::run(matches),
        Some(("config", matches)) => match matches.subcommand() {
            Some(("print", matches)) => {
                with_configuration(matches, notices, |resolved| print(&show(resolved)))
            }
            Some(("docs", _)) => print(&reference::page()),
            _ => print(&reference::list()),
        },
        _ => print(&format!("huedb {VERSION}\n")),
    }
}

fn with_configuration(
    matches: &ArgMatches,
    notices: Vec<String>,
    act: impl FnOnce(&Resolved) -> ExitCode,
) -> ExitCode {
    match given(matches, notices).and_then(config::resolve) {
        Ok(resolved) => act(&resolved),
        Err(error) => {
            complain(&error);
            ExitCode::from(MISUSED)
        }
    }
}

fn given(matches: &ArgMatches, notices: Vec<String>) -> Result<Given, ConfigError> {
    let (file, flags) = arguments::given(matches)?;
    let dotenv = environment::of_dotenv(Path::new(".env"))?;
    Ok(Given { file, dotenv, environment: environment::of_process(), flags, notices })
}

/// Each option with its value and where that came from.
fn show(resolved: &Resolved) -> String {
    let mut lines = String::new();
    for option in config::OPTIONS {
        let origin = resolved.origin(option);
        let value = show_value(option, &resolved.settings, &origin);
        let _ = writeln!(lines, "{:<20} {value:<24} {origin}", option.name);
    }
    lines
}

fn show_value(option: &OptionSpec, settings: &Settings, origin: &Origin) -> String {
    match (option.secret, origin) {
        (true, Origin::Default) => "(unset)".to_owned(),
        (true, _) => "(set, not shown)".to_owned(),
        (false, _) => option.kind.show(settings),
    }
}

fn print(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(FAILED),
    }
}

fn complain(error: &dyn std::fmt::Display) {
    // Nobody is left to tell when standard error is closed.
    let _ = writeln!(std::io::stderr(), "error: {error}");
}

#[cfg(test)]
mod tests;
