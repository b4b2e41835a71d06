//! One form for answers that mean the same: records at one distance come in any order, and an id that
//! was made up for an error text is any id.

use serde_json::Value;

use crate::Answer;

/// Closer distances than this are one distance.
const TIE: f64 = 1e-6;

pub fn normal_form(answer: &Answer) -> Answer {
    let text = match serde_json::from_str(&answer.text) {
        Ok(mut value) => {
            sort_ties(&mut value);
            blank_made_up_id(&mut value);
            Value::to_string(&value)
        }
        Err(_) => answer.text.clone(),
    };
    Answer { status: answer.status, text }
}

/// Sorts hits of one distance by id, in all parallel lists of a query's answer.
fn sort_ties(answer: &mut Value) {
    let Some(distances) = answer["distances"].as_array().cloned() else { return };
    for (query, distances) in distances.iter().enumerate() {
        let distances: Vec<f64> =
            distances.as_array().unwrap().iter().map(|d| d.as_f64().unwrap_or(0.0)).collect();
        let ids: Vec<String> =
            answer["ids"][query].as_array().unwrap().iter().map(ToString::to_string).collect();
        let mut group = 0;
        let groups: Vec<usize> = (0..distances.len())
            .map(|at| {
                let is_tie =
                    at > 0 && distances[at] - distances[at - 1] <= TIE * distances[at].abs().max(1.0);
                group += usize::from(!is_tie);
                group
            })
            .collect();
        let mut order: Vec<usize> = (0..distances.len()).collect();
        order.sort_by_key(|&at| (groups[at], &ids[at]));
        for list in ["ids", "embeddings", "metadatas", "documents", "uris"] {
            if let Some(items) = answer[list][query].as_array_mut() {
                *items = order.iter().map(|&at| items[at].clone()).collect();
            }
        }
    }
}

/// A collection of an unknown database was refused with the id that it would have had.
fn blank_made_up_id(answer: &mut Value) {
    const BEFORE: &str = "UniqueConstraintError('Collection ";
    const AFTER: &str = " already exists')";
    if let Some(error) = answer["error"].as_str()
        && let Some(id) = error.strip_prefix(BEFORE).and_then(|rest| rest.strip_suffix(AFTER))
        && uuid::Uuid::try_parse(id).is_ok()
    {
        answer["error"] = Value::String(format!("{BEFORE}some id{AFTER}"));
    }
}
