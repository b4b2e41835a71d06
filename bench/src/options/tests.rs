use super::{Command, parse};

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

#[track_caller]
fn check_refused(line: &str, expected: &str) {
    let Err(error) = parse(&words(line)) else { panic!("accepted: `{line}`") };
    assert!(error.to_string().contains(expected), "line=`{line}` error=`{error}`");
}

#[test]
fn a_run_takes_its_options_and_defaults() {
    let Ok(Command::Run(run)) = parse(&words("run --url http://127.0.0.1:9000/ --pid 7 --n 500")) else {
        panic!("not a run");
    };
    assert_eq!((run.address.as_str(), run.pid, run.sizes.records), ("127.0.0.1:9000", Some(7), 500));
    assert_eq!((run.sizes.dimensions, run.json), (384, None));
}

#[test]
fn tracing_has_sizes_of_its_own() {
    let Ok(Command::Tracing(tracing)) = parse(&words("tracing --huedb x --work y --out z --n 7")) else {
        panic!("not tracing");
    };
    assert_eq!((tracing.sizes.records, tracing.rounds, tracing.collector), (7, 11, None));
    assert!((tracing.sizes.seconds - 1.0).abs() < 1e-12);
}

#[test]
fn mistakes_are_named() {
    check_refused("walk", "unknown command `walk`");
    check_refused("run --speed 9", "unknown option `--speed`");
    check_refused("run --n many", "--n takes a number");
    check_refused("run --n", "expected `--name value`");
    check_refused("run --n 0", "above zero");
    check_refused("run --url ftp://x", "not an http:// URL");
    check_refused("compare --huedb x", "--chroma is missing");
    check_refused("auth --huedb x --work y", "--out is missing");
    check_refused("auth --huedb x --work y --out z --rate NaN", "above zero");
    check_refused("tracing --huedb x --work y --out z --rounds 0", "above zero");
}
