//! Commands of real compose files, and what becomes of them.

use super::*;

#[track_caller]
fn check(command: &str, expected: &str) {
    let arguments = command.split_whitespace().map(str::to_owned).collect();
    let translated = translate(arguments).unwrap();
    assert_eq!(translated.arguments.join(" "), expected, "command={command}");
    assert_eq!(translated.notices, Vec::<String>::new(), "command={command}");
}

#[track_caller]
fn check_refused(command: &str, expected: &str) {
    let arguments = command.split_whitespace().map(str::to_owned).collect();
    let text = translate(arguments).unwrap_err().to_string();
    assert!(text.starts_with(expected), "text=`{text}`");
}

/// What the image of 0.5.13 runs, and every compose file that came with it.
const OFFICIAL: &str = "--workers 1 --host 0.0.0.0 --port 8000 --proxy-headers --log-config \
                        chromadb/log_config.yml --timeout-keep-alive 30";
const STARTED: &str = "run --host=0.0.0.0 --port=8000 --head-timeout-seconds=30";

#[test]
fn the_command_of_the_official_compose_files_starts_the_server() {
    check(OFFICIAL, STARTED);
    check(&format!("uvicorn chromadb.app:app {OFFICIAL}"), STARTED);
}

#[test]
fn a_command_in_one_argument_is_split() {
    let translated = translate(vec![OFFICIAL.to_owned()]).unwrap();
    assert_eq!(translated.arguments, STARTED.split(' ').collect::<Vec<_>>());
}

#[test]
fn values_may_follow_an_equals_sign_and_levels_have_pythons_names() {
    check("--host=:: --port=1 --workers=4 --log-level=warning", "run --host=:: --port=1 --log-level=warn");
    check("uvicorn --reload --log-level critical", "run --log-level=error");
}

#[test]
fn our_own_flags_may_stand_among_them() {
    check("--path /data --workers 1", "run --path /data");
    check("--allow-reset --port 1", "run --allow-reset --port=1");
    check("--config --workers --port 1", "run --config --workers --port=1");
}

#[test]
fn commands_of_one_x_are_taken_as_they_are() {
    check("run /config.yaml", "run /config.yaml");
    check("chroma run --path /data --port 1", "run --path /data --port 1");
    check("--help", "--help");
    check("--version", "--version");
    check("healthcheck --url x", "healthcheck --url x");
    check("run --workers 1", "run --workers 1");
    check("", "");
}

#[test]
fn flags_that_people_may_rely_on_are_mentioned() {
    let translated = translate(vec!["--root-path".to_owned(), "/chroma".to_owned()]).unwrap();
    assert_eq!(translated.arguments, ["run"]);
    assert_eq!(translated.notices, ["--root-path has no effect: let the proxy strip the prefix"]);
}

#[test]
fn what_would_do_harm_is_refused() {
    check_refused("--uds /run/chroma.sock", "--uds is set, but the server listens on a TCP port only");
    check_refused("--port", "--port cannot be `` because it has no value after it");
    check_refused("--workers many", "--workers cannot be `many` because it is not a whole number");
}

#[test]
fn every_flag_sets_an_option_that_exists() {
    for flag in FLAGS {
        if let Effect::Sets(option) = flag.row.effect {
            assert!(option_named(option).is_some(), "flag={}", flag.row.name);
        }
    }
}
