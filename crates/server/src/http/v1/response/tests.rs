use huedb_engine::Hit;
use huedb_types::{MetadataValue, Record, SparseVector};
use serde::Serialize;

use super::{GetResponse, QueryResponse};
use crate::http::v1::bodies::Field;

fn records() -> Vec<Record> {
    let metadata = [
        ("b", MetadataValue::Float(1.0)),
        ("a", MetadataValue::Int(1)),
        ("chroma:x", MetadataValue::Bool(true)),
    ];
    let full = Record {
        id: "a".into(),
        embedding: Some(vec![1.0, 0.1, -3.5e-10]),
        document: Some(String::new()),
        uri: Some("file://a".into()),
        metadata: metadata.map(|(key, value)| (key.to_owned(), value)).into(),
    };
    let hidden = Record {
        id: "b".into(),
        metadata: [("chroma:y".to_owned(), MetadataValue::Int(1))].into(),
        ..Record::default()
    };
    vec![full, hidden]
}

#[track_caller]
fn check(value: &impl Serialize, expected: &str) {
    assert_eq!(serde_json::to_string(value).unwrap(), expected);
}

#[test]
fn what_is_asked_for_is_a_list_aligned_with_the_ids_and_the_rest_is_null() {
    let all = [Field::Embeddings, Field::Metadatas, Field::Documents, Field::Uris, Field::Data];
    check(
        &GetResponse::new(records(), all.to_vec()),
        "{\"ids\":[\"a\",\"b\"],\"embeddings\":[[1.0,0.1,-3.5e-10],null],\"metadatas\":[{\"a\":1,\"b\":1.0},null],\
         \"documents\":[\"\",null],\"uris\":[\"file://a\",null],\"data\":null,\
         \"included\":[\"embeddings\",\"metadatas\",\"documents\",\"uris\",\"data\"]}",
    );
    check(
        &GetResponse::new(records(), vec![Field::Distances]),
        "{\"ids\":[\"a\",\"b\"],\"embeddings\":null,\"metadatas\":null,\"documents\":null,\"uris\":null,\
         \"data\":null,\"included\":[\"distances\"]}",
    );
}

#[test]
fn an_empty_answer_has_empty_data_if_data_was_asked_for() {
    check(
        &GetResponse::new(vec![], vec![Field::Embeddings, Field::Data]),
        "{\"ids\":[],\"embeddings\":[],\"metadatas\":null,\"documents\":null,\"uris\":null,\"data\":[],\
         \"included\":[\"embeddings\",\"data\"]}",
    );
}

#[test]
fn a_query_has_one_list_per_embedding() {
    let hits = records().into_iter().map(|record| Hit { record, distance: 0.25 }).collect();
    check(
        &QueryResponse::new(vec![hits, vec![]], vec![Field::Distances, Field::Documents]),
        "{\"ids\":[[\"a\",\"b\"],[]],\"distances\":[[0.25,0.25],[]],\"metadatas\":null,\"embeddings\":null,\
         \"documents\":[[\"\",null],[]],\"uris\":null,\"data\":null,\"included\":[\"distances\",\"documents\"]}",
    );
}

#[test]
fn values_of_the_second_generation_are_shown_as_there() {
    let sparse = SparseVector { indices: vec![1, 5], values: vec![0.5, 1.0], tokens: None };
    let metadata = [
        ("l".to_owned(), MetadataValue::IntArray(vec![1, 2])),
        ("s".to_owned(), MetadataValue::Sparse(sparse)),
    ];
    let record = Record { id: "a".into(), metadata: metadata.into(), ..Record::default() };
    check(
        &GetResponse::new(vec![record], vec![Field::Metadatas]),
        "{\"ids\":[\"a\"],\"embeddings\":null,\"metadatas\":[{\"l\":[1,2],\
         \"s\":{\"#type\":\"sparse_vector\",\"indices\":[1,5],\"values\":[0.5,1.0]}}],\
         \"documents\":null,\"uris\":null,\"data\":null,\"included\":[\"metadatas\"]}",
    );
}
