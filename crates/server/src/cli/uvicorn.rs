//! Arguments of Chroma's own images. The one of 0.5 hands what a compose file calls `command` to
//! uvicorn, so old compose files hold uvicorn's flags; the one of 1.x takes `run FILE` and `chroma run`.
//! Both become arguments of this program.

use crate::config::{
    ConfigError,
    chroma_env::{Effect, Outcome, Row, Rule},
    option_named,
};

/// Arguments for the command line, and what to say about those that have no effect.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Translated {
    pub(crate) arguments: Vec<String>,
    pub(crate) notices: Vec<String>,
}

/// One of uvicorn's flags.
struct Flag {
    row: Row,
    takes_value: bool,
}

/// Translates the arguments after the program's name. Those that are not of Chroma's images come back
/// as they are.
///
/// # Errors
/// [`ConfigError`] for a flag whose absence would do harm, or with a value that does not fit.
pub(crate) fn translate(arguments: Vec<String>) -> Result<Translated, ConfigError> {
    let arguments = split_single(arguments);
    let first = |at: usize| arguments.get(at).map_or("", String::as_str);
    let rest = match (first(0), first(1)) {
        ("uvicorn", application) if !application.starts_with('-') => arguments.get(2..).unwrap_or_default(),
        ("uvicorn", _) => arguments.get(1..).unwrap_or_default(),
        ("chroma", _) => {
            let arguments = arguments.get(1..).unwrap_or_default().to_vec();
            return Ok(Translated { arguments, ..Translated::default() });
        }
        (flag, _) if flag.starts_with("--") && !is_ours(flag) => &arguments[..],
        _ => return Ok(Translated { arguments, ..Translated::default() }),
    };
    let mut translated = Translated { arguments: vec!["run".to_owned()], notices: Vec::new() };
    let mut rest = rest.iter().cloned();
    while let Some(argument) = rest.next() {
        let (name, attached) = match argument.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (argument.clone(), None),
        };
        let Some(flag) = FLAGS.iter().find(|flag| flag.row.name == name) else {
            translated.arguments.push(argument);
            if attached.is_none() && takes_separate_value(&name) {
                translated.arguments.extend(rest.next());
            }
            continue;
        };
        let value = if flag.takes_value { attached.or_else(|| rest.next()) } else { None };
        apply(flag, value, &mut translated)?;
    }
    Ok(translated)
}

/// The image of 0.5 splits its command as a shell does; some compose files pass it as one argument.
fn split_single(arguments: Vec<String>) -> Vec<String> {
    match &arguments[..] {
        [only] if only.contains(char::is_whitespace) => only.split_whitespace().map(str::to_owned).collect(),
        _ => arguments,
    }
}

/// Flags before any subcommand.
fn is_ours(flag: &str) -> bool {
    matches!(flag, "--help" | "--version")
}

/// Whether the next argument belongs to this flag of ours.
fn takes_separate_value(name: &str) -> bool {
    use crate::config::value::Kind;
    let option = name.strip_prefix("--").and_then(option_named);
    name == "--config" || option.is_some_and(|option| !matches!(option.kind, Kind::Switch(_)))
}

fn apply(flag: &Flag, value: Option<String>, translated: &mut Translated) -> Result<(), ConfigError> {
    let name = flag.row.name;
    let value = match value {
        Some(value) => value,
        None if flag.takes_value => {
            let reason = "has no value after it".to_owned();
            return Err(ConfigError::BadValue { name: name.to_owned(), value: String::new(), reason });
        }
        None => String::new(),
    };
    match flag.row.judge(&value) {
        Outcome::Set(option) => {
            let value = if option == "log-level" { log_level(&value) } else { &value };
            translated.arguments.push(format!("--{option}={value}"));
        }
        Outcome::SetTo(option, word) => translated.arguments.push(format!("--{option}={word}")),
        Outcome::Nothing => {}
        Outcome::Notice(reason) => translated.notices.push(format!("{name} has no effect: {reason}")),
        Outcome::Refused(reason) => return Err(ConfigError::Refused { name: name.to_owned(), reason }),
        Outcome::BadValue(reason) => {
            return Err(ConfigError::BadValue { name: name.to_owned(), value, reason });
        }
    }
    Ok(())
}

/// Python's names of levels.
fn log_level(value: &str) -> &str {
    match value {
        "critical" => "error",
        "warning" => "warn",
        other => other,
    }
}

