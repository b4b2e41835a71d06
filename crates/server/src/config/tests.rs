//! Layers of configuration, on top of each other.

use std::path::Path;

use super::*;
use crate::config::options::option_named;

#[derive(Default)]
struct Case<'a> {
    file: Option<&'a str>,
    dotenv: &'a [(&'a str, &'a str)],
    environment: &'a [(&'a str, &'a str)],
    flags: &'a [(&'a str, &'a str)],
}

fn owned(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

impl Case<'_> {
    fn resolve_in(&self, directory: &Path) -> Result<Resolved, ConfigError> {
        let file = self.file.map(|text| {
            let path = directory.join("x.yaml");
            std::fs::write(&path, text).unwrap();
            path
        });
        let flags = self.flags.iter().map(|(name, value)| (option_named(name).unwrap(), (*value).to_owned()));
        let (dotenv, environment) = (owned(self.dotenv), owned(self.environment));
        resolve(Given { file, dotenv, environment, flags: flags.collect(), ..Given::default() })
    }

    fn resolve(&self) -> Result<Resolved, ConfigError> {
        self.resolve_in(tempfile::tempdir().unwrap().path())
    }

    /// Checks one option's value and where it came from.
    #[track_caller]
    fn check(&self, option: &str, value: &str, origin: &str) {
        let resolved = self.resolve().unwrap();
        let option = option_named(option).unwrap();
        assert_eq!(option.kind.show(&resolved.settings), value);
        let actual = resolved.origin(option).to_string();
        assert!(actual.starts_with(origin), "origin=`{actual}`");
    }

    #[track_caller]
    fn check_refused(&self, expected: &str) {
        let text = self.resolve().unwrap_err().to_string();
        assert!(text.starts_with(expected), "text=`{text}`");
        assert!(text.lines().count() <= 2, "text=`{text}`");
    }
}

#[test]
fn flags_go_before_the_environment_before_dotenv_before_the_file_before_defaults() {
    let file = Some("port: 1");
    let dotenv = &[("HUEDB_PORT", "2")];
    let chroma = &[("CHROMA_PORT", "3")];
    let both = &[("HUEDB_PORT", "4"), ("CHROMA_PORT", "3")];
    let flags = &[("port", "5")];
    Case::default().check("port", "8000", "default");
    Case { file, ..Case::default() }.check("port", "1", "port in ");
    Case { file, dotenv, ..Case::default() }.check("port", "2", "HUEDB_PORT in .env");
    Case { file, dotenv, environment: chroma, ..Case::default() }.check(
        "port",
        "3",
        "CHROMA_PORT in the environment",
    );
    Case { file, dotenv, environment: both, ..Case::default() }.check(
        "port",
        "4",
        "HUEDB_PORT in the environment",
    );
    Case { file, dotenv, environment: both, flags }.check("port", "5", "--port");
}

#[test]
fn layers_that_set_different_options_add_up() {
    let case = Case {
        file: Some("persist_path: /data"),
        dotenv: &[("ALLOW_RESET", "yes")],
        environment: &[("CHROMA_SERVER_CORS_ALLOW_ORIGINS", "[\"http://a\"]")],
        flags: &[("host", "::1")],
    };
    let settings = case.resolve().unwrap().settings;
    let expected = Settings {
        path: "/data".into(),
        allow_reset: true,
        cors_allow_origins: vec!["http://a".to_owned()],
        host: "::1".to_owned(),
        ..Settings::defaults()
    };
    assert_eq!(settings, expected);
}

#[test]
fn the_environment_can_name_the_file_and_an_argument_overrules_it() {
    let directory = tempfile::tempdir().unwrap();
    let other = directory.path().join("other.yaml");
    std::fs::write(&other, "port: 7").unwrap();
    let environment = &[("HUEDB_CONFIG", other.to_str().unwrap())];
    Case { environment, ..Case::default() }.check("port", "7", "port in ");
    Case { environment, file: Some("port: 8"), ..Case::default() }.check("port", "8", "port in ");
    Case { dotenv: environment, ..Case::default() }.check("port", "7", "port in ");
}

#[test]
fn a_packagers_defaults_lie_below_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let defaults = directory.path().join("defaults.yaml");
    std::fs::write(&defaults, "host: 0.0.0.0\nport: 1").unwrap();
    let environment = &[("HUEDB_DEFAULTS", defaults.to_str().unwrap())];
    let case = || Case { environment, file: Some("port: 2"), ..Case::default() };
    case().check("host", "0.0.0.0", "host in ");
    case().check("port", "2", "port in ");
    let chroma = Some("listen_address: ::1");
    Case { environment, file: chroma, ..Case::default() }.check("host", "::1", "listen_address in ");
}

#[test]
fn empty_variables_count_as_unset() {
    let environment = &[
        ("CHROMA_SERVER_AUTHN_CREDENTIALS", ""),
        ("CHROMA_SERVER_AUTHN_PROVIDER", " "),
        ("CHROMA_OTEL_COLLECTION_ENDPOINT", ""),
        ("ALLOW_RESET", ""),
        ("HUEDB_PORT", ""),
        ("HUEDB_CONFIG", ""),
    ];
    let resolved = Case { environment, ..Case::default() }.resolve().unwrap();
    assert_eq!(resolved.settings, Settings::defaults());
    assert_eq!(resolved.notices, Vec::<String>::new());
}

