//! What every row of the table must be.

use std::collections::BTreeSet;

use super::*;

/// Every option takes one of these.
const TRIED: [&str; 18] = [
    "9",
    "900",
    "9MiB",
    "9.9.9.9",
    "true",
    "off",
    "json",
    "http://a",
    "http/protobuf",
    "all",
    "always_on",
    "0.5",
    "a=b",
    "token",
    "roles",
    "X-Chroma-Token",
    "1.3",
    "optional",
];

#[test]
fn every_default_is_a_value_of_its_option_and_shows_as_written() {
    let settings = Settings::defaults();
    for option in OPTIONS {
        let mut read = Settings::default();
        assert_eq!(option.kind.set(&mut read, option.default), Ok(()), "option={}", option.name);
        assert_eq!(option.kind.show(&settings), option.default, "option={}", option.name);
    }
}

#[test]
fn every_option_has_a_name_a_variable_and_a_place_of_its_own() {
    let names: BTreeSet<_> = OPTIONS.iter().map(|option| option.name).collect();
    let variables: BTreeSet<_> = OPTIONS.iter().map(|option| option.environment).collect();
    assert_eq!((names.len(), variables.len()), (OPTIONS.len(), OPTIONS.len()));

    // Two rows with one field would overwrite each other: setting one must change no other.
    for option in OPTIONS {
        let mut settings = Settings::defaults();
        let other = TRIED
            .into_iter()
            .find(|text| {
                settings = Settings::defaults();
                option.kind.set(&mut settings, text).is_ok() && settings != Settings::defaults()
            })
            .unwrap();
        let changed: Vec<_> = OPTIONS
            .iter()
            .filter(|option| option.kind.show(&settings) != option.default)
            .map(|option| option.name)
            .collect();
        assert_eq!(changed, [option.name], "value={other}");
    }
}

#[test]
fn names_and_texts_have_one_form() {
    for OptionSpec { name, environment, summary, default, detail, .. } in OPTIONS {
        let derived = format!("HUEDB_{}", name.replace('-', "_").to_ascii_uppercase());
        assert!(derived.starts_with(environment), "{environment} does not look like {name}");
        assert!(summary.starts_with(char::is_uppercase) && !summary.ends_with('.'), "option={name}");
        assert!(summary.len() + default.len() <= 58, "option={name}: it does not fit a line of the help");
        assert!(detail.is_empty() || detail.ends_with('.'), "option={name}");
        assert!(!detail.contains("  "), "option={name}");
    }
}

#[test]
fn a_name_may_be_written_with_either_dash() {
    for name in ["body-bytes-max", "body_bytes_max"] {
        assert_eq!(option_named(name).map(|option| option.environment), Some(BODY_OPTION), "name={name}");
    }
    assert!(option_named("body").is_none());
}
