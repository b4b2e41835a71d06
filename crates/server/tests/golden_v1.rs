//! Replays what a real Chroma 0.5.13 answered on `/api/v1` and compares every answer.
//!
//! Answers that differ on purpose are listed with the reason in `golden/v1-differences.json`; the test
//! fails for an unlisted difference and for a listed one that is gone.

#[cfg(test)]
#[path = "golden/v1/answers.rs"]
mod answers;
#[cfg(test)]
#[path = "golden/v1/recording.rs"]
mod recording;
#[cfg(test)]
#[path = "golden/v1/server.rs"]
mod server;

use self::{
    answers::Identities,
    recording::{Exchange, differences, exchanges},
    server::Server,
};

#[test]
fn every_answer_is_that_of_chroma_0_5_13() {
    let mut listed = differences();
    let mut problems = Vec::new();
    let (mut equal, mut different) = (0, 0);
    let server = Server::start(&["--allow-reset=true"]);
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
    let server = Server::start(&[]);
    let answer = server.send("POST", "/api/v1/reset", None, None);
    assert_eq!(answer.status, 500);
    assert_eq!(
        answer.text,
        "{\"error\":\"ValueError('Resetting is not allowed by this configuration (to enable it, set \
         `allow_reset` to `True` in your Settings() or include `ALLOW_RESET=TRUE` in your environment \
         variables)')\"}"
    );
}

#[test]
fn a_batch_of_the_announced_size_and_one_above_it_are_taken() {
    let server = Server::start(&[]);
    let checks = server.send("GET", "/api/v1/pre-flight-checks", None, None);
    assert_eq!((checks.status, checks.text.as_str()), (200, r#"{"max_batch_size":100000}"#));
    let created = server.send("POST", "/api/v1/collections", None, Some(br#"{"name": "batches"}"#));
    let id = created.text.split('"').nth(3).expect("a collection has an id").to_owned();
    let path = format!("/api/v1/collections/{id}/upsert");
    let batch = |count: usize| {
        let ids: Vec<_> = (0..count).map(|n| format!("\"{n}\"")).collect();
        format!("{{\"ids\":[{}],\"embeddings\":[[1]{}]}}", ids.join(","), ",[1]".repeat(count - 1))
    };
    for count in [100_000, 100_001] {
        let accepted = server.send("POST", &path, None, Some(batch(count).as_bytes()));
        assert_eq!((accepted.status, accepted.text.as_str()), (200, "null"), "count={count}");
    }
}

/// What differs, if anything does.
fn compare(server: &Server, exchange: &Exchange, identities: &mut Identities) -> Option<String> {
    let path = identities.replace_in(&exchange.path);
    let body = exchange.body.as_ref().map(|body| match std::str::from_utf8(body) {
        Ok(text) => identities.replace_in(text).into_bytes(),
        Err(_) => body.clone(),
    });
    let ours = server.send(&exchange.method, &path, exchange.content_type.as_deref(), body.as_deref());
    let recorded = &exchange.answer;
    let equal =
        recorded.status == ours.status && answers::are_equal(&path, &recorded.text, &ours.text, identities);
    (!equal).then(|| format!("{exchange}\n    recorded {recorded}\n    received {ours}"))
}
