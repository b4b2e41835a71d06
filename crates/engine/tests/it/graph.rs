//! Collections that are large enough for a graph.

use std::collections::HashSet;

use huedb_engine::{
    Collection, Engine, EngineOptions, Explanation, GetRequest, Include, QueryRequest, SearchPlan, Selection,
    SourceKind,
};
use huedb_storage::blob::{BlobName, BlobStore};
use huedb_storage::kv::Faults;
use huedb_storage::segment::{SectionId, SegmentReader};
use huedb_types::{Filter, Number, Predicate};

use crate::store::{Store, collection, record};

pub(crate) const DIMENSIONS: usize = 8;
const RECORDS: i64 = 2_500;
const K: usize = 10;

pub(crate) fn open(store: &Store) -> Engine {
    store
        .open_with_options(EngineOptions {
            memtable_bytes_max: 100 << 10,
            graph_rows_min: 1_000,
            ..EngineOptions::default()
        })
        .unwrap()
}

/// Numbers without a pattern, the same ones for the same record and round.
pub(crate) fn embedding(number: i64, round: u64) -> Vec<f32> {
    let mut state = number as u64 * 1_000_003 + round * 7_919;
    let mut next = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        ((mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB) >> 40) as f32 / (1_u64 << 24) as f32
    };
    (0..DIMENSIONS).map(|_| next()).collect()
}

fn fill(docs: &Collection, numbers: impl Iterator<Item = i64>) {
    let records: Vec<_> =
        numbers.map(|number| record(&number.to_string(), &embedding(number, 0), number)).collect();
    for part in records.chunks(100) {
        docs.add(part.to_vec()).unwrap().wait().unwrap();
    }
}

fn query(number: i64, filter: Option<Filter>) -> QueryRequest {
    let embeddings = vec![embedding(number, 1)];
    QueryRequest { embeddings, k: K as u32, filter, ..QueryRequest::default() }
}

fn explain(docs: &Collection) -> Explanation {
    docs.explain(&query(1, None)).unwrap().1
}

/// Returns once most of the records are in a graph.
pub(crate) fn wait_for_graph(docs: &Collection) {
    let is_built = || {
        let searches = explain(docs).searches;
        let graph = searches[0].iter().filter(|search| search.plan == SearchPlan::Graph);
        graph.map(|search| u64::from(search.rows)).sum::<u64>() * 2 > docs.count().unwrap()
    };
    while !is_built() {
        std::thread::yield_now();
    }
}

/// The share of the nearest among `numbers` that queries find; their distances must be exact.
fn recall(docs: &Collection, numbers: &[i64], filter: Option<&Filter>) -> f64 {
    let mut found = 0;
    for target in 0..20 {
        let request = query(target, filter.cloned());
        let distance = |number: i64| {
            let pairs = embedding(number, 0).into_iter().zip(request.embeddings[0].clone());
            pairs.map(|(a, b)| (a - b) * (a - b)).sum::<f32>()
        };
        let mut nearest: Vec<_> = numbers.iter().map(|number| (distance(*number), *number)).collect();
        nearest.sort_by(|a, b| a.0.total_cmp(&b.0));
        let nearest: HashSet<String> = nearest[..K].iter().map(|(_, number)| number.to_string()).collect();
        let hits = docs.query(&request).unwrap().remove(0);
        assert_eq!(hits.len(), K);
        for hit in &hits {
            let expected = distance(hit.record.id.parse().unwrap());
            assert!((hit.distance - expected).abs() <= 1e-5, "{} and {expected}", hit.distance);
        }
        found += hits.iter().filter(|hit| nearest.contains(&hit.record.id)).count();
    }
    found as f64 / (20 * K) as f64
}

fn first_half() -> Filter {
    Filter::Metadata { key: "n".to_owned(), predicate: Predicate::Lt(Number::Int(RECORDS / 2)) }
}

