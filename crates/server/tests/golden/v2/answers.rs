//! When two answers are the same: ids, times and the machine's cores may differ, nothing else.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::recording::Answer;

/// Distances and embeddings are 32-bit floats.
const TOLERANCE: f64 = 1e-6;

/// Fields whose values say when and where the server ran.
const INCIDENTAL: [&str; 2] = ["nanosecond heartbeat", "num_threads"];

/// Which of our ids stands for which recorded one.
#[derive(Default)]
pub(crate) struct Identities {
    ours: BTreeMap<String, String>,
}

impl Identities {
    /// `text` with our ids in place of the recorded ones.
    pub(crate) fn replace_in(&self, text: &str) -> String {
        self.ours.iter().fold(text.to_owned(), |text, (recorded, ours)| text.replace(recorded, ours))
    }

    /// An unknown recorded id stands for the one that came in its place; a known one is compared.
    fn match_up(&mut self, recorded: &str, ours: &str) -> bool {
        let known = self.ours.entry(recorded.to_owned()).or_insert_with(|| ours.to_owned());
        known == ours
    }
}

/// How much of an answer has to be equal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// All of it.
    Whole,
    /// What the Python client 0.6.3 reads: of an error the status and the name, of an acknowledgement
    /// only that it is one, and no key that it has a default for. Its collections may have no other key.
    ByPython06,
}

/// Keys that the Python client 0.6.3 does not need.
const OPTIONAL_FOR_PYTHON_06: [&str; 3] = ["attributes", "data", "included"];

pub(crate) fn are_equal(
    reading: Reading,
    path: &str,
    recorded: &Answer,
    ours: &Answer,
    identities: &mut Identities,
) -> bool {
    let parsed = |answer: &Answer| serde_json::from_str::<Value>(&answer.text).ok();
    match (parsed(recorded), parsed(ours)) {
        (Some(Value::Array(recorded)), Some(Value::Array(ours))) if is_collection_list(path) => {
            are_lists_equal(path, &recorded, &ours, identities)
        }
        (Some(mut recorded), Some(mut ours)) => {
            if reading == Reading::ByPython06 {
                reduce_to_python_06(&mut recorded, &mut ours);
            }
            are_values_equal(&recorded, &ours, identities)
        }
        (None, None) => recorded.text == ours.text,
        _ => false,
    }
}

fn reduce_to_python_06(recorded: &mut Value, ours: &mut Value) {
    let is_acknowledgement =
        (recorded.is_null() || recorded.is_boolean()) && (ours.is_object() || ours == recorded);
    if is_acknowledgement {
        *ours = recorded.clone();
    }
    let (Value::Object(recorded), Value::Object(ours)) = (recorded, ours) else { return };
    if recorded.contains_key("error") {
        recorded.remove("message");
    }
    if !recorded.contains_key("configuration_json") {
        recorded.retain(|key, _| !OPTIONAL_FOR_PYTHON_06.contains(&key.as_str()));
        ours.retain(|key, _| recorded.contains_key(key));
    }
}

fn is_collection_list(path: &str) -> bool {
    path.split('?').next().is_some_and(|path| path.ends_with("/collections"))
}

/// Lists of collections are ordered by id, and ids are random: the order is checked by itself. Of a
/// part of a list only the length can be compared.
fn are_lists_equal(path: &str, recorded: &[Value], ours: &[Value], identities: &mut Identities) -> bool {
    let by_name = |list: &[Value]| {
        let mut list = list.to_vec();
        list.sort_by_key(|collection| collection["name"].to_string());
        Value::Array(list)
    };
    let is_ordered = ours.is_sorted_by_key(|collection| collection["id"].to_string());
    let is_part = path.contains('?');
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