const fn valued(name: &'static str, meaning: &'static str, effect: Effect) -> Flag {
    Flag { row: Row { name, meaning, rule: Rule::Any, effect }, takes_value: true }
}

const fn number(name: &'static str, meaning: &'static str, effect: Effect) -> Flag {
    Flag { row: Row { name, meaning, rule: Rule::Number, effect }, takes_value: true }
}

const fn switch(name: &'static str, meaning: &'static str, effect: Effect) -> Flag {
    Flag { row: Row { name, meaning, rule: Rule::Any, effect }, takes_value: false }
}

const PARTS: Effect = Effect::Nothing("there is one HTTP implementation, and no Python");
const PROXY: Effect = Effect::Nothing("addresses that a proxy names are not used for anything");
const OUTPUT: Effect = Effect::Nothing("see log-level and log-format");
const ELSEWHERE: Effect = Effect::Refused("the server listens on a TCP port only; use --host and --port");
const CLIENT_CERTIFICATES: Effect =
    Effect::Refused("client certificates are set with tls-client-ca and tls-client-certificates");
const TLS_DETAIL: Effect = Effect::Warns("protocol versions and ciphers are fixed to sound ones");

static FLAGS: &[Flag] = &[
    valued("--host", "listening address", Effect::Sets("host")),
    number("--port", "listening port", Effect::Sets("port")),
    valued("--log-level", "least important log line", Effect::Sets("log-level")),
    number("--workers", "processes", Effect::Nothing("one process serves all connections")),
    switch("--proxy-headers", "believe X-Forwarded-* headers", PROXY),
    switch("--no-proxy-headers", "do not believe them", PROXY),
    valued("--forwarded-allow-ips", "proxies to believe", PROXY),
    valued("--log-config", "Python's log configuration", OUTPUT),
    switch("--access-log", "a line for each request", OUTPUT),
    switch("--no-access-log", "no such lines", OUTPUT),
    switch("--use-colors", "colours in logs", OUTPUT),
    switch("--no-use-colors", "no colours in logs", OUTPUT),
    number("--timeout-keep-alive", "idle seconds of a connection", Effect::Sets("head-timeout-seconds")),
    number("--timeout-graceful-shutdown", "seconds to drain", Effect::Nothing("it is 7 seconds")),
    number("--limit-concurrency", "requests at a time", Effect::Warns("see connections-max and cpu-threads")),
    number(
        "--limit-max-requests",
        "requests before a restart",
        Effect::Nothing("nothing leaks that needs it"),
    ),
    number("--backlog", "connections not accepted yet", Effect::Nothing("it is 1024")),
    number("--h11-max-incomplete-event-size", "bytes of a head", Effect::Nothing("it is 128 KiB")),
    valued("--root-path", "path prefix behind a proxy", Effect::Warns("let the proxy strip the prefix")),
    valued("--header", "header of every answer", Effect::Warns("let a proxy add headers")),
    switch("--server-header", "name the server in answers", PARTS),
    switch("--no-server-header", "do not name it", PARTS),
    switch("--date-header", "date of answers", PARTS),
    switch("--no-date-header", "no date", PARTS),
    switch("--reload", "restart on changes of the code", PARTS),
    switch("--factory", "how the application is made", PARTS),
    valued("--loop", "event loop", PARTS),
    valued("--http", "HTTP implementation", PARTS),
    valued("--ws", "websocket implementation", PARTS),
    valued("--lifespan", "start-up protocol", PARTS),
    valued("--interface", "application protocol", PARTS),
    valued("--app-dir", "where the application is", PARTS),
    valued("--env-file", "variables of the process", Effect::Warns("pass them with `docker run --env-file`")),
    valued("--uds", "socket in the file system", ELSEWHERE),
    valued("--fd", "socket that is open already", ELSEWHERE),
    valued("--ssl-certfile", "TLS certificate", Effect::Sets("tls-certificate")),
    valued("--ssl-keyfile", "key of the TLS certificate", Effect::Sets("tls-key")),
    valued(
        "--ssl-keyfile-password",
        "password of the key",
        Effect::Refused("keys must not be encrypted; decrypt it with `openssl pkey`"),
    ),
    valued("--ssl-ca-certs", "authorities of client certificates", CLIENT_CERTIFICATES),
    valued("--ssl-cert-reqs", "whether client certificates are wanted", CLIENT_CERTIFICATES),
    valued("--ssl-version", "TLS version", TLS_DETAIL),
    valued("--ssl-ciphers", "TLS ciphers", TLS_DETAIL),
];

#[cfg(test)]
mod tests;
