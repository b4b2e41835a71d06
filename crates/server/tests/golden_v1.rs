//! Replays what a real Chroma 0.5.13 answered on `/api/v1` and compares every answer.
//!
//! Answers that differ on purpose are listed with the reason in `golden/v1-differences.json`; the test
//! fails for an unlisted difference and for a listed one that is gone.

#[path = "golden/v2/answers.rs"]
mod answers;
#[path = "golden/v1/equivalence.rs"]
mod equivalence;
#[path = "golden/v1/recording.rs"]
mod recording;
#[path = "golden/v2/server.rs"]
mod server;

use self::{
    answers::Identities,
    recording::{Answer, Exchange, differences, exchanges},
    server::{Server, ServerOptions},
};

#[test]
fn every_answer_is_that_of_chroma_0_5_13() {
    let mut listed = differences();
    let mut problems = Vec::new();
    let (mut equal, mut different) = (0, 0);
    let server = Server::start(&ServerOptions { allow_reset: true, user_agent: "golden" });
    let mut identities = Identities::default();
    for exchange in exchanges() {
        let difference = compare(&server, &exchange, &mut identities);
        let is_listed = listed.remove(&exchange.number).is_some();
        match (difference, is_listed) {
            (None, false) => equal += 1,
            (Some(_), true) => different += 1,
            (Some(difference), false) => problems.push(difference),
            (None, true) => problems.push(format!("{exchange} is listed as different, but is equal")),
        }
    }
    problems.extend(listed.keys().map(|number| format!("{number} is listed as different, but not recorded")));
    println!("equal: {equal}, different on purpose: {different}, unexpected: {}", problems.len());
    assert!(problems.is_empty(), "{} unexpected:\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn reset_is_refused_unless_it_is_allowed() {
    let server = Server::start(&ServerOptions { allow_reset: false, user_agent: "golden" });
    let answer = server.send("POST", "/api/v1/reset", None, None);
    assert_eq!(answer.status, 500);
    assert_eq!(
        answer.text,
        "{\"error\":\"ValueError('Resetting is not allowed by this configuration (to enable it, set \
         `allow_reset` to `True` in your Settings() or include `ALLOW_RESET=TRUE` in your environment \
         variables)')\"}"
    );
}

/// What differs, if anything does.
fn compare(server: &Server, exchange: &Exchange, identities: &mut Identities) -> Option<String> {
    let path = identities.replace_in(&exchange.path);
    let body = exchange.body.as_ref().map(|body| match std::str::from_utf8(body) {
        Ok(text) => identities.replace_in(text).into_bytes(),
        Err(_) => body.clone(),
    });
    let answer = server.send(&exchange.method, &path, exchange.content_type.as_deref(), body.as_deref());
    let (expected, received) =
        (equivalence::normal_form(&exchange.answer), equivalence::normal_form(&answer));
    let equal =
        expected.status == received.status && answers::are_equal(&path, &expected, &received, identities);
    (!equal).then(|| format!("{exchange}\n    expected {}\n    received {answer}", exchange.answer))
}
