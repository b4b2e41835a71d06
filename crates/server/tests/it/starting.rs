//! Starting: what is printed, what is refused and how.

use std::{fs, net::TcpListener, process::Command};

use crate::{
    exchange::get,
    process::{Ended, Place, huedb, run},
};

#[test]
fn the_start_text_says_where_data_is_and_who_may_come_in() {
    let place = Place::new();
    let server = place.start(&[]);
    let data = place.path().canonicalize().unwrap().join("huedb-data");
    let lines: Vec<_> = server.text.lines().collect();
    assert_eq!(lines[0], format!("HueDB {}", env!("CARGO_PKG_VERSION")));
    assert_eq!(lines[1], format!("  data            {}", data.display()));
    assert_eq!(lines[2], format!("  address         http://{}", server.address));
    assert_eq!(lines[3], "  authentication  off");
    assert!(data.is_dir());
    assert_eq!(get(&server.address, "/api/v1/heartbeat").status, 200);
    server.signal(crate::process::Signal::TERM);
    let ended = server.wait();
    assert_eq!(ended.output.lines().count(), 4, "{}", ended.output);
}

#[test]
fn beyond_this_machine_it_warns_that_it_is_open() {
    let place = Place::new();
    let server = place.start(&["--host", "0.0.0.0"]);
    server.signal(crate::process::Signal::TERM);
    let ended = server.wait();
    assert!(
        ended.output.contains("  WARNING         NO AUTHENTICATION: WHOEVER CAN REACH"),
        "{}",
        ended.output
    );
}

#[test]
fn settings_of_chroma_are_enough_to_start() {
    let place = Place::new();
    let data = place.path().join("chroma");
    let mut command = huedb(&["run", "--port", "0"]);
    command
        .env("IS_PERSISTENT", "FALSE")
        .env("PERSIST_DIRECTORY", &data)
        .env("ANONYMIZED_TELEMETRY", "False")
        .env("CHROMA_SERVER_AUTHN_CREDENTIALS", "")
        .env("CHROMA_OTEL_COLLECTION_ENDPOINT", "http://otel-collector:4317/");
    let server = place.start_with(&mut command);
    assert_eq!(get(&server.address, "/api/v2/heartbeat").status, 200);
    assert!(data.is_dir());
    server.signal(crate::process::Signal::TERM);
    let ended = server.wait();
    for note in ["IS_PERSISTENT has no effect: data is kept", "traces are off"] {
        assert!(ended.output.contains(note), "{}", ended.output);
    }
}

#[test]
fn a_configuration_file_of_chroma_1_starts_it() {
    let place = Place::new();
    let data = place.path().join("from-file");
    let file = place.path().join("config.yaml");
    let text =
        format!("port: 0\nlisten_address: 127.0.0.1\npersist_path: {}\nallow_reset: true\n", data.display());
    fs::write(&file, text).unwrap();
    let server = place.start_with(&mut huedb(&["run", file.to_str().unwrap()]));
    let answer = crate::exchange::post(&server.address, "/api/v2/reset", "");
    assert_eq!((answer.status, answer.body.as_str()), (200, "true"));
    assert!(data.is_dir());
}

#[test]
fn a_dotenv_file_is_read_as_chroma_reads_it() {
    let place = Place::new();
    fs::write(place.path().join(".env"), "PERSIST_DIRECTORY='./from-dotenv'\n").unwrap();
    let _server = place.start(&[]);
    assert!(place.path().join("from-dotenv").is_dir());
}

#[track_caller]
fn check_refused(command: &mut Command, code: i32, text: &str) -> Ended {
    let ended = run(command);
    assert_eq!((ended.code, ended.output.as_str()), (Some(code), ""), "{}", ended.errors);
    assert!(ended.errors.contains(text), "{}", ended.errors);
    assert!(ended.errors.lines().count() <= 2, "{}", ended.errors);
    ended
}

#[test]
fn a_wrong_configuration_ends_with_code_2_and_the_nearest_name() {
    let start = || huedb(&["run", "--port", "0"]);
    check_refused(start().env("CHROMA_SERVER_AUTHN_CREDENTIAL", "x"), 2, "CHROMA_SERVER_AUTHN_CREDENTIALS;");
    check_refused(start().env("HUEDB_PROT", "1"), 2, "HUEDB_PORT;");
    check_refused(start().env("CHROMA_PORT", "http"), 2, "CHROMA_PORT cannot be `http`");
    check_refused(&mut huedb(&["run", "--body-bytes-max", "lots"]), 2, "--body-bytes-max cannot be `lots`");
    check_refused(&mut huedb(&["run", "missing.yaml"]), 2, "missing.yaml");
}

#[test]
fn settings_that_ask_for_authentication_stop_the_start() {
    let mut command = huedb(&["run", "--port", "0"]);
    command.env("CHROMA_SERVER_AUTHN_CREDENTIALS", "admin:hunter2");
    let ended = check_refused(&mut command, 2, "auth is off, so everybody could do everything");
    assert!(!ended.errors.contains("hunter2"), "{}", ended.errors);
}

#[test]
fn a_port_in_use_is_one_clear_sentence() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let text = format!("port {port} of 127.0.0.1 is in use by another program; choose another with --port");
    check_refused(&mut huedb(&["run", "--port", &port]), 1, &text);
}

#[test]
fn an_address_of_another_machine_is_one_clear_sentence() {
    check_refused(
        &mut huedb(&["run", "--port", "0", "--host", "192.0.2.1"]),
        1,
        "192.0.2.1 is not an address of this machine",
    );
}

#[test]
fn data_that_another_server_uses_is_one_clear_sentence() {
    let place = Place::new();
    let _first = place.start(&[]);
    let data = place.path().join("huedb-data");
    let mut second = huedb(&["run", "--port", "0", "--path", data.to_str().unwrap()]);
    check_refused(&mut second, 1, &format!("cannot open the data in {}: ", data.display()));
}

#[test]
fn a_path_that_is_a_file_is_one_clear_sentence() {
    let place = Place::new();
    let file = place.path().join("file");
    fs::write(&file, "mine").unwrap();
    let mut command = huedb(&["run", "--port", "0", "--path", file.to_str().unwrap()]);
    let text =
        format!("the data directory {} is, or lies below, something that is no directory", file.display());
    check_refused(&mut command, 1, &text);
    assert_eq!(fs::read(&file).unwrap(), b"mine");
}

#[test]
fn logs_go_to_standard_error_in_the_form_that_was_asked_for() {
    let place = Place::new();
    let server = place.start(&["--log-format", "json", "--log-level", "debug"]);
    let secret = "a-token-nobody-should-see";
    let headers = format!("Authorization: Bearer {secret}\r\n");
    let answer = crate::exchange::send(&server.address, "GET", "/api/v2/heartbeat", &headers, "");
    assert_eq!(answer.status, 200);
    server.signal(crate::process::Signal::TERM);
    let ended = server.wait();
    let request: serde_json::Value = ended
        .errors
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .find(|line: &serde_json::Value| line["message"] == "request")
        .unwrap();
    assert_eq!((&request["path"], &request["status"]), (&"/api/v2/heartbeat".into(), &200.into()));
    assert_eq!(request["action"], "system:heartbeat");
    assert!(!ended.errors.contains(secret), "{}", ended.errors);
}
