//! Kinds of option values: how each is read from text, shown, and bounded.

use std::path::PathBuf;

use super::options::Settings;
use crate::auth::secret::Secret;

/// Largest limits of a caller: in a second or at a time, records, and bytes.
pub(crate) const RATE_MAX: u64 = 1_000_000;
pub(crate) const RECORDS_MAX: u64 = 1_000_000_000_000;
pub(crate) const TENANT_BYTES_MAX: u64 = 1 << 50;

/// Where in [`Settings`] an option's value lives.
pub(crate) type Field<T> = fn(&mut Settings) -> &mut T;

/// Type of an option, with its limits and the place of its value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A file system path.
    Path(Field<PathBuf>),
    /// A file system path that may be left out.
    OptionalPath(Field<Option<PathBuf>>),
    /// Text that is never shown.
    Secret(Field<Secret>),
    /// An IP address or a host name.
    Host(Field<String>),
    /// A TCP port; 0 lets the operating system choose.
    Port(Field<u16>),
    /// On or off.
    Switch(Field<bool>),
    /// A number of bytes.
    Bytes { field: Field<u64>, min: u64, max: u64 },
    /// A plain number.
    Count { field: Field<u64>, min: u64, max: u64 },
    /// One of a few words.
    Choice { field: Field<&'static str>, words: &'static [&'static str] },
    /// A text that `check` accepts; its error is a phrase that follows "because it ".
    Text { field: Field<String>, check: fn(&str) -> Result<(), String>, form: &'static str },
    /// Web origins, as a JSON list or separated by commas.
    Origins(Field<Vec<String>>),
}

impl Kind {
    /// Reads `text` into its place. The error is a phrase that follows "because it ".
    pub(crate) fn set(self, settings: &mut Settings, text: &str) -> Result<(), String> {
        match self {
            Self::Path(field) => *field(settings) = parse_path(text)?,
            Self::OptionalPath(field) => *field(settings) = (!text.is_empty()).then(|| PathBuf::from(text)),
            Self::Secret(field) => *field(settings) = Secret::new(text.to_owned()),
            Self::Host(field) => *field(settings) = parse_host(text)?,
            Self::Port(field) => *field(settings) = parse_port(text)?,
            Self::Switch(field) => *field(settings) = parse_switch(text)?,
            Self::Bytes { field, min, max } => *field(settings) = parse_bytes(text, min, max)?,
            Self::Count { field, min, max } => *field(settings) = parse_count(text, min, max)?,
            Self::Choice { field, words } => *field(settings) = parse_choice(text, words)?,
            Self::Text { field, check, .. } => {
                check(text)?;
                text.clone_into(field(settings));
            }
            Self::Origins(field) => *field(settings) = parse_origins(text)?,
        }
        Ok(())
    }

    /// The value in a form that [`Kind::set`] reads back; of a secret, what tells it from another one.
    pub(crate) fn show(self, settings: &Settings) -> String {
        // Fields are reached mutably for `set`; showing happens a few times in a process's life.
        let settings = &mut settings.clone();
        match self {
            Self::Path(field) => field(settings).display().to_string(),
            Self::OptionalPath(field) => {
                field(settings).as_ref().map_or_else(String::new, |path| path.display().to_string())
            }
            Self::Secret(field) => field(settings).label(),
            Self::Host(field) | Self::Text { field, .. } => field(settings).clone(),
            Self::Port(field) => field(settings).to_string(),
            Self::Switch(field) => field(settings).to_string(),
            Self::Bytes { field, .. } => show_bytes(*field(settings)),
            Self::Count { field, .. } => field(settings).to_string(),
            Self::Choice { field, .. } => (*field(settings)).to_owned(),
            Self::Origins(field) => serde_json::Value::from(field(settings).clone()).to_string(),
        }
    }

    /// Placeholder of the value in `--help`.
    pub(crate) fn placeholder(self) -> &'static str {
        match self {
            Self::Path(_) => "DIR",
            Self::OptionalPath(_) => "FILE",
            Self::Secret(_) | Self::Text { .. } => "TEXT",
            Self::Host(_) => "HOST",
            Self::Port(_) => "PORT",
            Self::Switch(_) => "true|false",
            Self::Bytes { .. } => "BYTES",
            Self::Count { .. } => "N",
            Self::Choice { .. } => "WORD",
            Self::Origins(_) => "ORIGINS",
        }
    }

    /// Accepted values in words, for the reference page.
    pub(crate) fn describe(self) -> String {
        match self {
            Self::Path(_) | Self::OptionalPath(_) => {
                "a path; a relative one is taken from the working directory".to_owned()
            }
            Self::Secret(_) => "text; never shown, neither here nor in a log".to_owned(),
            Self::Text { form, .. } => form.to_owned(),
            Self::Host(_) => "an IP address or a host name".to_owned(),
            Self::Port(_) => "0 to 65535; 0 takes a free port".to_owned(),
            Self::Switch(_) => "`true` or `false` (also 1/0, yes/no, on/off, t/f, y/n)".to_owned(),
            Self::Bytes { min, max, .. } => {
                let (min, max) = (show_bytes(min), show_bytes(max));
                format!("bytes, {min} to {max}; `256MiB`, `40MB` or a plain number")
            }
            Self::Count { min, max, .. } => format!("a number, {min} to {max}"),
            Self::Choice { words, .. } => {
                words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
            }
            Self::Origins(_) => {
                "origins separated by commas or as a JSON list; `*` allows every origin".to_owned()
            }
        }
    }
}

fn parse_path(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() { Err("is empty".to_owned()) } else { Ok(PathBuf::from(text)) }
}

fn parse_host(text: &str) -> Result<String, String> {
    // Brackets mark an IPv6 address in URLs; people copy them from there.
    let host = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let is_address = host.parse::<std::net::IpAddr>().is_ok();
    let is_name = !host.is_empty()
        && host.len() <= 253
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    if is_address || is_name {
        Ok(host.to_owned())
    } else {
        Err("is neither an IP address nor a host name (the port is an option of its own)".to_owned())
    }
}

fn parse_port(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| "is not a port number from 0 to 65535".to_owned())
}

