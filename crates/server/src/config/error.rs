//! Why a configuration is refused, each in one or two lines that name the way out.

use std::path::PathBuf;

use thiserror::Error;

/// A configuration that the server does not start with.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum ConfigError {
    #[error(
        "unknown setting {name} in the {place}\nThe nearest known name is {nearest}; correct it or unset it."
    )]
    UnknownName { name: String, place: &'static str, nearest: String },
    #[error("unknown key `{key}` in {path}\nThe nearest known key is `{nearest}`; correct it or remove it.", path = path.display())]
    UnknownKey { key: String, path: PathBuf, nearest: String },
    #[error("{name} cannot be `{value}` because it {reason}")]
    BadValue { name: String, value: String, reason: String },
    #[error("{name} is set, but {reason}")]
    Refused { name: String, reason: &'static str },
    #[error("{first} and {second} disagree about `{option}`; keep one of them")]
    Disagree { first: String, second: String, option: &'static str },
    #[error("cannot read the configuration file {path}: {reason}", path = path.display())]
    File { path: PathBuf, reason: String },
    #[error("the configuration file is given twice, as {first} and as {second}", first = first.display(), second = second.display())]
    TwoFiles { first: PathBuf, second: PathBuf },
}
