//! What the command line accepts.

use super::*;

fn parse(arguments: &[&str]) -> Result<ArgMatches, clap::Error> {
    command().try_get_matches_from([&["huedb"], arguments].concat())
}

/// The options that `huedb run` was given, as `name=value`, the file first.
#[track_caller]
fn check_run(arguments: &[&str], expected: &[&str]) {
    let matches = parse(&[&["run"], arguments].concat()).unwrap();
    let (file, flags) = given(matches.subcommand_matches("run").unwrap()).unwrap();
    let file = file.map(|file| format!("file={}", file.display()));
    let flags = flags.into_iter().map(|(option, value)| format!("{}={value}", option.name));
    assert_eq!(file.into_iter().chain(flags).collect::<Vec<_>>(), expected, "arguments={arguments:?}");
}

#[test]
fn the_command_is_well_formed() {
    command().debug_assert();
}

#[test]
fn every_option_is_a_flag_of_run_and_of_config_print() {
    // What is secret would be seen in the list of processes.
    for option in OPTIONS.iter().filter(|option| option.secret) {
        assert!(parse(&["run", &format!("--{}=x", option.name)]).is_err(), "option={}", option.name);
    }
    for option in OPTIONS.iter().filter(|option| !option.secret) {
        let flag = format!("--{}=true", option.name);
        check_run(&[&flag], &[&format!("{}=true", option.name)]);
        assert!(parse(&["config", "print", &flag]).is_ok(), "flag={flag}");
    }
}

#[test]
fn a_switch_needs_no_value_and_takes_one_after_an_equals_sign() {
    check_run(&["--allow-reset"], &["allow-reset=true"]);
    check_run(&["--allow-reset=false"], &["allow-reset=false"]);
    check_run(&["--allow-reset", "config.yaml"], &["file=config.yaml", "allow-reset=true"]);
}

#[test]
fn the_file_is_an_argument_or_a_flag() {
    check_run(&["config.yaml", "--port", "1"], &["file=config.yaml", "port=1"]);
    check_run(&["--config", "config.yaml"], &["file=config.yaml"]);
    let matches = parse(&["run", "a.yaml", "--config", "b.yaml"]).unwrap();
    let refused = given(matches.subcommand_matches("run").unwrap()).unwrap_err();
    assert!(refused.to_string().contains("given twice, as a.yaml and as b.yaml"));
}

#[test]
fn unknown_arguments_are_refused_with_a_suggestion() {
    let text = parse(&["run", "--prot", "1"]).unwrap_err().to_string();
    assert!(text.contains("'--port'"), "text=`{text}`");
    for arguments in [&["start"][..], &["run", "--port"], &["run", "a", "b"], &["version", "x"], &[]] {
        assert_eq!(parse(arguments).unwrap_err().exit_code(), 2, "arguments={arguments:?}");
    }
}