/// Reads a boolean in any of the spellings that Chroma's settings accept.
pub(crate) fn parse_switch(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "t" | "yes" | "y" | "on" => Ok(true),
        "0" | "false" | "f" | "no" | "n" | "off" => Ok(false),
        _ => Err("is neither true nor false".to_owned()),
    }
}

pub(crate) fn parse_count(text: &str, min: u64, max: u64) -> Result<u64, String> {
    let count = text.parse().map_err(|_| "is not a whole number".to_owned())?;
    within(count, min, max, |bound| bound.to_string())
}

const UNITS: [(&str, u64); 8] = [
    ("", 1),
    ("b", 1),
    ("kb", 1_000),
    ("kib", 1 << 10),
    ("mb", 1_000_000),
    ("mib", 1 << 20),
    ("gb", 1_000_000_000),
    ("gib", 1 << 30),
];

pub(crate) fn parse_bytes(text: &str, min: u64, max: u64) -> Result<u64, String> {
    let (digits, unit) = text.split_at(text.bytes().take_while(u8::is_ascii_digit).count());
    let unit = unit.trim_start().to_ascii_lowercase();
    let bytes = UNITS
        .iter()
        .find(|(name, _)| *name == unit)
        .and_then(|(_, factor)| digits.parse::<u64>().ok()?.checked_mul(*factor));
    let bytes = bytes.ok_or("is not a number of bytes (like 268435456, 40MB or 256MiB)".to_owned())?;
    within(bytes, min, max, show_bytes)
}

/// In the largest binary unit that divides it, so that it reads back as the same number. A number of
/// kibibytes with many digits tells nobody more than the bytes do.
fn show_bytes(bytes: u64) -> String {
    for (name, factor) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] {
        if bytes > 0 && bytes.is_multiple_of(factor) && bytes / factor < 10_000 {
            return format!("{}{name}", bytes / factor);
        }
    }
    bytes.to_string()
}

fn within(number: u64, min: u64, max: u64, show: fn(u64) -> String) -> Result<u64, String> {
    if number < min {
        Err(format!("is below the smallest allowed value, {}", show(min)))
    } else if number > max {
        Err(format!("is above the largest allowed value, {}", show(max)))
    } else {
        Ok(number)
    }
}

fn parse_choice(text: &str, words: &'static [&'static str]) -> Result<&'static str, String> {
    let found = words.iter().find(|word| word.eq_ignore_ascii_case(text));
    found.copied().ok_or_else(|| format!("is none of {}", words.join(", ")))
}

fn parse_origins(text: &str) -> Result<Vec<String>, String> {
    let text = text.trim();
    let origins: Vec<String> = if text.starts_with('[') {
        serde_json::from_str(text).map_err(|_| "is not a JSON list of strings".to_owned())?
    } else {
        text.split(',').map(|origin| origin.trim().to_owned()).filter(|origin| !origin.is_empty()).collect()
    };
    match origins.iter().find(|origin| !is_origin(origin)) {
        None => Ok(origins),
        Some(bad) => Err(format!("holds `{bad}`, which is not an origin like https://app.example.com")),
    }
}

/// Browsers send `scheme://host[:port]` and nothing after it; anything else could never match.
fn is_origin(text: &str) -> bool {
    if text == "*" || text == "null" {
        return true;
    }
    let Some((scheme, authority)) = text.split_once("://") else { return false };
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let is_authority = !authority.is_empty()
        && authority.bytes().all(|byte| byte.is_ascii_graphic() && !b"/?#@*,\"\\".contains(&byte));
    is_scheme && is_authority
}

#[cfg(test)]
mod tests;
