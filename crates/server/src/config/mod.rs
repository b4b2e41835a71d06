//! Configuration: defaults, file, environment and flags become one set of values.
//!
//! `options` is the table, `value` reads and shows values, `chroma_env` maps Chroma's names, `file`
//! and `environment` find out what was given, `reference` writes the documentation page. This module
//! puts the layers on top of each other and remembers where each value came from.

pub(crate) mod chroma_env;
pub(crate) mod environment;
pub(crate) mod error;
pub(crate) mod file;
pub(crate) mod options;
pub(crate) mod otel_env;
pub(crate) mod reference;
pub(crate) mod suggest;
pub(crate) mod telemetry_options;
pub(crate) mod value;

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use self::{chroma_env::Outcome, environment::Meaning};
pub(crate) use self::{
    error::ConfigError,
    options::{OPTIONS, OptionSpec, Settings, option_named},
};

/// Everything that was given, before it is judged.
#[derive(Default)]
pub(crate) struct Given {
    /// The file that a flag or argument names; it goes before the one in the environment.
    pub(crate) file: Option<PathBuf>,
    /// Variables of a `.env` file, which the environment overrides.
    pub(crate) dotenv: Vec<(String, String)>,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) flags: Vec<(&'static OptionSpec, String)>,
    /// What reading the arguments has to say already.
    pub(crate) notices: Vec<String>,
}

/// The values in force.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) settings: Settings,
    /// Where the value of each option came from; those at their default are not in it.
    origins: BTreeMap<&'static str, Origin>,
    /// Lines for the person who starts the server.
    pub(crate) notices: Vec<String>,
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Default,
    File { path: PathBuf, key: String },
    DotEnv(String),
    Environment(String),
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, key } => write!(f, "{key} in {}", path.display()),
            Self::DotEnv(name) => write!(f, "{name} in .env"),
            Self::Environment(name) => write!(f, "{name} in the environment"),
            Self::Flag(name) => write!(f, "--{name}"),
        }
    }
}

/// Puts the layers on top of each other: defaults, the packager's defaults, file, `.env`, environment,
/// flags.
///
/// # Errors
/// See [`ConfigError`]; the first problem found is returned.
pub(crate) fn resolve(given: Given) -> Result<Resolved, ConfigError> {
    let mut resolved =
        Resolved { settings: Settings::defaults(), origins: BTreeMap::new(), notices: given.notices };
    let dotenv = Variables::sort(given.dotenv, ".env file", Origin::DotEnv)?;
    let environment = Variables::sort(given.environment, "environment", Origin::Environment)?;
    if let Some(path) = &environment.defaults_file {
        resolved.apply_file(path)?;
    }
    let named = [&environment.config_file, &dotenv.config_file].into_iter().flatten().next().cloned();
    if let Some(path) = given.file.or(named) {
        resolved.apply_file(&path)?;
    }
    resolved.apply_variables(dotenv)?;
    resolved.apply_variables(environment)?;
    for (option, value) in given.flags {
        let name = format!("--{}", option.name);
        resolved.set(option, &name, &value, Origin::Flag(option.name))?;
    }
    Ok(resolved)
}

impl Resolved {
    /// Where the value of an option came from.
    pub(crate) fn origin(&self, option: &OptionSpec) -> Origin {
        self.origins.get(option.name).cloned().unwrap_or(Origin::Default)
    }

    fn apply_file(&mut self, path: &Path) -> Result<(), ConfigError> {
        let mut layer = Layer::default();
        for entry in file::read(path)? {
            let origin = Origin::File { path: path.to_owned(), key: entry.key.clone() };
            match entry.meaning {
                file::Meaning::Ours(option) => {
                    layer.set(self, option, &entry.key, &entry.value, origin)?;
                }
                file::Meaning::Chroma(row) => {
                    layer.apply_foreign(self, row, &entry.key, &entry.value, origin)?;
                }
            }
        }
        Ok(())
    }

    /// Names of a standard first, then Chroma's, so that ours override them within one layer.
    fn apply_variables(&mut self, variables: Variables) -> Result<(), ConfigError> {
        for (row, name, value) in variables.standard {
            // Each in a layer of its own: the standard says which of two names goes first.
            let origin = (variables.origin)(name.clone());
            Layer::default().apply_foreign(self, row, &name, &value, origin)?;
        }
        let mut layer = Layer::default();
        for (row, name, value) in variables.chroma {
            layer.apply_foreign(self, row, &name, &value, (variables.origin)(name.clone()))?;
        }
        for (option, name, value) in variables.ours {
            self.set(option, &name, &value, (variables.origin)(name.clone()))?;
        }
        for name in variables.stray {
            self.notices.push(format!("{name} is not a setting of HueDB and has no effect"));
        }
        Ok(())
    }

