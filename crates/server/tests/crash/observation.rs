//! What a server holds, read through its API, and how that compares with the writers' logs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::http::Request;
use crate::model::{CollectionIds, Collections, DATABASE, Record, Records};
use crate::random::Random;
use crate::writer::Writer;

/// A record must find itself at this distance or less.
const SELF_DISTANCE_MAX: f64 = 1e-5;

pub(crate) struct Observation {
    pub(crate) collections: Collections,
    pub(crate) collection_ids: CollectionIds,
}

impl Observation {
    /// Reads every record of every collection.
    pub(crate) fn read(address: &str) -> Result<Self, String> {
        let list = Request::get(format!("{DATABASE}/collections")).json(address)?;
        let mut observation = Self { collections: Collections::new(), collection_ids: CollectionIds::new() };
        for collection in list.as_array().ok_or("the list of collections is no list")? {
            let name = text(&collection["name"])?;
            let id = text(&collection["id"])?;
            let records =
                read_records(address, &id).map_err(|error| format!("collection {name}: {error}"))?;
            if observation.collections.insert(name.clone(), records).is_some() {
                return Err(format!("collection {name} is listed twice"));
            }
            observation.collection_ids.insert(name, id);
        }
        Ok(observation)
    }

    pub(crate) fn records(&self) -> usize {
        self.collections.values().map(BTreeMap::len).sum()
    }

    /// The part that belongs to one writer: its ids in the shared collections and its own collections.
    fn part_of(&self, writer: &Writer, shared: &[&str]) -> Collections {
        let own_records = |records: &Records| {
            let own = records.iter().filter(|(id, _)| writer.owns_id(id));
            own.map(|(id, record)| (id.clone(), record.clone())).collect()
        };
        self.collections
            .iter()
            .filter(|(name, _)| shared.contains(&name.as_str()) || writer.owns_collection(name))
            .map(|(name, records)| (name.clone(), own_records(records)))
            .collect()
    }

    /// Compares with the writer's log. The request in flight may be there, but then all of it; the writer's
    /// state becomes what is there. Returns whether there was such a request, and whether it was applied.
    pub(crate) fn settle(&self, writer: &mut Writer, shared: &[&str]) -> Result<Option<bool>, String> {
        let found = self.part_of(writer, shared);
        writer.collection_ids = self.collection_ids.clone();
        let in_flight = writer.in_flight.take();
        let without = difference(&writer.acknowledged, &found);
        let Some(operation) = in_flight else {
            return without
                .map_or(Ok(None), |difference| Err(format!("acknowledged is not present: {difference}")));
        };
        let mut with_it = writer.acknowledged.clone();
        operation.apply(&mut with_it);
        match (without, difference(&with_it, &found)) {
            (None, _) => Ok(Some(false)),
            (Some(_), None) => {
                writer.acknowledged = with_it;
                Ok(Some(true))
            }
            (Some(without), Some(with)) => Err(format!(
                "neither the state before nor the one after the request in flight is present\n\
                 request: {operation:.400?}\nagainst the state before: {without}\nagainst the state after: {with}"
            )),
        }
    }

    /// Records chosen at random must be found by their own vectors.
    pub(crate) fn check_queries(&self, address: &str, random: &mut Random) -> Result<(), String> {
        const SAMPLE: usize = 5;
        for (name, records) in self.collections.iter().filter(|(_, records)| !records.is_empty()) {
            for _ in 0..SAMPLE {
                let number = random.below(records.len() as u64) as usize;
                let Some((id, record)) = records.iter().nth(number) else { continue };
                let path = format!("{DATABASE}/collections/{}/query", self.collection_ids[name]);
                let body = json!({
                    "query_embeddings": [record.embedding], "n_results": 2, "include": ["distances"],
                });
                let answer = Request::post(path, &body).json(address)?;
                let (found, distance) = (&answer["ids"][0][0], answer["distances"][0][0].as_f64());
                if found != id.as_str() || distance.is_none_or(|distance| distance.abs() > SELF_DISTANCE_MAX)
                {
                    return Err(format!("collection {name}: {id} does not find itself: {answer}"));
                }
            }
        }
        Ok(())
    }
}

fn read_records(address: &str, id: &str) -> Result<Records, String> {
    let path = format!("{DATABASE}/collections/{id}");
    let include = json!({"include": ["documents", "metadatas", "embeddings"]});
    let answer = Request::post(format!("{path}/get"), &include).json(address)?;
    let column =
        |name: &str| answer[name].as_array().ok_or_else(|| format!("the answer has no column {name}"));
    let (ids, documents) = (column("ids")?, column("documents")?);
    let (metadatas, embeddings) = (column("metadatas")?, column("embeddings")?);
    let mut records = Records::new();
    for (number, id) in ids.iter().enumerate() {
        let record = Record {
            document: documents[number].as_str().map(str::to_owned),
            metadata: metadata(&metadatas[number])?,
            embedding: embeddings[number].as_array().map_or_else(Vec::new, |numbers| {
                numbers.iter().filter_map(Value::as_f64).map(|number| number as f32).collect()
            }),
        };
        let id = text(id)?;
        if records.insert(id.clone(), record).is_some() {
            return Err(format!("record {id} is returned twice"));
        }
    }
    let count = Request::get(format!("{path}/count")).json(address)?;
    if count != records.len() {
        return Err(format!("count says {count}, get returns {}", records.len()));
    }
    Ok(records)
}

fn metadata(value: &Value) -> Result<BTreeMap<String, i64>, String> {
    let Some(object) = value.as_object() else { return Ok(BTreeMap::new()) };
    object
        .iter()
        .map(|(key, value)| {
            let number = value.as_i64().ok_or_else(|| format!("metadata {key} is {value}, not a number"))?;
            Ok((key.clone(), number))
        })
        .collect()
}

fn text(value: &Value) -> Result<String, String> {
    value.as_str().map(str::to_owned).ok_or_else(|| format!("expected a text, got {value}"))
}

/// The first difference between two states, in words.
fn difference(expected: &Collections, found: &Collections) -> Option<String> {
    if let Some(name) = expected.keys().find(|name| !found.contains_key(*name)) {
        return Some(format!("collection {name} is missing"));
    }
    if let Some(name) = found.keys().find(|name| !expected.contains_key(*name)) {
        return Some(format!("collection {name} should not exist"));
    }
    expected.iter().find_map(|(name, records)| {
        let there = &found[name];
        let missing = records.keys().filter(|id| !there.contains_key(*id)).count();
        let surplus = there.keys().filter(|id| !records.contains_key(*id)).count();
        let changed =
            records.iter().find(|(id, record)| there.get(*id).is_some_and(|other| other != *record));
        if missing == 0 && surplus == 0 && changed.is_none() {
            return None;
        }
        let changed = changed.map_or_else(
            || "none changed".to_owned(),
            |(id, record)| format!("{id} changed: {}", there[id].difference(record)),
        );
        Some(format!("collection {name}: {missing} records missing, {surplus} resurrected; {changed}"))
    })
}
