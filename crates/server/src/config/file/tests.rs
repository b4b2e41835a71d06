//! What a configuration file may hold.

use super::*;

/// `expected` is a line per entry, or the error.
#[track_caller]
fn check(text: &str, expected: &str) {
    let actual = match parse(text, Path::new("x.yaml")) {
        Ok(entries) => entries
            .iter()
            .map(|Entry { key, value, meaning }| match meaning {
                Meaning::Ours(option) => format!("{key}={value} -> {}", option.name),
                Meaning::Chroma(row) => format!("{key}={value} -> chroma {}", row.name),
            })
            .collect::<Vec<_>>()
            .join("\n"),
        Err(error) => error.to_string(),
    };
    assert!(actual.starts_with(expected), "text=`{text}` actual=`{actual}`");
    assert_eq!(actual.is_empty(), expected.is_empty(), "text=`{text}` actual=`{actual}`");
}

#[test]
fn keys_are_those_of_the_options_and_of_chroma() {
    check(
        "path: /data\nport: 9000\nallow-reset: true\nbody_bytes_max: 40MB\nlisten_address: 0.0.0.0\n\
         cors_allow_origins: [\"http://a\", \"http://b\"]\nsqlite_filename: x\n",
        "path=/data -> path\nport=9000 -> port\nallow-reset=true -> allow-reset\n\
         body_bytes_max=40MB -> body-bytes-max\nlisten_address=0.0.0.0 -> chroma listen_address\n\
         cors_allow_origins=[\"http://a\",\"http://b\"] -> cors-allow-origins\n\
         sqlite_filename=x -> chroma sqlite_filename",
    );
}

#[test]
fn nested_keys_of_chroma_are_accepted() {
    check(
        "open_telemetry:\n  endpoint: http://a\n  filters: [{crate_name: x, filter_level: y}]\n\
         scorecard:\n- {patterns: [a], score: 1}\n",
        "open_telemetry.endpoint=http://a -> chroma open_telemetry.endpoint\n\
         open_telemetry.filters= -> chroma open_telemetry.filters\nscorecard= -> chroma scorecard",
    );
}

#[test]
fn an_empty_file_and_empty_keys_set_nothing() {
    check("", "");
    check("# only a comment\n", "");
    check("path:\nport: ~\n", "");
}

#[test]
fn anything_else_is_refused_with_the_reason() {
    check("prot: 1", "unknown key `prot` in x.yaml\nThe nearest known key is `port`;");
    check(
        "max_payload_size: 1",
        "unknown key `max_payload_size` in x.yaml\nThe nearest known key is `max_payload_size_bytes`;",
    );
    check("port: {a: 1}", "port cannot be `{...}` because it is neither a plain value nor a list");
    check("listen_address: {a: 1}", "listen_address cannot be `{...}` because");
    check("- port", "cannot read the configuration file x.yaml: it does not hold `key: value` lines");
    check("just text", "cannot read the configuration file x.yaml: it does not hold");
    check("1: 2", "cannot read the configuration file x.yaml: a key is not text");
    check("port: [1", "cannot read the configuration file x.yaml: ");
    check("port: 1\nport: 2", "cannot read the configuration file x.yaml: ");
}

#[test]
fn a_huge_file_is_not_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("huge.yaml");
    std::fs::File::create(&path).unwrap().set_len(FILE_BYTES_MAX + 1).unwrap();
    assert!(read(&path).unwrap_err().to_string().ends_with("it is larger than 1 MiB"));
    assert!(read(directory.path().join("missing.yaml").as_path()).is_err());
}
