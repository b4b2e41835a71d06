use std::sync::Arc;

use huedb_types::{DocId, MetadataValue, Record};

use super::{KEYS_MAX, MetadataKind, Shape};
use crate::log::Change;

fn put(embedding: Option<Vec<f32>>, metadata: &[(&str, MetadataValue)]) -> Change {
    let metadata = metadata.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    Change::Put { doc_id: DocId(0), record: Record { embedding, metadata, ..Record::default() } }
}

#[test]
fn a_shape_learns_each_thing_once() {
    let changes = [
        put(None, &[("k", MetadataValue::Int(1))]),
        put(Some(vec![1.0, 2.0]), &[("k", MetadataValue::StrArray(vec!["a".into()]))]),
        Change::Delete { id: "x".into() },
    ];
    let learnt = Shape::default().learn(changes.iter()).expect("there is something to learn");
    assert_eq!(learnt.dimension, Some(2));
    let has = |kind| learnt.metadata_keys["k"].contains(kind);
    assert_eq!(MetadataKind::ALL.map(has), [false, true, false, true, false]);
    assert_eq!(learnt.learn(changes.iter()), None);
    assert_eq!(Shape::decode(&learnt.encode()).map(Arc::new), Ok(learnt));
}

#[test]
fn the_number_of_remembered_keys_is_bounded() {
    let keys: Vec<_> = (0..KEYS_MAX + 10).map(|number| format!("k{number}")).collect();
    let metadata: Vec<_> = keys.iter().map(|key| (key.as_str(), MetadataValue::Bool(true))).collect();
    let changes = [put(None, &metadata)];
    let learnt = Shape::default().learn(changes.iter()).expect("there is something to learn");
    assert_eq!(learnt.metadata_keys.len(), KEYS_MAX);
    assert_eq!(learnt.learn(changes.iter()), None);
}
