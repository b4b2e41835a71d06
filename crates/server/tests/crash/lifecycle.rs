//! Two servers on one directory, and a stop as an operator does it.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::http::Request;
use crate::model::DATABASE;
use crate::process::{Place, Server, command};

/// "At once", with room for a busy machine.
const REFUSAL_MAX: Duration = Duration::from_secs(20);

#[test]
fn a_second_server_on_the_same_directory_ends_with_a_sentence_that_names_the_first() -> Result<(), String> {
    let place = Place::new()?;
    let first = Server::start(&place)?;
    let mut second = command(&place.data(), 0)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot start the second server: {error}"))?;
    let begin = Instant::now();
    while second.try_wait().map_err(|error| error.to_string())?.is_none() {
        if begin.elapsed() > REFUSAL_MAX {
            let _killed = second.kill();
            return Err("the second server does not end".to_owned());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let output = second.wait_with_output().map_err(|error| error.to_string())?;
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "the second server ended with success: {message}");
    let (pid, path) = (first.pid().to_string(), place.data().display().to_string());
    assert!(message.contains(&pid), "the message does not name process {pid}: {message}");
    assert!(message.contains(&path), "the message does not name {path}: {message}");
    assert!(!message.contains("panic"), "the second server panicked: {message}");
    let heartbeat = Request::get("/api/v2/heartbeat").send(&first.address)?;
    assert_eq!(heartbeat.status, 200, "the first server no longer answers");
    Ok(())
}

#[test]
fn sigterm_ends_the_server_with_success_and_keeps_everything() -> Result<(), String> {
    let place = Place::new()?;
    let server = Server::start(&place)?;
    let collection =
        Request::post(format!("{DATABASE}/collections"), &json!({"name": "kept"})).json(&server.address)?;
    let route = format!("{DATABASE}/collections/{}", collection["id"].as_str().unwrap_or_default());
    let record = json!({
        "ids": ["a"], "embeddings": [[1.0, 2.0, 3.0]], "documents": ["a text"], "metadatas": [{"n": 7}],
    });
    Request::post(format!("{route}/add"), &record).json(&server.address)?;

    let status = server.terminate()?;
    assert_eq!(status.code(), Some(0), "{}", place.explain("SIGTERM did not end the server with success"));

    let server = Server::start(&place)?;
    let include = json!({"include": ["documents", "metadatas", "embeddings"]});
    let answer = Request::post(format!("{route}/get"), &include).json(&server.address)?;
    for column in ["ids", "documents", "metadatas", "embeddings"] {
        assert_eq!(answer[column], record[column], "{column}: {answer}");
    }
    Ok(())
}
