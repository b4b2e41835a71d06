//! Chroma's settings and what becomes of them.

use std::collections::BTreeSet;

use super::*;
use crate::config::options::{Settings, option_named};

#[track_caller]
fn check(name: &str, value: &str, expected: &Outcome) {
    let row = row_for_environment(name).unwrap_or_else(|| panic!("{name} is not known"));
    assert_eq!(row.judge(value), *expected, "{name}={value}");
}

fn bad(reason: &str) -> Outcome {
    Outcome::BadValue(reason.to_owned())
}

#[test]
fn names_of_both_generations_set_options() {
    let cases = [
        ("PERSIST_DIRECTORY", "/data", "path"),
        ("CHROMA_PERSIST_PATH", "/data", "path"),
        ("ALLOW_RESET", "TRUE", "allow-reset"),
        ("CHROMA_ALLOW_RESET", "true", "allow-reset"),
        ("CHROMA_SERVER_CORS_ALLOW_ORIGINS", r#"["*"]"#, "cors-allow-origins"),
        ("CHROMA_CORS_ALLOW_ORIGINS", r#"["http://a"]"#, "cors-allow-origins"),
        ("CHROMA_HOST_ADDR", "0.0.0.0", "host"),
        ("CHROMA_LISTEN_ADDRESS", "0.0.0.0", "host"),
        ("CHROMA_HOST_PORT", "8001", "port"),
        ("CHROMA_PORT", "8001", "port"),
        ("CHROMA_MAX_PAYLOAD_SIZE_BYTES", "41943040", "body-bytes-max"),
    ];
    for (name, value, option) in cases {
        check(name, value, &Outcome::Set(option));
        let kind = option_named(option).unwrap().kind;
        assert_eq!(kind.set(&mut Settings::defaults(), value), Ok(()), "{name}={value}");
    }
}

#[test]
fn letter_case_does_not_matter() {
    check("persist_directory", "/data", &Outcome::Set("path"));
    check("Chroma_Port", "1", &Outcome::Set("port"));
}

#[test]
fn settings_without_counterpart_are_accepted_if_their_value_makes_sense() {
    let words = "is none of none, operation, operation_and_segment, all";
    let cases = [
        ("ANONYMIZED_TELEMETRY", "False", Outcome::Nothing),
        ("ANONYMIZED_TELEMETRY", "2", bad("is neither true nor false")),
        ("CHROMA_SERVER_NOFILE", "65536", Outcome::Set("open-files")),
        ("CHROMA_SERVER_NOFILE", "many", bad("is not a whole number")),
        ("CHROMA_OTEL_GRANULARITY", "all", Outcome::Set("otel-granularity")),
        ("CHROMA_OTEL_EXPORTER_HEADERS", "{}", Outcome::Nothing),
        ("CHROMA_OTEL_COLLECTION_HEADERS", " { } ", Outcome::Nothing),
        ("CHROMA_OTEL_COLLECTION_HEADERS", r#"{"a": "b"}"#, Outcome::Set("otel-headers")),
        ("CHROMA_OTEL_GRANULARITY", "ALL", bad(words)),
        ("CHROMA_SQLITE_FILENAME", "x.sqlite3", Outcome::Nothing),
        ("CHROMA_SQLITEDB__HASH_TYPE", "md5", Outcome::Nothing),
        ("CHROMA_API_IMPL", "chromadb.api.segment.SegmentAPI", Outcome::Nothing),
        ("MIGRATIONS", "apply", Outcome::Nothing),
        ("CHROMA_WORKERS", "1", Outcome::Nothing),
    ];
    for (name, value, expected) in cases {
        check(name, value, &expected);
    }
}

#[test]
fn settings_of_clients_are_left_alone() {
    let names = [
        "CHROMA_CLIENT_AUTH_PROVIDER",
        "CHROMA_CLIENT_AUTH_CREDENTIALS",
        "CHROMA_SERVER_HOST",
        "CHROMA_SERVER_HTTP_PORT",
        "CHROMA_API_KEY",
        "CHROMA_OPENAI_API_KEY",
    ];
    for name in names {
        check(name, "anything", &Outcome::Nothing);
    }
}

#[test]
fn a_server_that_should_have_forgotten_says_that_it_does_not() {
    check("IS_PERSISTENT", "1", &Outcome::Nothing);
    let row = row_for_environment("IS_PERSISTENT").unwrap();
    assert!(matches!(row.judge("False"), Outcome::Notice(reason) if reason.contains("kept on disk")));
    check("IS_PERSISTENT", "perhaps", &bad("is neither true nor false"));
}

#[test]
fn an_endpoint_for_traces_is_known_in_every_spelling() {
    let names = [
        "CHROMA_OTEL_COLLECTION_ENDPOINT",
        "CHROMA_OTEL_EXPORTER_ENDPOINT",
        "CHROMA_OPEN_TELEMETRY__ENDPOINT",
    ];
    for name in names {
        check(name, "http://otel:4317", &Outcome::Set("otel-endpoint"));
    }
}

#[test]
fn plug_ins_stop_the_start() {
    for name in ["CHROMA_QUOTA_PROVIDER_IMPL", "CHROMA_RATE_LIMITING_PROVIDER_IMPL"] {
        let row = row_for_environment(name).unwrap();
        assert!(matches!(row.judge("x"), Outcome::Refused(_)), "name={name}");
    }
}

#[test]
fn authentication_has_the_names_of_every_release() {
    let basic = Outcome::SetTo("auth", "basic");
    let token = Outcome::SetTo("auth", "token");
    let roles = Outcome::SetTo("authz", "roles");
    let header = Outcome::SetTo("auth-token-header", "X-Chroma-Token");
    let cases = [
        (
            "CHROMA_SERVER_AUTHN_PROVIDER",
            "chromadb.auth.basic_authn.BasicAuthenticationServerProvider",
            &basic,
        ),
        (
            "CHROMA_SERVER_AUTHN_PROVIDER",
            "chromadb.auth.token_authn.TokenAuthenticationServerProvider",
            &token,
        ),
        ("chroma_server_auth_provider", "chromadb.auth.basic.BasicAuthServerProvider", &basic),
        ("CHROMA_SERVER_AUTH_PROVIDER", "token", &token),
        ("CHROMA_SERVER_AUTHN_CREDENTIALS", "x", &Outcome::Set("auth-credentials")),
        ("CHROMA_SERVER_AUTH_CREDENTIALS_FILE", "x", &Outcome::Set("auth-credentials-file")),
        ("CHROMA_SERVER_AUTH_CREDENTIALS_PROVIDER", "token_config", &Outcome::Nothing),
        (
            "CHROMA_SERVER_AUTHZ_PROVIDER",
            "chromadb.auth.simple_rbac_authz.SimpleRBACAuthorizationProvider",
            &roles,
        ),
        ("CHROMA_SERVER_AUTHZ_CONFIG_FILE", "x", &Outcome::Set("authz-config-file")),
        ("CHROMA_AUTH_TOKEN_TRANSPORT_HEADER", "X-Chroma-Token", &header),
        ("CHROMA_SERVER_AUTH_TOKEN_TRANSPORT_HEADER", "X_CHROMA_TOKEN", &header),
        (
            "CHROMA_OVERWRITE_SINGLETON_TENANT_DATABASE_ACCESS_FROM_AUTH",
            "true",
            &Outcome::Set("auth-own-defaults"),
        ),
    ];
    for (name, value, expected) in cases {
        check(name, value, expected);
    }
}

#[test]
fn a_way_to_authenticate_that_is_not_known_stops_the_start() {
    let cases = [
        ("CHROMA_SERVER_AUTHN_PROVIDER", "my.company.LdapProvider"),
        ("CHROMA_SERVER_AUTHZ_PROVIDER", "my.company.Roles"),
        ("CHROMA_AUTH_TOKEN_TRANSPORT_HEADER", "x-chroma-token"),
        ("CHROMA_SERVER_AUTH_CREDENTIALS_PROVIDER", "my.company.Vault"),
    ];
    for (name, value) in cases {
        let outcome = row_for_environment(name).unwrap().judge(value);
        assert!(matches!(outcome, Outcome::BadValue(_)), "name={name} outcome={outcome:?}");
    }
}

#[test]
fn unknown_names_are_unknown() {
    let names = [
        "CHROMA_SERVER_AUTHN_CREDENTIAL",
        "CHROMA_",
        "CHROMA_PORT__DEEPER",
        "CHROMA_ALLOW_RESETS",
        "PERSIST_DIR",
        "PORT",
    ];
    for name in names {
        assert!(row_for_environment(name).is_none(), "name={name}");
    }
}

#[test]
fn the_tables_hold_each_name_once_and_point_to_options_that_exist() {
    let names: Vec<_> = environment_names().collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    for row in ENVIRONMENT.iter().chain(FILE_KEYS) {
        assert!(!row.meaning.is_empty(), "name={}", row.name);
        match row.effect {
            Effect::Sets(option) => assert!(option_named(option).is_some(), "name={}", row.name),
            Effect::Translates(option, words) => {
                let option = option_named(option).unwrap();
                for (_, word) in words {
                    assert!(option.kind.set(&mut Settings::defaults(), word).is_ok(), "name={}", row.name);
                }
            }
            Effect::Nothing(reason)
            | Effect::Warns(reason)
            | Effect::WarnsWhenFalse(reason)
            | Effect::Refused(reason) => assert!(!reason.is_empty(), "name={}", row.name),
        }
    }
}
