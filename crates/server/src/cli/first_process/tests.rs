//! Command lines of process 1.

use super::*;

/// The port that process 1 was given, or nothing if it is not a server of ours.
#[track_caller]
fn check(line: &str, expected: Option<&str>) {
    let matches = parse(line.replace(' ', "\0").as_bytes());
    let port = matches.map(|matches| matches.get_one::<String>("port").cloned().unwrap_or_default());
    assert_eq!(port.as_deref(), expected, "line={line}");
}

#[test]
fn the_port_of_the_main_process_is_found() {
    check("huedb run --port 9000 ", Some("9000"));
    check("/usr/local/bin/huedb run ", Some(""));
    check("/usr/local/bin/chroma run --path /data --port 9000 ", Some("9000"));
    check("huedb uvicorn chromadb.app:app --workers 1 --port 9000 ", Some("9000"));
    check("huedb --workers 1 --port 9000 ", Some("9000"));
}

#[test]
fn other_processes_are_none_of_ours() {
    check("/sbin/init ", None);
    check("sh -c huedb run ", None);
    check("huedb healthcheck ", None);
    check("huedb run --prot 1 ", None);
    check("", None);
}
