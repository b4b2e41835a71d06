//! One client thread: it owns its ids and its collections, keeps what was acknowledged and what is in flight.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;

use crate::http::Request;
use crate::model::{Change, CollectionIds, Collections, Operation, WriteKind};
use crate::process::Server;
use crate::random::Random;

pub(crate) const DIMENSIONS: usize = 64;
/// Few enough that upserts, updates and deletes often meet a record that exists.
const IDS_PER_COLLECTION: u64 = 300;
const BATCH_RECORDS_MAX: u64 = 50;
const OWN_COLLECTIONS_MAX: usize = 3;
/// Values of the metadata field that deletions by filter use.
const TAGS: u64 = 40;

/// When and how a round's kill falls.
pub(crate) struct KillPlan {
    /// After so many acknowledged operations of all writers.
    pub(crate) after: u64,
    pub(crate) manner: Manner,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// While the other writers wait for their answers.
    AtOnce,
    /// With one more request sent and no answer read.
    AfterSending,
    /// With half a request sent: none of it may ever be seen.
    InTheMiddleOfSending,
}

pub(crate) struct Writer {
    number: u64,
    /// What was acknowledged, of this writer's ids.
    pub(crate) acknowledged: Collections,
    /// Sent, and not answered when the server died.
    pub(crate) in_flight: Option<Operation>,
    pub(crate) collection_ids: CollectionIds,
    created: u64,
}

impl Writer {
    pub(crate) fn new(number: u64, shared: &[&str]) -> Self {
        let acknowledged = shared.iter().map(|name| ((*name).to_owned(), BTreeMap::new())).collect();
        Self { number, acknowledged, in_flight: None, collection_ids: CollectionIds::new(), created: 0 }
    }

    pub(crate) fn owns_id(&self, id: &str) -> bool {
        id.starts_with(&format!("w{}-", self.number))
    }

    pub(crate) fn owns_collection(&self, name: &str) -> bool {
        name.starts_with(&format!("own-w{}-", self.number))
    }

    /// Sends operations until the server is dead. The writer whose answer is number `plan.after` kills it.
    pub(crate) fn run(
        &mut self,
        server: &Server,
        mut random: Random,
        answered: &AtomicU64,
        plan: &KillPlan,
    ) -> Result<(), String> {
        loop {
            let operation = self.next_operation(&mut random);
            let request = self.request(&operation)?;
            // The intent comes before the request: from here on the server may have done it.
            self.in_flight = Some(operation);
            let answer = match request.send(&server.address) {
                Ok(answer) => answer,
                Err(_) if server.was_killed() => return Ok(()),
                Err(error) => return Err(format!("the server broke the connection by itself: {error}")),
            };
            let Some(operation) = self.in_flight.take() else { return Err("no intent".to_owned()) };
            match answer.status {
                200 | 201 => self.acknowledge(&operation, &answer.text)?,
                // Refused because the server is busy: promised not to be stored.
                503 => continue,
                status => {
                    return Err(format!("{operation:.300?} was answered {status}: {}", answer.text));
                }
            }
            if answered.fetch_add(1, Ordering::SeqCst) + 1 == plan.after {
                return self.kill(server, &mut random, plan.manner);
            }
        }
    }

    fn kill(&mut self, server: &Server, random: &mut Random, manner: Manner) -> Result<(), String> {
        if manner == Manner::AtOnce {
            server.kill();
            return Ok(());
        }
        let operation = self.next_operation(random);
        let half = manner == Manner::InTheMiddleOfSending;
        let connection = self.request(&operation)?.abandon(&server.address, half)?;
        server.kill();
        drop(connection);
        // A request that was never complete is no intent.
        self.in_flight = (!half).then_some(operation);
        Ok(())
    }

    fn request(&self, operation: &Operation) -> Result<Request, String> {
        let request = operation.request(&self.collection_ids);
        request.ok_or_else(|| format!("no id known for the collection of {operation:.200?}"))
    }

    fn acknowledge(&mut self, operation: &Operation, answer: &str) -> Result<(), String> {
        let json: Value =
            serde_json::from_str(answer).map_err(|error| format!("an answer is not JSON: {error}"))?;
        if let Operation::CreateCollection { name } = operation {
            let id = json["id"].as_str().ok_or("a created collection has no id")?;
            self.collection_ids.insert(name.clone(), id.to_owned());
        }
        operation.apply(&mut self.acknowledged);
        Ok(())
    }

    fn next_operation(&mut self, random: &mut Random) -> Operation {
        let own: Vec<String> =
            self.acknowledged.keys().filter(|name| self.owns_collection(name)).cloned().collect();
        if own.len() < OWN_COLLECTIONS_MAX && random.chance(4) {
            self.created += 1;
            return Operation::CreateCollection { name: format!("own-w{}-{}", self.number, self.created) };
        }
        if !own.is_empty() && random.chance(3) {
            return Operation::DropCollection { name: pick(&own, random) };
        }
        let collections: Vec<String> = self.acknowledged.keys().cloned().collect();
        let collection = pick(&collections, random);
        match random.below(100) {
            0..30 => self.write(WriteKind::Add, collection, random),
            30..55 => self.write(WriteKind::Upsert, collection, random),
            55..75 => self.write(WriteKind::Update, collection, random),
            75..95 => Operation::Delete { ids: self.pick_ids(random).into_iter().collect(), collection },
            _ => {
                let tag = random.below(TAGS) as i64;
                let conditions = [("writer", self.number as i64), ("tag", tag)];
                let conditions = conditions.map(|(key, value)| (key.to_owned(), value)).into();
                Operation::DeleteWhere { collection, conditions }
            }
        }
    }

    fn write(&self, kind: WriteKind, collection: String, random: &mut Random) -> Operation {
        let ids = self.pick_ids(random);
        let changes = ids.into_iter().map(|id| (id, self.change(kind, random))).collect();
        Operation::Write { kind, collection, changes }
    }

    fn pick_ids(&self, random: &mut Random) -> std::collections::BTreeSet<String> {
        let count = 1 + random.below(BATCH_RECORDS_MAX);
        (0..count).map(|_| format!("w{}-{:03}", self.number, random.below(IDS_PER_COLLECTION))).collect()
    }

    fn change(&self, kind: WriteKind, random: &mut Random) -> Change {
        let embedding =
            (kind != WriteKind::Update || random.chance(50)).then(|| random.unit_vector(DIMENSIONS));
        let document = random.chance(80).then(|| random.text(200));
        let mut metadata = BTreeMap::new();
        // A new record always says whose it is, so that deletions by filter stay with their writer.
        if kind != WriteKind::Update {
            metadata.insert("writer".to_owned(), Some(self.number as i64));
        }
        if random.chance(70) {
            metadata.insert("tag".to_owned(), Some(random.below(TAGS) as i64));
        }
        if random.chance(30) {
            let value = random.below(1_000_000) as i64;
            // Only an update may delete a key.
            let deleted = kind == WriteKind::Update && random.chance(40);
            metadata.insert(format!("key{}", random.below(5)), (!deleted).then_some(value));
        }
        Change { document, metadata, embedding }
    }
}

fn pick(names: &[String], random: &mut Random) -> String {
    names[random.below(names.len() as u64) as usize].clone()
}
