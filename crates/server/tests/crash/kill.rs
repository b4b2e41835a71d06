//! Many kills on one data directory, under concurrent writes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::http::Request;
use crate::model::DATABASE;
use crate::observation::Observation;
use crate::process::{Place, Server};
use crate::random::Random;
use crate::writer::{KillPlan, Manner, Writer};

const ROUNDS: u64 = 50;
const SEED: u64 = 20_261_122;
const WRITERS: u64 = 4;
/// Collections that all writers use, one for each distance.
const SHARED: [&str; 3] = ["shared-l2", "shared-cosine", "shared-ip"];
const OPERATIONS_PER_ROUND_MAX: u64 = 150;
/// So many rounds write more than the memtables hold.
const ROUNDS_WITH_SEGMENTS: u64 = 5;
/// In every so many rounds the server is killed while it starts, too.
const EARLY_KILL_EVERY: u64 = 5;
const EARLY_KILL_MS_MAX: u64 = 40;

#[test]
fn what_was_acknowledged_survives_any_kill_and_nothing_else_appears() {
    let rounds = number_from("HUEDB_CRASH_ROUNDS", ROUNDS);
    let seed = number_from("HUEDB_CRASH_SEED", SEED);
    if let Err(error) = run(rounds, seed) {
        panic!("seed={seed}: {error}");
    }
}

/// Sums over all rounds, for the line at the end.
#[derive(Default)]
struct Totals {
    acknowledged: u64,
    applied_in_flight: u64,
    absent_in_flight: u64,
    early_kills: u64,
}

fn run(rounds: u64, seed: u64) -> Result<(), String> {
    let place = Place::new()?;
    let begin = Instant::now();
    let mut writers: Vec<Writer> = (0..WRITERS).map(|number| Writer::new(number, &SHARED)).collect();
    let mut totals = Totals::default();
    create_shared(&place, &mut writers)?;
    for round in 0..rounds {
        one_round(&place, &mut writers, seed, round, &mut totals)
            .map_err(|error| place.explain(&format!("round={round}: {error}")))?;
    }
    // Before a stop flushes what is left: without segments the kills met no flush and no compaction.
    let segments = place.segments().len();
    if segments == 0 && rounds >= ROUNDS_WITH_SEGMENTS {
        return Err("nothing was flushed between the kills".to_owned());
    }
    let records = stop_and_verify(&place, &mut writers, seed).map_err(|error| place.explain(&error))?;
    if let Some(panic) = place.panic() {
        return Err(format!("a thread of the server panicked: {panic}"));
    }
    eprintln!(
        "{rounds} kills, {} more during starts, {} operations acknowledged and all present; of the requests in \
         flight {} were applied whole and {} not at all; {records} records in {segments} segments \
         and the log at the end; {:.1} s",
        totals.early_kills,
        totals.acknowledged,
        totals.applied_in_flight,
        totals.absent_in_flight,
        begin.elapsed().as_secs_f64()
    );
    Ok(())
}

fn create_shared(place: &Place, writers: &mut [Writer]) -> Result<(), String> {
    let server = Server::start(place)?;
    for name in SHARED {
        let space = name.trim_start_matches("shared-");
        let body = json!({"name": name, "configuration": {"hnsw": {"space": space}}});
        Request::post(format!("{DATABASE}/collections"), &body).json(&server.address)?;
    }
    let observation = Observation::read(&server.address)?;
    for writer in writers {
        writer.collection_ids = observation.collection_ids.clone();
    }
    server.kill();
    Ok(())
}

fn one_round(
    place: &Place,
    writers: &mut [Writer],
    seed: u64,
    round: u64,
    totals: &mut Totals,
) -> Result<(), String> {
    let mut random = Random::of(seed, round);
    if round % EARLY_KILL_EVERY == EARLY_KILL_EVERY - 1 {
        let starting = Server::spawn(place)?;
        // A start acknowledges nothing that could be counted, so this moment is one of time.
        std::thread::sleep(Duration::from_millis(random.below(EARLY_KILL_MS_MAX)));
        starting.kill();
        totals.early_kills += 1;
    }
    let server = Server::start(place)?;
    verify(&server, writers, &mut random, totals)?;
    write_until_killed(&server, writers, &mut random, totals)
}

fn write_until_killed(
    server: &Server,
    writers: &mut [Writer],
    random: &mut Random,
    totals: &mut Totals,
) -> Result<(), String> {
    let manner = [Manner::AtOnce, Manner::AfterSending, Manner::InTheMiddleOfSending];
    let plan = KillPlan {
        after: 1 + random.below(OPERATIONS_PER_ROUND_MAX),
        manner: manner[random.below(manner.len() as u64) as usize],
    };
    let answered = AtomicU64::new(0);
    let outcomes: Vec<Result<(), String>> = std::thread::scope(|scope| {
        let threads: Vec<_> = writers
            .iter_mut()
            .map(|writer| {
                let random = Random::of(random.next(), 0);
                let (plan, answered) = (&plan, &answered);
                scope.spawn(move || {
                    let outcome = writer.run(server, random, answered, plan);
                    if outcome.is_err() {
                        // The other writers would otherwise go on for ever.
                        server.kill();
                    }
                    outcome
                })
            })
            .collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|_| Err("a writer panicked".to_owned()))
        };
        threads.into_iter().map(join).collect()
    });
    totals.acknowledged += answered.load(Ordering::SeqCst);
    outcomes.into_iter().collect()
}

/// Everything that the server holds belongs to some writer, and each writer finds what it should.
fn verify(
    server: &Server,
    writers: &mut [Writer],
    random: &mut Random,
    totals: &mut Totals,
) -> Result<usize, String> {
    let observation = Observation::read(&server.address)?;
    for (number, writer) in writers.iter_mut().enumerate() {
        let applied =
            observation.settle(writer, &SHARED).map_err(|error| format!("writer={number}: {error}"))?;
        match applied {
            Some(true) => totals.applied_in_flight += 1,
            Some(false) => totals.absent_in_flight += 1,
            None => {}
        }
    }
    let expected: usize = writers
        .iter()
        .flat_map(|writer| writer.acknowledged.values())
        .map(std::collections::BTreeMap::len)
        .sum();
    if observation.records() != expected {
        return Err(format!("{} records found, the writers know of {expected}", observation.records()));
    }
    observation.check_queries(&server.address, random)?;
    Ok(expected)
}

/// After the last kill: recover, stop as an operator does, start once more.
fn stop_and_verify(place: &Place, writers: &mut [Writer], seed: u64) -> Result<usize, String> {
    let mut random = Random::of(seed, u64::MAX);
    let mut totals = Totals::default();
    for _ in 0..2 {
        let server = Server::start(place)?;
        verify(&server, writers, &mut random, &mut totals)?;
        let status = server.terminate()?;
        if !status.success() {
            return Err(format!("SIGTERM ended the server with {status}"));
        }
    }
    let server = Server::start(place)?;
    verify(&server, writers, &mut random, &mut totals)
}

fn number_from(variable: &str, default: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable} takes a number, got `{text}`")),
        Err(_) => default,
    }
}
