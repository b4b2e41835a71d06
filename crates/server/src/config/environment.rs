//! Names of the environment and of a `.env` file: which are ours, which Chroma's, which nobody's.

use std::path::Path;

use super::{
    chroma_env,
    chroma_env::Row,
    error::ConfigError,
    options::{OPTIONS, OptionSpec},
    otel_env,
    suggest::nearest,
};

/// Names the configuration file; a flag can do so as well.
pub(crate) const CONFIG_FILE: &str = "HUEDB_CONFIG";

/// Names a file of defaults, read before the configuration file: for whoever packages the server.
pub(crate) const DEFAULTS_FILE: &str = "HUEDB_DEFAULTS";

/// An unknown `HUEDB_*` name at least this like a known one is taken for a misspelling. Others belong
/// to something around the server, such as scripts that start it.
const MISSPELT_LIKENESS: f64 = 0.6;

/// What a name in the environment stands for.
#[derive(Debug)]
pub(crate) enum Meaning {
    Ours(&'static OptionSpec),
    ConfigFile,
    DefaultsFile,
    Chroma(&'static Row),
    /// A name of OpenTelemetry.
    Standard(&'static Row),
    /// Looks like ours, is not; worth a line at the start.
    Stray,
    Foreign,
}

/// Says what one variable stands for.
///
/// # Errors
/// [`ConfigError::UnknownName`] for a name that is or looks like a misspelt setting.
pub(crate) fn meaning(name: &str, value: &str, place: &'static str) -> Result<Meaning, ConfigError> {
    let upper = name.to_ascii_uppercase();
    if is_service_link(&upper, value) {
        return Ok(Meaning::Foreign);
    }
    if let Some(row) = chroma_env::row_for_environment(&upper) {
        return Ok(Meaning::Chroma(row));
    }
    if let Some(option) = OPTIONS.iter().find(|option| option.environment == name) {
        return Ok(Meaning::Ours(option));
    }
    if name == CONFIG_FILE {
        return Ok(Meaning::ConfigFile);
    }
    if name == DEFAULTS_FILE {
        return Ok(Meaning::DefaultsFile);
    }
    if let Some(row) = otel_env::row_for(name) {
        return Ok(Meaning::Standard(row));
    }
    let unknown = |nearest: String| ConfigError::UnknownName { name: name.to_owned(), place, nearest };
    if upper.starts_with("CHROMA_") {
        let (nearest, _) = nearest(&upper, chroma_env::environment_names()).unwrap_or_default();
        return Err(unknown(nearest));
    }
    let Some(ours) = upper.strip_prefix("HUEDB_") else { return Ok(Meaning::Foreign) };
    let known = OPTIONS.iter().map(|option| option.environment).chain([CONFIG_FILE, DEFAULTS_FILE]);
    let known = known.filter_map(|name| name.strip_prefix("HUEDB_")).map(str::to_owned);
    match nearest(ours, known) {
        Some((nearest, likeness)) if likeness >= MISSPELT_LIKENESS => {
            Err(unknown(format!("HUEDB_{nearest}")))
        }
        _ => Ok(Meaning::Stray),
    }
}

/// Kubernetes describes each service to every container of its namespace in variables that begin with
/// the service's name, which is often `chroma` or `huedb`.
fn is_service_link(upper: &str, value: &str) -> bool {
    let is_transport = |rest: &str| {
        let rest = rest.trim_start_matches(|digit: char| digit.is_ascii_digit());
        ["_TCP", "_UDP", "_SCTP"].iter().any(|transport| rest.starts_with(transport))
    };
    upper.ends_with("_SERVICE_HOST")
        || upper.ends_with("_SERVICE_PORT")
        || upper.contains("_SERVICE_PORT_")
        || (upper.ends_with("_PORT") && value.contains("://"))
        || upper.rsplit_once("_PORT_").is_some_and(|(_, rest)| is_transport(rest))
}

/// The variables of this process. Values that are not Unicode are shown with replacement characters.
pub(crate) fn of_process() -> Vec<(String, String)> {
    std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
        .collect()
}

/// The variables of a `.env` file, none if there is no such file.
///
/// # Errors
/// [`ConfigError::File`] when it exists and cannot be read.
pub(crate) fn of_dotenv(path: &Path) -> Result<Vec<(String, String)>, ConfigError> {
    // A directory of that name is somebody's Python environment.
    if !path.is_file() {
        return Ok(Vec::new());
    }
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text.lines().filter_map(dotenv_line).collect()),
        Err(error) => Err(ConfigError::File { path: path.to_owned(), reason: error.to_string() }),
    }
}

fn dotenv_line(line: &str) -> Option<(String, String)> {
    let line = line.trim();
    let line = line.strip_prefix("export ").unwrap_or(line);
    if line.starts_with('#') {
        return None;
    }
    let (name, value) = line.split_once('=')?;
    let value = value.trim();
    let quoted = ['"', '\''].iter().find_map(|quote| {
        let inner = value.strip_prefix(*quote)?;
        inner.split_once(*quote).map(|(inner, _)| inner)
    });
    let unquoted = || value.split_once(" #").map_or(value, |(value, _)| value.trim_end());
    Some((name.trim().to_owned(), quoted.unwrap_or_else(unquoted).to_owned()))
}

#[cfg(test)]
mod tests;