#[test]
fn a_large_collection_gets_a_graph_that_outlives_restarts_and_deletes() {
    let store = Store::new(&Faults::new());
    let engine = open(&store);
    let docs = collection(&engine, "docs").unwrap();
    fill(&docs, 0..RECORDS);
    wait_for_graph(&docs);
    let all: Vec<i64> = (0..RECORDS).collect();
    assert!(recall(&docs, &all, None) >= 0.98);
    let half: Vec<i64> = (0..RECORDS / 2).collect();
    assert!(recall(&docs, &half, Some(&first_half())) >= 0.98);

    let ids = (0..RECORDS).filter(|number| number % 25 == 0).map(|number| number.to_string()).collect();
    docs.delete(&Selection { ids: Some(ids), ..Selection::default() }).unwrap().wait().unwrap();
    let rest: Vec<i64> = (0..RECORDS).filter(|number| number % 25 != 0).collect();
    assert!(recall(&docs, &rest, None) >= 0.98);
    fill(&docs, RECORDS..RECORDS + 500);
    engine.close().unwrap();

    let engine = open(&store.after_close());
    let docs = collection(&engine, "docs").unwrap();
    let searches = explain(&docs).searches;
    assert!(searches[0].iter().any(|search| search.plan == SearchPlan::Graph), "{searches:?}");
    assert!(searches[0].iter().any(|search| search.kind == SourceKind::Memtable));
    let rest: Vec<i64> = rest.into_iter().chain(RECORDS..RECORDS + 500).collect();
    assert!(recall(&docs, &rest, None) >= 0.98);
    let status = docs.indexing().unwrap();
    assert_eq!(status.records, rest.len() as u64);
    assert!(status.indexed <= status.records);
    let most = QueryRequest { k: 3_000, ..query(1, None) };
    assert_eq!(docs.query(&most).unwrap()[0].len(), rest.len());
}

#[test]
fn a_damaged_graph_is_not_used_and_built_again() {
    let store = damaged_store(SectionId(19), 100);
    let engine = open(&store);
    let docs = collection(&engine, "docs").unwrap();
    let all: Vec<i64> = (0..RECORDS).collect();
    assert!(recall(&docs, &all, None) >= 0.98);
    wait_for_graph(&docs);
    assert!(recall(&docs, &all, None) >= 0.98);
}

#[test]
fn a_damaged_vector_is_an_error_of_those_who_read_it() {
    let store = damaged_store(SectionId(6), 0);
    let engine = open(&store);
    let docs = collection(&engine, "docs").unwrap();
    let nearest_to_the_first = QueryRequest { embeddings: vec![embedding(0, 0)], ..query(0, None) };
    let error = docs.query(&nearest_to_the_first).unwrap_err().to_string();
    assert!(error.contains("section=6"), "{error}");
    let select = |include| GetRequest {
        selection: Selection { ids: Some(vec!["0".to_owned()]), ..Selection::default() },
        include,
    };
    assert!(docs.get(&select(Include { embeddings: true, ..Include::default() })).is_err());
    let rest = Include { metadatas: true, documents: true, uris: true, ..Include::default() };
    assert_eq!(docs.get(&select(rest)).unwrap().len(), 1);
    assert_eq!(docs.count().unwrap(), RECORDS as u64);
}

/// A store whose collection `docs` has a graph, and one byte of a section changed in every segment that has one.
fn damaged_store(section: SectionId, at: usize) -> Store {
    let store = Store::new(&Faults::new());
    let engine = open(&store);
    let docs = collection(&engine, "docs").unwrap();
    fill(&docs, 0..RECORDS);
    wait_for_graph(&docs);
    engine.close().unwrap();
    let store = store.after_close();
    damage_graph_segments(&store, section, at);
    store
}

/// Changes one byte of a section of every segment that has a graph.
fn damage_graph_segments(store: &Store, section: SectionId, at: usize) {
    let mut damaged = 0;
    for segment in store.blobs.list().unwrap() {
        let blob = store.blobs.open(&segment.name).unwrap();
        let reader = SegmentReader::open(blob.clone(), segment.name.as_str()).unwrap();
        if reader.section_range(SectionId(19)).is_none() {
            continue;
        }
        let mut bytes = blob.to_vec();
        bytes[reader.section_range(section).unwrap().start + at] ^= 0xFF;
        replace(store, &segment.name, &bytes);
        damaged += 1;
    }
    assert!(damaged > 0);
}

fn replace(store: &Store, name: &BlobName, bytes: &[u8]) {
    store.blobs.delete(name).unwrap();
    let mut writer = store.blobs.put(name).unwrap();
    writer.write(bytes).unwrap();
    writer.finish().unwrap();
}
