//! What `huedb config print` shows.

use super::*;
use crate::config::{OPTIONS, value::Kind};

#[test]
fn every_option_is_shown_with_its_origin() {
    let flags = vec![(&OPTIONS[0], "/x".to_owned())];
    let resolved = config::resolve(Given { flags, ..Given::default() }).unwrap();
    let shown = show(&resolved);
    let lines: Vec<_> = shown.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).collect();
    assert_eq!(lines.len(), OPTIONS.len());
    assert_eq!(lines[0], ["path", "/x", "--path"]);
    assert_eq!(lines[1], ["allow-reset", "false", "default"]);
}

#[test]
fn secrets_are_not_shown() {
    let secret = OptionSpec {
        alias: None,
        name: "token",
        environment: "HUEDB_TOKEN",
        group: "",
        kind: Kind::Host(|settings| &mut settings.host),
        default: "",
        summary: "",
        detail: "",
        restart: true,
        secret: true,
    };
    let settings = Settings { host: "hunter2".to_owned(), ..Settings::default() };
    let given = Origin::Environment("HUEDB_TOKEN".to_owned());
    assert_eq!(show_value(&secret, &settings, &given), "(set, not shown)");
    assert_eq!(show_value(&secret, &settings, &Origin::Default), "(unset)");
}
