//! When two answers mean the same: ids, times and the machine's cores may differ, floats are equal
//! within the precision of 32 bits, and records at one distance come in any order.

use std::collections::BTreeMap;

use serde_json::Value;

/// How far two floats may be apart, relative to what they are, or to 1 if they are smaller.
const TOLERANCE: f64 = 1e-6;

/// Fields whose values say when and where the server ran.
const INCIDENTAL: [&str; 2] = ["nanosecond heartbeat", "num_threads"];

/// Parallel lists of a query's answer.
const QUERY_LISTS: [&str; 5] = ["ids", "embeddings", "metadatas", "documents", "uris"];

/// Which of our ids stands for which recorded one.
#[derive(Default)]
pub(crate) struct Identities {
    ours: BTreeMap<String, String>,
}

impl Identities {
    /// `text` with our ids in place of the recorded ones, in both spellings that the recording has.
    pub(crate) fn replace_in(&self, text: &str) -> String {
        let bare = |id: &str| id.replace('-', "").to_uppercase();
        self.ours.iter().fold(text.to_owned(), |text, (recorded, ours)| {
            text.replace(recorded, ours).replace(&bare(recorded), &bare(ours))
        })
    }

    /// An unknown recorded id stands for the one that came in its place; a known one is compared.
    fn match_up(&mut self, recorded: &str, ours: &str) -> bool {
        self.ours.entry(recorded.to_owned()).or_insert_with(|| ours.to_owned()) == ours
    }
}

/// Whether `ours` is what `recorded` says, both texts being the bodies of answers to `path`.
pub(crate) fn are_equal(path: &str, recorded: &str, ours: &str, identities: &mut Identities) -> bool {
    let (Ok(mut recorded), Ok(mut ours)) = (serde_json::from_str(recorded), serde_json::from_str(ours))
    else {
        return recorded == ours;
    };
    for answer in [&mut recorded, &mut ours] {
        sort_ties(answer);
        blank_made_up_id(answer);
    }
    if path.split('?').next().is_some_and(|path| path.ends_with("/collections")) {
        return are_lists_equal(path, &recorded, &ours, identities);
    }
    are_values_equal(&recorded, &ours, identities)
}

/// Lists of collections are ordered by id, and ids are random: the order is checked by itself. Of a
/// part of a list only the length can be compared.
fn are_lists_equal(path: &str, recorded: &Value, ours: &Value, identities: &mut Identities) -> bool {
    let (Some(recorded), Some(ours)) = (recorded.as_array(), ours.as_array()) else {
        return are_values_equal(recorded, ours, identities);
    };
    let by_name = |list: &[Value]| {
        let mut list = list.to_vec();
        list.sort_by_key(|collection| collection["name"].to_string());
        Value::Array(list)
    };
    let is_ordered = ours.is_sorted_by_key(|collection| collection["id"].to_string());
    let is_part = path.contains("limit") || path.contains("offset");
    let is_part = is_part && !path.contains("limit=100");
    recorded.len() == ours.len()
        && is_ordered
        && (is_part || are_values_equal(&by_name(recorded), &by_name(ours), identities))
}

fn are_values_equal(recorded: &Value, ours: &Value, identities: &mut Identities) -> bool {
    match (recorded, ours) {
        (Value::Object(recorded), Value::Object(ours)) => {
            recorded.len() == ours.len()
                && recorded.iter().all(|(key, recorded)| {
                    ours.get(key).is_some_and(|ours| are_fields_equal(key, recorded, ours, identities))
                })
        }
        (Value::Array(recorded), Value::Array(ours)) => {
            recorded.len() == ours.len()
                && recorded
                    .iter()
                    .zip(ours)
                    .all(|(recorded, ours)| are_values_equal(recorded, ours, identities))
        }
        // An integer is never equal to a float: clients see the type.
        (Value::Number(recorded), Value::Number(ours)) if recorded.is_f64() && ours.is_f64() => {
            let (Some(recorded), Some(ours)) = (recorded.as_f64(), ours.as_f64()) else { return false };
            (recorded - ours).abs() <= TOLERANCE * recorded.abs().max(1.0)
        }
        (Value::String(recorded), Value::String(ours)) => identities.replace_in(recorded) == *ours,
        (recorded, ours) => recorded == ours,
    }
}

fn are_fields_equal(key: &str, recorded: &Value, ours: &Value, identities: &mut Identities) -> bool {
    match (key, recorded, ours) {
        ("id", Value::String(recorded), Value::String(ours)) => identities.match_up(recorded, ours),
        _ if INCIDENTAL.contains(&key) => recorded.is_u64() && ours.is_u64(),
        _ => are_values_equal(recorded, ours, identities),
    }
}

/// Sorts hits of one distance by id, in all parallel lists.
fn sort_ties(answer: &mut Value) {
    let Some(queries) = answer.get("distances").and_then(Value::as_array).cloned() else { return };
    for (query, distances) in queries.iter().enumerate() {
        let distances: Vec<f64> = distances
            .as_array()
            .unwrap()
            .iter()
            // The recorded server had distances to NaN.
            .map(|distance| distance.as_f64().unwrap_or(f64::INFINITY))
            .collect();
        let ids: Vec<String> =
            answer["ids"][query].as_array().unwrap().iter().map(ToString::to_string).collect();
        let is_tie =
            |at: usize| distances[at] - distances[at - 1] <= TOLERANCE * distances[at].abs().max(1.0);
        let mut groups = vec![0; ids.len()];
        for at in 1..ids.len() {
            groups[at] = groups[at - 1] + usize::from(!is_tie(at));
        }
        let mut order: Vec<usize> = (0..ids.len()).collect();
        order.sort_by_key(|&at| (groups[at], &ids[at]));
        for list in QUERY_LISTS {
            if let Some(items) = answer[list].get_mut(query).and_then(Value::as_array_mut) {
                *items = order.iter().map(|&at| items[at].clone()).collect();
            }
        }
    }
}

/// A collection of an unknown database is refused with the id that it would have had.
fn blank_made_up_id(answer: &mut Value) {
    const BEFORE: &str = "UniqueConstraintError('Collection ";
    const AFTER: &str = " already exists')";
    if let Some(error) = answer.get("error").and_then(Value::as_str)
        && let Some(id) = error.strip_prefix(BEFORE).and_then(|rest| rest.strip_suffix(AFTER))
        && uuid::Uuid::try_parse(id).is_ok()
    {
        answer["error"] = Value::String(format!("{BEFORE}of some id{AFTER}"));
    }
}