#[test]
fn two_names_for_one_option_must_agree() {
    let agree = &[("PERSIST_DIRECTORY", "/a"), ("CHROMA_PERSIST_PATH", "/a")];
    Case { environment: agree, ..Case::default() }.check("path", "/a", "CHROMA_PERSIST_PATH in");
    let disagree = &[("PERSIST_DIRECTORY", "/a"), ("CHROMA_PERSIST_PATH", "/b")];
    Case { environment: disagree, ..Case::default() }
        .check_refused("PERSIST_DIRECTORY and CHROMA_PERSIST_PATH disagree about `path`");
    Case { file: Some("host: a\nlisten_address: b"), ..Case::default() }
        .check_refused("host and listen_address disagree about `host`");
}

#[test]
fn the_seeds_compose_file_starts_without_a_note() {
    let environment = &[
        ("IS_PERSISTENT", "TRUE"),
        ("CHROMA_SERVER_AUTHN_PROVIDER", ""),
        ("CHROMA_SERVER_AUTHN_CREDENTIALS_FILE", ""),
        ("CHROMA_SERVER_AUTHN_CREDENTIALS", ""),
        ("CHROMA_AUTH_TOKEN_TRANSPORT_HEADER", ""),
        ("PERSIST_DIRECTORY", "/chroma/chroma"),
        ("CHROMA_OTEL_EXPORTER_ENDPOINT", "http://otel-collector:4317/"),
        ("CHROMA_OTEL_EXPORTER_HEADERS", "{}"),
        ("CHROMA_OTEL_SERVICE_NAME", "chroma"),
        ("CHROMA_OTEL_GRANULARITY", "all"),
        ("CHROMA_SERVER_NOFILE", "65536"),
    ];
    let resolved = Case { environment, ..Case::default() }.resolve().unwrap();
    assert_eq!(resolved.settings.path, Path::new("/chroma/chroma"));
    let telemetry = &resolved.settings.telemetry;
    assert_eq!(telemetry.otel_endpoint, "http://otel-collector:4317/");
    assert_eq!((telemetry.otel_granularity, telemetry.otel_service_name.as_str()), ("all", "chroma"));
    assert_eq!(resolved.notices, [""; 0]);
}

#[test]
fn wrong_configurations_are_refused_in_one_or_two_lines() {
    let environment = |environment| Case { environment, ..Case::default() };
    environment(&[("CHROMA_SERVER_AUTHN_PROVIDER", "my.Ldap")]).check_refused(
        "CHROMA_SERVER_AUTHN_PROVIDER cannot be `my.Ldap` because it is none of chromadb.auth.",
    );
    environment(&[("CHROMA_SERVER_AUTHN_PROVIDR", "x")]).check_refused(
        "unknown setting CHROMA_SERVER_AUTHN_PROVIDR in the environment\n\
         The nearest known name is CHROMA_SERVER_AUTHN_PROVIDER;",
    );
    environment(&[("CHROMA_PORT", "80000")])
        .check_refused("CHROMA_PORT cannot be `80000` because it is not a port number");
    environment(&[("HUEDB_BODY_BYTES_MAX", "1 furlong")])
        .check_refused("HUEDB_BODY_BYTES_MAX cannot be `1 furlong` because it is not a number of bytes");
    environment(&[("IS_PERSISTENT", "maybe")])
        .check_refused("IS_PERSISTENT cannot be `maybe` because it is neither true nor false");
    Case { dotenv: &[("CHROMA_PRT", "1")], ..Case::default() }
        .check_refused("unknown setting CHROMA_PRT in the .env file");
    Case { flags: &[("port", "x")], ..Case::default() }.check_refused("--port cannot be `x`");
    Case { file: Some("port: x"), ..Case::default() }.check_refused("port cannot be `x`");
}

#[test]
fn a_refusal_never_quotes_credentials() {
    let environment = &[
        ("CHROMA_SERVER_AUTHN_CREDENTIALS", "admin:hunter2"),
        ("CHROMA_SERVER_AUTH_CREDENTIALS", "admin:hunter3"),
    ];
    let error = Case { environment, ..Case::default() }.resolve().unwrap_err();
    assert!(matches!(error, ConfigError::Disagree { option: "auth-credentials", .. }), "{error}");
    assert!(!format!("{error}{error:?}").contains("hunter"), "text=`{error}`");
    let resolved = Case { environment: &environment[..1], ..Case::default() }.resolve().unwrap();
    assert!(!format!("{resolved:?}").contains("hunter"));
}

#[test]
fn names_that_have_no_effect_are_mentioned() {
    let environment = &[("IS_PERSISTENT", "0"), ("HUEDB_QQQQ", "1")];
    let notices = Case { environment, ..Case::default() }.resolve().unwrap().notices;
    assert_eq!(notices.len(), 2);
    assert!(notices[0].starts_with("IS_PERSISTENT has no effect: data is kept on disk anyway"));
    assert_eq!(notices[1], "HUEDB_QQQQ is not a setting of HueDB and has no effect");
}
