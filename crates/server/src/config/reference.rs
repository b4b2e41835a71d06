//! Writes `docs/configuration.md` and the short list of options from the tables.

use std::fmt::Write as _;

use super::{
    chroma_env::{ENVIRONMENT, Effect, FILE_KEYS, Row},
    options::{OPTIONS, OptionSpec},
    otel_env::STANDARD,
};

/// Headings of the option table, in the order in which they first appear.
pub(crate) fn groups() -> Vec<&'static str> {
    let mut groups = Vec::new();
    for option in OPTIONS {
        if !groups.contains(&option.group) {
            groups.push(option.group);
        }
    }
    groups
}

/// Options of one group, in table order.
pub(crate) fn options_in(group: &str) -> impl Iterator<Item = &'static OptionSpec> {
    OPTIONS.iter().filter(move |option| option.group == group)
}

/// The text of `docs/configuration.md`.
pub(crate) fn page() -> String {
    let mut page = String::from(INTRODUCTION);
    for group in groups() {
        let _ = write!(page, "\n### {group}\n");
        for option in options_in(group) {
            write_option(&mut page, option);
        }
    }
    page.push_str(CHROMA);
    write_rows(&mut page, "Variable", "In Chroma", ENVIRONMENT);
    page.push_str(CHROMA_FILE);
    write_rows(&mut page, "Key", "In Chroma", FILE_KEYS);
    page.push_str(OPEN_TELEMETRY);
    write_rows(&mut page, "Variable", "In the specification", STANDARD);
    page
}

/// One line per option: flag, variable, default, summary. The key of the file is the flag's name.
pub(crate) fn list() -> String {
    let mut list = String::new();
    for group in groups() {
        let _ = writeln!(list, "{group}");
        for OptionSpec { name, environment, default, summary, .. } in options_in(group) {
            let _ = writeln!(list, "  --{name:<20} {environment:<26} {default:<14} {summary}");
        }
    }
    list
}

fn write_option(page: &mut String, option: &OptionSpec) {
    let OptionSpec { name, environment, default, summary, detail, .. } = option;
    let flag = if option.secret { "no flag".to_owned() } else { format!("`--{name}`") };
    let _ = write!(page, "\n#### {name}\n\n{summary}.\n");
    if !detail.is_empty() {
        let _ = writeln!(page, "{detail}");
    }
    let key = name.replace('-', "_");
    let when = if option.restart { "at the next start" } else { "at once" };
    let default = if default.is_empty() { "none".to_owned() } else { format!("`{default}`") };
    let _ = write!(
        page,
        "\n- Flag {flag}, environment `{environment}`, file key `{key}`\n- Value: {}\n- Default: {default}\n- A \
         change takes effect {when}.\n",
        option.kind.describe(),
    );
}

fn write_rows(page: &mut String, heading: &str, theirs: &str, rows: &[Row]) {
    let _ = write!(page, "\n| {heading} | {theirs} | Here |\n|---|---|---|\n");
    for row in rows {
        let here = match row.effect {
            Effect::Sets(option) => format!("sets `{option}`"),
            Effect::Translates(option, words) => {
                let words: Vec<_> =
                    words.iter().map(|(theirs, ours)| format!("`{theirs}` ({ours})")).collect();
                format!("sets `{option}`: {}", words.join(", "))
            }
            Effect::Nothing(reason) => format!("accepted, no effect: {reason}"),
            Effect::Warns(reason) => format!("accepted with a note at the start: {reason}"),
            Effect::WarnsWhenFalse(reason) => format!("false is accepted with a note at the start: {reason}"),
            Effect::Refused(reason) => format!("stops the start: {reason}"),
        };
        let _ = writeln!(page, "| `{}` | {} | {here} |", row.name, row.meaning);
    }
}

const INTRODUCTION: &str = "\
# Configuration

<!-- Written by `huedb config docs` from the option table; edit the table, not this page. -->

Every option can be given as a flag, in the environment or in a YAML file.
A flag overrides the environment, the environment overrides a `.env` file in the working directory, that overrides the configuration file, and the file overrides the default.
`huedb config print` shows the values in force and where each came from; it takes the same flags as `huedb run`.

The file is named by `--config FILE`, by the first argument of `huedb run`, or by `HUEDB_CONFIG`:

```yaml
path: /var/lib/huedb
host: 0.0.0.0
body_bytes_max: 64MiB
cors_allow_origins: [\"https://app.example.com\"]
```

`HUEDB_DEFAULTS` names a file of the same form that whoever packages the server puts below all of these; the Docker image has one.

Empty variables count as unset.
An unknown key of the file, an unknown `CHROMA_*` variable, a misspelt `HUEDB_*` variable and a value that does not fit stop the start with exit code 2 and name the nearest known one.
Variables that Kubernetes derives from services (`CHROMA_SERVICE_HOST`, `HUEDB_PORT=tcp://...`) are left alone.

## Options
";

const CHROMA: &str = "
## Settings of Chroma

Servers that were set up for Chroma start as they are.
Names of the environment are read in any letter case, and booleans in every spelling that Chroma reads.
Where `HUEDB_*` and a Chroma name set the same option, `HUEDB_*` wins; two Chroma names that disagree stop the start.
Variables of the form `CHROMA_*_API_KEY` belong to embedding providers and are left alone.

### Environment
";

const CHROMA_FILE: &str = "
### Keys of a Chroma 1.x file

The same keys are read from the environment as `CHROMA_` followed by the key in capitals, with `__` between the levels of a nested one.
";

const OPEN_TELEMETRY: &str = "
## Variables of OpenTelemetry

What is set by a name of ours or of Chroma goes before these.
Other variables that begin with `OTEL_` are left alone.
";

#[cfg(test)]
mod tests;
