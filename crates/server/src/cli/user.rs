//! `huedb user`: lines for files of users, made without other programs.

use std::{
    fmt::Write as _,
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    process::ExitCode,
};

use clap::{Arg, ArgMatches, Command, builder::RangedU64ValueParser};
use uuid::Uuid;

use super::{FAILED, MISUSED, complain, print};
use crate::auth::{
    htpasswd::{COSTS, line_for},
    secret::Secret,
    token::TokenHash,
};

/// As slow as a login may feel, about 0.1 s on a small machine.
const COST: &str = "10";

/// Longer input is no password.
const LINE_BYTES_MAX: u64 = 8192;

pub(super) fn command() -> Command {
    let name = Arg::new("name").value_name("NAME").required(true).help("Name of the user");
    let cost = Arg::new("cost")
        .long("cost")
        .value_name("N")
        .default_value(COST)
        .value_parser(
            RangedU64ValueParser::<u32>::new().range(u64::from(*COSTS.start())..=u64::from(*COSTS.end())),
        )
        .help("How slow a check is; one more takes twice as long");
    let stdin = Arg::new("stdin")
        .long("stdin")
        .action(clap::ArgAction::SetTrue)
        .help("Hash a token from the standard input in place of making a new one");
    Command::new("user")
        .about("Make lines for files of users")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommand(
            Command::new("hash")
                .about("Read a password from the standard input and print the line `NAME:HASH`, as `htpasswd -B` does")
                .arg(name)
                .arg(cost),
        )
        .subcommand(Command::new("token").about("Make a random token and print it with its hash").arg(stdin))
}

pub(super) fn run(matches: &ArgMatches) -> ExitCode {
    let made = match matches.subcommand() {
        Some(("hash", matches)) => hash(matches),
        Some((_, matches)) => token(matches.get_flag("stdin")),
        None => Err(String::new()),
    };
    match made {
        Ok(text) => print(&text),
        Err(reason) => {
            complain(&reason);
            ExitCode::from(if reason.is_empty() { MISUSED } else { FAILED })
        }
    }
}

fn hash(matches: &ArgMatches) -> Result<String, String> {
    let name = matches.get_one::<String>("name").map_or("", String::as_str);
    let cost = matches.get_one::<u32>("cost").copied().unwrap_or_default();
    let password = read_line("password")?;
    line_for(name, password.expose(), cost).map(|line| line + "\n")
}

fn token(is_given: bool) -> Result<String, String> {
    let mut text = String::new();
    let token = if is_given {
        read_line("token")?
    } else {
        // 244 random bits from the system.
        let token = Secret::new(format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()));
        let _ = writeln!(text, "token  {}", token.expose());
        token
    };
    let hash = TokenHash::parse(token.expose()).map_err(|reason| format!("the token {reason}"))?;
    let _ = writeln!(text, "hash   {}", hash.show());
    Ok(text)
}

/// The first line of the standard input. A person at a terminal sees what is typed, and is told so.
fn read_line(what: &str) -> Result<Secret, String> {
    if io::stdin().is_terminal() {
        // Nobody is there to be asked when standard error is closed.
        let _ = write!(io::stderr(), "{what} (shown while you type): ");
    }
    let mut line = String::new();
    let read = io::Read::take(io::stdin().lock(), LINE_BYTES_MAX).read_line(&mut line);
    let secret = Secret::new(line.trim_end_matches(['\n', '\r']).to_owned());
    drop(Secret::new(line));
    match read {
        Ok(_) if !secret.is_empty() => Ok(secret),
        Ok(_) => Err(format!("there is no {what} on the standard input")),
        Err(error) => Err(format!("cannot read the {what} from the standard input: {error}")),
    }
}
