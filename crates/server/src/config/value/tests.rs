//! Each kind reads what a person writes, refuses the rest with a reason, and shows what reads back.

use super::*;

const PATH: Kind = Kind::Path(|settings| &mut settings.path);
const HOST: Kind = Kind::Host(|settings| &mut settings.host);
const PORT: Kind = Kind::Port(|settings| &mut settings.port);
const SWITCH: Kind = Kind::Switch(|settings| &mut settings.allow_reset);
const BYTES: Kind = Kind::Bytes { field: |settings| &mut settings.body_bytes_max, min: 1024, max: 1 << 40 };
const COUNT: Kind = Kind::Count { field: |settings| &mut settings.connections_max, min: 2, max: 10 };
const CHOICE: Kind = Kind::Choice { field: |settings| &mut settings.log_level, words: &["off", "info"] };
const ORIGINS: Kind = Kind::Origins(|settings| &mut settings.cors_allow_origins);

/// `expected` is how the value is shown, or the beginning of the reason why it is refused.
#[track_caller]
fn check(kind: Kind, text: &str, expected: Result<&str, &str>) {
    let mut settings = Settings::default();
    match (kind.set(&mut settings, text), expected) {
        (Ok(()), Ok(expected)) => {
            let shown = kind.show(&settings);
            assert_eq!(shown, expected, "text=`{text}`");
            let mut again = Settings::default();
            assert_eq!(kind.set(&mut again, &shown), Ok(()), "shown=`{shown}`");
            assert_eq!(again, settings, "text=`{text}`");
        }
        (Err(reason), Err(expected)) => {
            assert!(reason.starts_with(expected), "text=`{text}` reason=`{reason}`");
        }
        (actual, _) => panic!("text=`{text}` expected={expected:?} actual={actual:?}"),
    }
}

#[test]
fn a_path_is_any_text_but_nothing() {
    check(PATH, "./data dir", Ok("./data dir"));
    check(PATH, "", Err("is empty"));
}

#[test]
fn a_host_is_an_address_or_a_name_without_port() {
    for host in ["127.0.0.1", "::1", "localhost", "my-host.example.com"] {
        check(HOST, host, Ok(host));
    }
    check(HOST, "[::1]", Ok("::1"));
    for host in ["", "127.0.0.1:8000", "http://a", "a b", "-\n", &"a".repeat(254)] {
        check(HOST, host, Err("is neither an IP address nor a host name"));
    }
}

#[test]
fn a_port_has_sixteen_bits() {
    check(PORT, "0", Ok("0"));
    check(PORT, "65535", Ok("65535"));
    for port in ["65536", "-1", "http", "", "80 "] {
        check(PORT, port, Err("is not a port number"));
    }
}

#[test]
fn a_switch_reads_every_spelling_of_chromas_settings() {
    for on in ["1", "true", "True", "TRUE", "t", "yes", "Y", "on"] {
        check(SWITCH, on, Ok("true"));
    }
    for off in ["0", "false", "False", "f", "no", "N", "OFF"] {
        check(SWITCH, off, Ok("false"));
    }
    for neither in ["2", "", "maybe", "truee", " true"] {
        check(SWITCH, neither, Err("is neither true nor false"));
    }
}

#[test]
fn bytes_take_decimal_and_binary_units() {
    let cases = [
        ("1024", "1KiB"),
        ("1025", "1025"),
        ("4096B", "4KiB"),
        ("256MiB", "256MiB"),
        ("256mib", "256MiB"),
        ("256 MiB", "256MiB"),
        ("40MB", "40000000"),
        ("40000KB", "40000000"),
        ("2GB", "2000000000"),
        ("1GiB", "1GiB"),
        ("1024GiB", "1024GiB"),
    ];
    for (text, shown) in cases {
        check(BYTES, text, Ok(shown));
    }
    for text in
        ["", "MiB", "1.5MiB", "-1", "1 parsec", "1K", "99999999999999999999", "18446744073709551615GiB"]
    {
        check(BYTES, text, Err("is not a number of bytes"));
    }
    check(BYTES, "1023", Err("is below the smallest allowed value, 1KiB"));
    check(BYTES, "1025GiB", Err("is above the largest allowed value, 1024GiB"));
}

#[test]
fn a_count_has_limits() {
    check(COUNT, "2", Ok("2"));
    check(COUNT, "10", Ok("10"));
    check(COUNT, "1", Err("is below the smallest allowed value, 2"));
    check(COUNT, "11", Err("is above the largest allowed value, 10"));
    check(COUNT, "2.0", Err("is not a whole number"));
}

#[test]
fn a_choice_is_one_of_its_words_in_any_case() {
    check(CHOICE, "INFO", Ok("info"));
    check(CHOICE, "inf", Err("is none of off, info"));
}

#[test]
fn origins_are_a_json_list_or_separated_by_commas() {
    let both = r#"["http://a","https://b.example:8443"]"#;
    check(ORIGINS, r#"["http://a", "https://b.example:8443"]"#, Ok(both));
    check(ORIGINS, "http://a, https://b.example:8443,", Ok(both));
    check(ORIGINS, "*", Ok(r#"["*"]"#));
    check(ORIGINS, r#"["*"]"#, Ok(r#"["*"]"#));
    check(ORIGINS, "[]", Ok("[]"));
    check(ORIGINS, "[1]", Err("is not a JSON list of strings"));
    check(ORIGINS, "[", Err("is not a JSON list of strings"));
    for origin in ["a.example", "http://a/", "http://", "https://*.example.com", "http://a b"] {
        check(ORIGINS, origin, Err(&format!("holds `{origin}`")));
    }
}
