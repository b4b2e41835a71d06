//! Replays what a real Chroma answered on `/api/v2` and compares every answer.
//!
//! The recordings are of the servers 1.5.9 and 0.6.3. Answers that differ on purpose are listed with
//! the reason in `golden/v2-differences.json`; the test fails for an unlisted difference and for a
//! listed one that is gone.

#[cfg(test)]
#[path = "golden/v2/answers.rs"]
mod answers;
#[cfg(test)]
#[path = "golden/v2/recording.rs"]
mod recording;
#[cfg(test)]
#[path = "golden/v2/server.rs"]
mod server;

use std::collections::BTreeMap;

use self::{
    answers::{Identities, Reading},
    recording::{Exchange, differences, exchanges},
    server::{Server, ServerOptions},
};

/// Clients of 0.6.3 are known by the header of the library that they are built on.
const PYTHON_06: &str = "python-httpx/0.28.1";

#[test]
fn every_answer_is_that_of_chroma_1_5_9() {
    let options = ServerOptions { allow_reset: false, user_agent: "golden" };
    replay("1.5.9", include_str!("golden/v2-1.5.9.jsonl"), &options, Reading::Whole);
}

#[test]
fn older_python_clients_read_in_every_answer_what_chroma_0_6_3_said() {
    let options = ServerOptions { allow_reset: true, user_agent: PYTHON_06 };
    replay("0.6.3", include_str!("golden/v2-0.6.3.jsonl"), &options, Reading::ByPython06);
}

fn replay(version: &str, recording: &str, options: &ServerOptions, reading: Reading) {
    let mut listed = differences(version);
    let mut problems = Vec::new();
    let mut counts = BTreeMap::from([("equal", 0), ("different on purpose", 0)]);
    let mut server = Server::start(options);
    let mut identities = Identities::default();
    for exchange in exchanges(recording) {
        if exchange.fresh_server {
            server = Server::start(options);
            identities = Identities::default();
        }
        let difference = compare(&server, &exchange, reading, &mut identities);
        let is_listed = listed.remove(&exchange.number).is_some();
        match (difference, is_listed) {
            (None, false) => *counts.entry("equal").or_default() += 1,
            (Some(_), true) => *counts.entry("different on purpose").or_default() += 1,
            (Some(difference), false) => problems.push(difference),
            (None, true) => problems.push(format!("{exchange} is listed as different, but is equal")),
        }
    }
    problems.extend(listed.keys().map(|number| format!("{number} is listed as different, but not recorded")));
    eprintln!("recording of {version}: {counts:?}, unexpected: {}", problems.len());
    assert!(problems.is_empty(), "{} unexpected:\n{}", problems.len(), problems.join("\n"));
}

/// What differs, if anything does.
fn compare(
    server: &Server,
    exchange: &Exchange,
    reading: Reading,
    identities: &mut Identities,
) -> Option<String> {
    let path = identities.replace_in(&exchange.path);
    let body = exchange.body.as_ref().map(|body| match std::str::from_utf8(body) {
        Ok(text) => identities.replace_in(text).into_bytes(),
        Err(_) => body.clone(),
    });
    let answer = server.send(&exchange.method, &path, exchange.content_type.as_deref(), body.as_deref());
    let expected = exchange.answer.as_ref();
    let equal = expected.is_some_and(|expected| {
        expected.status == answer.status && answers::are_equal(reading, &path, expected, &answer, identities)
    });
    (!equal).then(|| {
        let expected = expected.map_or_else(|| "no answer at all".to_owned(), ToString::to_string);
        format!("{exchange}\n    expected {expected}\n    received {answer}")
    })
}
