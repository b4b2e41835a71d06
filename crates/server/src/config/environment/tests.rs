//! Which variables concern the server.

use super::*;

#[track_caller]
fn check(name: &str, value: &str, expected: &str) {
    let actual = match meaning(name, value, "environment") {
        Ok(Meaning::Ours(option)) => format!("option {}", option.name),
        Ok(Meaning::ConfigFile) => "file".to_owned(),
        Ok(Meaning::DefaultsFile) => "defaults".to_owned(),
        Ok(Meaning::Chroma(row)) => format!("chroma {}", row.name),
        Ok(Meaning::Standard(row)) => format!("standard {}", row.name),
        Ok(Meaning::Stray) => "stray".to_owned(),
        Ok(Meaning::Foreign) => "foreign".to_owned(),
        Err(ConfigError::UnknownName { nearest, .. }) => format!("unknown, like {nearest}"),
        Err(error) => error.to_string(),
    };
    assert_eq!(actual, expected, "{name}={value}");
}

#[test]
fn ours_chromas_and_everybody_elses_are_told_apart() {
    check("HUEDB_PORT", "1", "option port");
    check("HUEDB_MEMTABLE_BYTES", "1", "option memtable-bytes-max");
    check("HUEDB_CONFIG", "a.yaml", "file");
    check("HUEDB_DEFAULTS", "a.yaml", "defaults");
    check("CHROMA_PORT", "1", "chroma port");
    check("is_persistent", "1", "chroma IS_PERSISTENT");
    check("OTEL_SERVICE_NAME", "a", "standard OTEL_SERVICE_NAME");
    check("OTEL_GO_X_EXEMPLAR", "a", "foreign");
    check("PATH", "/bin", "foreign");
    check("HUEDBX", "1", "foreign");
}

#[test]
fn a_misspelt_name_is_answered_with_the_nearest_one() {
    check("CHROMA_SERVER_AUTHN_CREDENTIAL", "x", "unknown, like CHROMA_SERVER_AUTHN_CREDENTIALS");
    check("CHROMA_ALOW_RESET", "x", "unknown, like CHROMA_ALLOW_RESET");
    check("CHROMA_PERSIST_DIRECTORY", "x", "unknown, like PERSIST_DIRECTORY");
    check("chroma_prot", "1", "unknown, like CHROMA_PORT");
    check("HUEDB_PROT", "1", "unknown, like HUEDB_PORT");
    check("HUEDB_BODY_BYTES", "1", "unknown, like HUEDB_BODY_BYTES_MAX");
    check("HUEDB_MEMTABLE_BYTES_MAX", "1", "unknown, like HUEDB_MEMTABLE_BYTES");
}

#[test]
fn names_that_only_share_our_prefix_are_mentioned_and_ignored() {
    for name in ["HUEDB_CACHE", "HUEDB_RECORD", "HUEDB_DESELECT", "HUEDB_X"] {
        check(name, "1", "stray");
    }
}

#[test]
fn variables_that_kubernetes_makes_of_a_service_are_nobodys() {
    check("CHROMA_SERVICE_HOST", "10.0.0.1", "foreign");
    check("CHROMA_SERVICE_PORT", "8000", "foreign");
    check("CHROMA_SERVICE_PORT_HTTP", "8000", "foreign");
    check("CHROMA_PORT", "tcp://10.0.0.1:8000", "foreign");
    check("CHROMA_PORT_8000_TCP", "tcp://10.0.0.1:8000", "foreign");
    check("CHROMA_PORT_8000_TCP_ADDR", "10.0.0.1", "foreign");
    check("HUEDB_PORT", "tcp://10.0.0.1:8000", "foreign");
    check("HUEDB_DB_PORT_8000_UDP_PROTO", "udp", "foreign");
    check("CHROMA_PORT_NUMBER", "8000", "unknown, like CHROMA_PORT");
}

#[test]
fn a_dotenv_line_is_a_name_and_a_value() {
    let cases = [
        ("A=b", Some(("A", "b"))),
        ("  A = b ", Some(("A", "b"))),
        ("export A=b", Some(("A", "b"))),
        ("A=\"b # c\" # d", Some(("A", "b # c"))),
        ("A='b'", Some(("A", "b"))),
        ("A=b # c", Some(("A", "b"))),
        ("A=b#c", Some(("A", "b#c"))),
        ("A=", Some(("A", ""))),
        ("A=b=c", Some(("A", "b=c"))),
        ("A=\"b", Some(("A", "\"b"))),
        ("# A=b", None),
        ("", None),
        ("A", None),
    ];
    for (line, expected) in cases {
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(dotenv_line(line), expected, "line=`{line}`");
    }
}

#[test]
fn a_missing_dotenv_file_is_an_empty_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(".env");
    assert_eq!(of_dotenv(&path), Ok(Vec::new()));
    std::fs::write(&path, "A=b\n\n#x\nC='d'\n").unwrap();
    let both = [("A", "b"), ("C", "d")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(of_dotenv(&path), Ok(both.to_vec()));
    assert_eq!(of_dotenv(directory.path()), Ok(Vec::new()));
    std::fs::write(&path, b"\xff=\xff").unwrap();
    assert!(matches!(of_dotenv(&path), Err(ConfigError::File { .. })));
}
