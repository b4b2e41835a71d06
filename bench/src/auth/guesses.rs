//! Whether the time of a refusal tells who exists: a wrong password of a user beside one of a stranger.

use std::time::Instant;

use serde_json::{Value, json};

use super::modes;
use crate::Result;
use crate::api::failure;
use crate::http::Connection;

/// What is guessed: a user, and a password that differs each time so that no verdict is remembered.
const GUESSES: [(&str, &str); 3] = [
    ("wrong password", "admin"),
    ("unknown user", "stranger"),
    ("another unknown user", "somebody-with-a-much-longer-name"),
];

/// Asks for each in turn, `tries` times, so that each meets the same machine.
pub(super) fn measure(address: &str, tries: usize) -> Result<Vec<Value>> {
    let mut connection = Connection::open(address)?;
    let mut times: [Vec<f64>; GUESSES.len()] = Default::default();
    for number in 0..tries {
        for turn in 0..GUESSES.len() {
            let kind = (number + turn) % GUESSES.len();
            let header = modes::basic(&format!("{}:guess-{number}", GUESSES[kind].1));
            let request = modes::get("/api/v2/auth/identity", &header);
            let begin = Instant::now();
            let answer = connection.send(&request)?;
            times[kind].push(begin.elapsed().as_secs_f64() * 1e3);
            if answer.status != 401 {
                return Err(failure(GUESSES[kind].0, &answer));
            }
        }
    }
    let rows = GUESSES.iter().zip(times).map(|((name, _), mut times)| {
        times.sort_by(f64::total_cmp);
        json!({
            "guess": name,
            "tries": tries,
            "p10_ms": at(&times, 0.1),
            "median_ms": at(&times, 0.5),
            "p90_ms": at(&times, 0.9),
        })
    });
    Ok(rows.collect())
}

/// Of sorted numbers, the one with this share of them below it.
fn at(sorted: &[f64], share: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * share).round() as usize]
}
