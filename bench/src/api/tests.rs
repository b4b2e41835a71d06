use serde_json::Value;

use super::{Encoding, add_body, id, index_of, query_body};
use crate::data::{DataSizes, Dataset};

fn data() -> Dataset {
    Dataset::generate(DataSizes { records: 10, dimensions: 3, queries: 2, seed: 1 })
}

#[test]
fn an_add_body_is_json_with_one_entry_a_record() {
    let data = data();
    let body: Value = serde_json::from_str(&add_body(&data, 4..7, Encoding::Numbers)).unwrap();
    assert_eq!(body["ids"], serde_json::json!(["record-00000004", "record-00000005", "record-00000006"]));
    assert_eq!(body["documents"].as_array().unwrap().len(), 3);
    assert_eq!(body["metadatas"][0].as_object().unwrap().len(), 5);
    let sent: Vec<f32> =
        body["embeddings"][1].as_array().unwrap().iter().map(|n| n.as_f64().unwrap() as f32).collect();
    assert_eq!(sent, data.vector(5));
}

#[test]
fn base64_holds_the_little_endian_bytes_of_the_vector() {
    let data = data();
    let body: Value = serde_json::from_str(&add_body(&data, 0..1, Encoding::Base64)).unwrap();
    // 12 bytes are 16 characters without padding.
    assert_eq!(body["embeddings"][0].as_str().unwrap().len(), 16);
    let mut text = String::new();
    super::push_vector(&mut text, &[1.0], Encoding::Base64);
    assert_eq!(text, "\"AACAPw==\"");
}

#[test]
fn a_query_body_carries_its_conditions() {
    let body: Value = serde_json::from_str(&query_body(&[0.5, 1.0], 10, "\"where\":{\"c10\":3},")).unwrap();
    assert_eq!(body["where"]["c10"], 3);
    assert_eq!(body["n_results"], 10);
    assert_eq!(body["query_embeddings"][0][0], 0.5);
}

#[test]
fn an_id_gives_its_record_number_back() {
    assert_eq!(index_of(&id(123)), Some(123));
    assert_eq!(index_of("other"), None);
}
