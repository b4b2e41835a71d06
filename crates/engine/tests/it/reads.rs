//! Reads at the edges of the contract.

use huedb_engine::{Error, Existing, GetRequest, Include, QueryRequest, Selection};
use huedb_storage::kv::Faults;
use huedb_types::{Distance, DocumentPredicate, Filter, Record};

use crate::store::{Store, collection, new_collection, record};

#[test]
fn requested_ids_come_in_insertion_order_without_repeats_and_unknowns() {
    let engine = Store::new(&Faults::new()).open().unwrap();
    let docs = collection(&engine, "docs").unwrap();
    let records = ["c", "a", "b"].map(|id| record(id, &[1.0], 1)).to_vec();
    docs.add(records).unwrap().wait().unwrap();
    let get = |ids: &[&str]| {
        let ids = Some(ids.iter().map(|id| (*id).to_owned()).collect());
        let selection = Selection { ids, ..Selection::default() };
        let found = docs.get(&GetRequest { selection, include: Include::default() }).unwrap();
        found.into_iter().map(|record| record.id).collect::<Vec<_>>()
    };
    assert_eq!(get(&["b", "x", "c", "b"]), ["c", "b"]);
    assert_eq!(get(&[]), Vec::<String>::new());
}

#[test]
fn only_included_fields_are_read() {
    let engine = Store::new(&Faults::new()).open().unwrap();
    let docs = collection(&engine, "docs").unwrap();
    docs.add(vec![record("a", &[1.0], 2)]).unwrap().wait().unwrap();
    let request = GetRequest { selection: Selection::default(), include: Include::default() };
    assert_eq!(docs.get(&request).unwrap(), [Record { id: "a".into(), ..Record::default() }]);
}

#[test]
fn records_without_an_embedding_are_never_neighbours() {
    let engine = Store::new(&Faults::new()).open().unwrap();
    let docs = collection(&engine, "docs").unwrap();
    let bare = Record { id: "bare".into(), ..Record::default() };
    docs.add(vec![bare, record("a", &[1.0, 0.0], 1)]).unwrap().wait().unwrap();
    let request = QueryRequest { embeddings: vec![vec![0.0, 0.0]], k: u32::MAX, ..QueryRequest::default() };
    let hits = docs.query(&request).unwrap();
    assert_eq!(hits[0].iter().map(|hit| hit.record.id.as_str()).collect::<Vec<_>>(), ["a"]);
}

#[test]
fn embeddings_of_another_dimension_are_refused_whole() {
    let engine = Store::new(&Faults::new()).open().unwrap();
    let docs = collection(&engine, "docs").unwrap();
    let mixed = docs.add(vec![record("a", &[1.0, 2.0], 1), record("b", &[1.0], 1)]).err();
    assert_eq!(mixed, Some(Error::DimensionMismatch { expected: 2, actual: 1 }));
    assert_eq!((docs.count().unwrap(), docs.descriptor().shape.dimension), (0, None));
    docs.add(vec![record("a", &[1.0, 2.0], 1)]).unwrap().wait().unwrap();
    let query = QueryRequest { embeddings: vec![vec![1.0]], k: 1, ..QueryRequest::default() };
    assert_eq!(docs.query(&query).err(), Some(Error::DimensionMismatch { expected: 2, actual: 1 }));
}

#[test]
fn distances_are_what_their_names_say() {
    let engine = Store::new(&Faults::new()).open().unwrap();
    for (space, expected) in [(Distance::L2, 0.24), (Distance::Ip, 0.86), (Distance::Cosine, 0.393_023)] {
        let new = new_collection(&format!("in-{}", space.name()), space);
        let docs =
            engine.create_collection("default_tenant", "default_database", new, Existing::Fail).unwrap();
        docs.add(vec![record("v", &[0.1, 0.2, 0.3], 1)]).unwrap().wait().unwrap();
        let request =
            QueryRequest { embeddings: vec![vec![0.3, -0.2, 0.5]], k: 1, ..QueryRequest::default() };
        let distance = docs.query(&request).unwrap()[0][0].distance;
        assert!((distance - expected).abs() < 1e-6, "{space:?}: {distance}");
    }
}

#[test]
fn a_wrong_regular_expression_is_refused() {
    let engine = Store::new(&Faults::new()).open().unwrap();
    let docs = collection(&engine, "docs").unwrap();
    let filter = Some(Filter::Document(DocumentPredicate::Regex("(".into())));
    let selection = Selection { filter, ..Selection::default() };
    let refused = docs.get(&GetRequest { selection, include: Include::default() }).err();
    assert!(matches!(refused, Some(Error::InvalidFilter { .. })), "{refused:?}");
}

#[test]
fn a_query_restricted_to_ids_finds_only_those_and_refuses_unknown_ones() {
    let engine = Store::new(&Faults::new()).open().unwrap();
    let docs = collection(&engine, "docs").unwrap();
    let records = ["a", "b", "c"].map(|id| record(id, &[1.0], 1)).to_vec();
    docs.add(records).unwrap().wait().unwrap();
    let query = |ids: &[&str]| {
        let ids = Some(ids.iter().map(|id| (*id).to_owned()).collect());
        let request = QueryRequest { embeddings: vec![vec![1.0]], k: 9, ids, ..QueryRequest::default() };
        docs.query(&request).map(|hits| hits[0].iter().map(|hit| hit.record.id.clone()).collect::<Vec<_>>())
    };
    assert_eq!(query(&["c", "a", "c"]).unwrap(), ["a", "c"]);
    assert_eq!(query(&[]).unwrap(), Vec::<String>::new());
    assert_eq!(query(&["a", "x"]), Err(Error::RecordNotFound { id: "x".into() }));
}
