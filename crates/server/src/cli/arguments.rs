//! What the command line accepts, built from the option table.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, builder::PathBufValueParser};

use crate::config::{
    ConfigError, OPTIONS, OptionSpec,
    reference::{groups, options_in},
    value::Kind,
};

use super::{VERSION, healthcheck::Credentials};

const RUN_EXAMPLES: &str = "\
Examples:
  huedb run                                      data in ./huedb-data
  huedb run --path /var/lib/huedb --port 9000    another place, another port
  huedb run config.yaml                          a file, Chroma's included
  HUEDB_ALLOW_RESET=true huedb run               options from the environment

Every option can also be set in the environment and in a file, and Chroma's own
settings work too: `huedb config options` names them all, `huedb config print`
shows the values in force.";

const EXAMPLES: &str = "\
Examples:
  huedb run                       start a server on http://127.0.0.1:8000
  huedb run --path /var/lib/huedb --port 9000
  huedb healthcheck               is it answering?
  huedb run --help                every option of the server";

const TEMPLATE: &str = "\
{about-with-newline}
{usage-heading} {usage}

{all-args}{after-help}";

/// The whole command line.
pub(crate) fn command() -> Command {
    Command::new("huedb")
        .version(VERSION)
        .about("HueDB, a vector database that speaks Chroma's HTTP API")
        .help_template(TEMPLATE)
        .after_help(EXAMPLES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .max_term_width(80)
        .subcommand(with_options(
            Command::new("run").about("Start the server").help_template(TEMPLATE).after_help(RUN_EXAMPLES),
        ))
        .subcommand(healthcheck())
        .subcommand(super::user::command())
        .subcommand(Command::new("version").about("Print the version"))
        .subcommand(config())
}

fn healthcheck() -> Command {
    let url = Arg::new("url").long("url").value_name("URL").help(
        "Server to ask; without it, the host and port that the environment sets, as \
         http://127.0.0.1:8000",
    );
    let file = |name: &'static str, help: &'static str| {
        let parser = PathBufValueParser::new();
        Arg::new(name).long(name).value_name("FILE").value_parser(parser).help(help)
    };
    Command::new("healthcheck")
        .about("Ask a running server whether it answers; exit code 0 or 1")
        .arg(url)
        .arg(file(
            "ca",
            "Check the server's certificate with these authorities (PEM); without it any will do",
        ))
        .arg(file("cert", "Client certificate to show, if the server wants one (PEM)"))
        .arg(
            file("key", "Key of the client certificate (PEM); without it, the certificate's file")
                .requires("cert"),
        )
}

/// What `healthcheck` is asked: the URL, if there is one, and how to trust and be trusted.
pub(crate) fn question(matches: &ArgMatches) -> (Option<String>, Credentials) {
    let file = |name| matches.get_one::<PathBuf>(name).cloned();
    let credentials = Credentials { authorities: file("ca"), certificate: file("cert"), key: file("key") };
    (matches.get_one::<String>("url").cloned(), credentials)
}

fn config() -> Command {
    Command::new("config")
        .about("Show the configuration")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommand(with_options(
            Command::new("print").about("Print every value in force and where it came from"),
        ))
        .subcommand(Command::new("options").about("List every option with its default"))
        .subcommand(Command::new("docs").about("Write the reference page").hide(true))
}

/// Adds the configuration file and every option of the table.
fn with_options(command: Command) -> Command {
    let file = Arg::new("file")
        .value_name("CONFIG")
        .value_parser(PathBufValueParser::new())
        .help("YAML file with options; the same as --config");
    let config = Arg::new("config")
        .long("config")
        .value_name("FILE")
        .value_parser(PathBufValueParser::new())
        .help("YAML file with options");
    let mut command = command.arg(file).arg(config).next_line_help(true);
    for group in groups() {
        for option in options_in(group).filter(|option| !option.secret) {
            command = command.arg(flag(option));
        }
    }
    command
}

fn flag(option: &'static OptionSpec) -> Arg {
    let OptionSpec { name, summary, default, .. } = option;
    let flag = Arg::new(*name)
        .long(*name)
        .value_name(option.kind.placeholder())
        .help_heading(option.group)
        .allow_hyphen_values(true)
        .action(ArgAction::Set)
        .help(if default.is_empty() {
            (*summary).to_owned()
        } else {
            format!("{summary} [default: {default}]")
        });
    let flag = option.alias.into_iter().fold(flag, Arg::alias);
    if matches!(option.kind, Kind::Switch(_)) {
        flag.num_args(0..=1).require_equals(true).default_missing_value("true")
    } else {
        flag
    }
}

/// The configuration file and the options that were given.
type FileAndFlags = (Option<PathBuf>, Vec<(&'static OptionSpec, String)>);

/// Reads back what [`command`] accepted.
///
/// # Errors
/// [`ConfigError::TwoFiles`] if both the argument and the flag name a configuration file.
pub(crate) fn given(matches: &ArgMatches) -> Result<FileAndFlags, ConfigError> {
    let path_of = |id| matches.try_get_one::<PathBuf>(id).ok().flatten().cloned();
    let file = match (path_of("file"), path_of("config")) {
        (Some(first), Some(second)) => return Err(ConfigError::TwoFiles { first, second }),
        (first, second) => first.or(second),
    };
    let flags = OPTIONS.iter().filter_map(|option| {
        let value = matches.try_get_one::<String>(option.name).ok().flatten()?;
        Some((option, value.clone()))
    });
    Ok((file, flags.collect()))
}

#[cfg(test)]
mod tests;