    fn set(
        &mut self,
        option: &'static OptionSpec,
        name: &str,
        value: &str,
        origin: Origin,
    ) -> Result<(), ConfigError> {
        option.kind.set(&mut self.settings, value).map_err(|reason| {
            let value = if option.secret { "..." } else { value };
            ConfigError::BadValue { name: name.to_owned(), value: value.to_owned(), reason }
        })?;
        self.origins.insert(option.name, origin);
        Ok(())
    }
}

/// Names that one layer has used, so that two names for one option cannot silently overrule each
/// other.
#[derive(Default)]
struct Layer {
    used: BTreeMap<&'static str, String>,
}

impl Layer {
    fn apply_foreign(
        &mut self,
        resolved: &mut Resolved,
        row: &'static chroma_env::Row,
        name: &str,
        value: &str,
        origin: Origin,
    ) -> Result<(), ConfigError> {
        match row.judge(value) {
            Outcome::Nothing => Ok(()),
            Outcome::Notice(reason) => {
                resolved.notices.push(format!("{name} has no effect: {reason}"));
                Ok(())
            }
            Outcome::Refused(reason) => Err(ConfigError::Refused { name: name.to_owned(), reason }),
            Outcome::BadValue(reason) => {
                Err(ConfigError::BadValue { name: name.to_owned(), value: value.to_owned(), reason })
            }
            Outcome::SetTo(option, word) => match options::option_named(option) {
                Some(option) => self.set(resolved, option, name, word, origin),
                None => Ok(()),
            },
            Outcome::Set(option) => match options::option_named(option) {
                Some(option) => self.set(resolved, option, name, value, origin),
                None => Ok(()),
            },
        }
    }

    fn set(
        &mut self,
        resolved: &mut Resolved,
        option: &'static OptionSpec,
        name: &str,
        value: &str,
        origin: Origin,
    ) -> Result<(), ConfigError> {
        let before = option.kind.show(&resolved.settings);
        resolved.set(option, name, value, origin)?;
        match self.used.insert(option.name, name.to_owned()) {
            Some(first) if before != option.kind.show(&resolved.settings) => {
                Err(ConfigError::Disagree { first, second: name.to_owned(), option: option.name })
            }
            _ => Ok(()),
        }
    }
}

/// The variables of one place, by what they stand for.
struct Variables {
    config_file: Option<PathBuf>,
    defaults_file: Option<PathBuf>,
    ours: Vec<(&'static OptionSpec, String, String)>,
    chroma: Vec<(&'static chroma_env::Row, String, String)>,
    standard: Vec<(&'static chroma_env::Row, String, String)>,
    stray: Vec<String>,
    origin: fn(String) -> Origin,
}

impl Variables {
    /// Variables without a value count as unset: compose files pass on what they do not have.
    fn sort(
        given: Vec<(String, String)>,
        place: &'static str,
        origin: fn(String) -> Origin,
    ) -> Result<Self, ConfigError> {
        let mut sorted = Self {
            config_file: None,
            defaults_file: None,
            ours: Vec::new(),
            chroma: Vec::new(),
            standard: Vec::new(),
            stray: Vec::new(),
            origin,
        };
        for (name, value) in given {
            if value.trim().is_empty() {
                continue;
            }
            match environment::meaning(&name, &value, place)? {
                Meaning::Ours(option) => sorted.ours.push((option, name, value)),
                Meaning::ConfigFile => sorted.config_file = Some(PathBuf::from(value)),
                Meaning::DefaultsFile => sorted.defaults_file = Some(PathBuf::from(value)),
                Meaning::Chroma(row) => sorted.chroma.push((row, name, value)),
                Meaning::Standard(row) => sorted.standard.push((row, name, value)),
                Meaning::Stray => sorted.stray.push(name),
                Meaning::Foreign => {}
            }
        }
        sorted.standard.sort_by_key(|(row, ..)| otel_env::place_of(row));
        Ok(sorted)
    }
}

#[cfg(test)]
mod tests;
