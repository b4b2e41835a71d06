//! Collections whose embeddings are kept in 16 bits.

use huedb_engine::{
    Collection, CollectionChange, Engine, Error, GetRequest, Include, QueryRequest, SourceKind,
};
use huedb_storage::blob::BlobStore;
use huedb_storage::kv::Faults;
use huedb_storage::segment::{SectionId, SegmentReader};
use huedb_types::{Distance, Precision, RecordPatch};

use crate::graph::{self, DIMENSIONS, embedding, wait_for_graph};
use crate::store::{Store, collection_of, record};

const DISTANCES: [Distance; 3] = [Distance::L2, Distance::Ip, Distance::Cosine];
const RECORDS: i64 = 300;
const K: usize = 10;

/// The nearest number of 16 bits, for the ordinary ones from 2^-14 to 65,504: those of 11 significant bits.
fn rounded(value: f32) -> f32 {
    if value.abs() < 6.103_515_6e-5 {
        // The others are multiples of 2^-24.
        return (f64::from(value) * 16_777_216.0).round_ties_even() as f32 / 16_777_216.0;
    }
    let unit = (f64::from(value).abs().log2().floor() - 10.0).exp2();
    ((f64::from(value) / unit).round_ties_even() * unit) as f32
}

fn stored(number: i64, round: u64) -> Vec<f32> {
    embedding(number, round).into_iter().map(rounded).collect()
}

fn docs(engine: &Engine, distance: Distance) -> Collection {
    collection_of(engine, "docs", distance, Precision::F16).unwrap()
}

fn fill(docs: &Collection, numbers: std::ops::Range<i64>) {
    let records: Vec<_> =
        numbers.map(|number| record(&number.to_string(), &embedding(number, 0), number)).collect();
    for part in records.chunks(100) {
        docs.add(part.to_vec()).unwrap().wait().unwrap();
    }
}

/// Ids and distances of all queries.
fn answers(docs: &Collection) -> Vec<Vec<(String, u32)>> {
    let embeddings = (0..20).map(|number| embedding(number, 1)).collect();
    let request = QueryRequest { embeddings, k: K as u32, ..QueryRequest::default() };
    let hits = docs.query(&request).unwrap().into_iter();
    hits.map(|hits| hits.into_iter().map(|hit| (hit.record.id, hit.distance.to_bits())).collect()).collect()
}

fn exact(distance: Distance, a: &[f32], b: &[f32]) -> f64 {
    let sum = |term: fn(f64, f64) -> f64, a: &[f32], b: &[f32]| -> f64 {
        a.iter().zip(b).map(|(x, y)| term(f64::from(*x), f64::from(*y))).sum()
    };
    let dot = |a: &[f32], b: &[f32]| sum(|x, y| x * y, a, b);
    match distance {
        Distance::L2 => sum(|x, y| (x - y) * (x - y), a, b),
        Distance::Ip => 1.0 - dot(a, b),
        Distance::Cosine => 1.0 - dot(a, b) / (dot(a, a) * dot(b, b)).sqrt(),
    }
}

/// What `get` returns are the rounded embeddings, and queries give the distances to these and to no others.
#[track_caller]
fn check(docs: &Collection, distance: Distance, round_of: impl Fn(i64) -> u64) {
    let include = Include { embeddings: true, ..Include::default() };
    for record in docs.get(&GetRequest { include, ..GetRequest::default() }).unwrap() {
        let number = record.id.parse().unwrap();
        assert_eq!(record.embedding, Some(stored(number, round_of(number))), "record {number}");
    }
    for (number, answer) in (0..).zip(answers(docs)) {
        let query = embedding(number, 1);
        let mut nearest: Vec<f64> = (0..docs.count().unwrap() as i64)
            .map(|number| exact(distance, &query, &stored(number, round_of(number))))
            .collect();
        nearest.sort_by(f64::total_cmp);
        for ((id, bits), expected) in answer.iter().zip(nearest) {
            let own = id.parse().unwrap();
            let own = exact(distance, &query, &stored(own, round_of(own)));
            let found = f64::from(f32::from_bits(*bits));
            assert!((found - own).abs() < 2e-6, "{distance:?} {id} found={found} own={own}");
            assert!((found - expected).abs() < 2e-6, "{distance:?} {id} found={found} expected={expected}");
        }
    }
}

/// Waits until segments hold most of the rows, and looks at them.
fn wait_for_segments(docs: &Collection) {
    let in_memory = || {
        let request = QueryRequest { embeddings: vec![embedding(0, 1)], k: 1, ..QueryRequest::default() };
        let searches = docs.explain(&request).unwrap().1.searches.remove(0);
        let memtables = searches.iter().filter(|search| search.kind == SourceKind::Memtable);
        memtables.map(|search| i64::from(search.rows)).sum::<i64>()
    };
    while in_memory() * 2 > RECORDS {
        std::thread::yield_now();
    }
}

/// How many segments have their vectors in 16 bits; there must be no other.
#[track_caller]
fn segments_of_halves(store: &Store) -> usize {
    let names = store.blobs.list().unwrap().into_iter().map(|file| file.name);
    let segments = names.map(|name| {
        let reader = SegmentReader::open(store.blobs.open(&name).unwrap(), name.as_str()).unwrap();
        assert!(reader.section(SectionId(6)).is_none(), "{}", name.as_str());
        let rows = reader.section(SectionId(5)).unwrap().len() / 4;
        assert_eq!(reader.section(SectionId(21)).unwrap().len(), rows * DIMENSIONS * 2);
    });
    segments.count()
}

#[test]
fn embeddings_are_rounded_once_and_no_flush_restart_or_compaction_changes_an_answer() {
    for distance in DISTANCES {
        let store = Store::new(&Faults::new());
        let engine = store.open_with(64 << 20).unwrap();
        fill(&docs(&engine, distance), 0..RECORDS);
        let in_memtable = answers(&docs(&engine, distance));
        check(&docs(&engine, distance), distance, |_| 0);
        // Power fails with all records in the log alone.
        let store = store.crash();
        drop(engine);
        let engine = store.open_with(64 << 20).unwrap();
        assert_eq!(answers(&docs(&engine, distance)), in_memtable, "{distance:?} replayed");
        engine.close().unwrap();
        let store = store.after_close();
        let engine = store.open().unwrap();
        wait_for_segments(&docs(&engine, distance));
        assert_eq!(answers(&docs(&engine, distance)), in_memtable, "{distance:?} flushed");
        check(&docs(&engine, distance), distance, |_| 0);
        engine.close().unwrap();
        assert!(segments_of_halves(&store) > 0);
    }
}

#[test]
fn upserts_and_updates_round_too_and_keep_what_they_do_not_name() {
    let store = Store::new(&Faults::new());
    // Every few writes are flushed, and the segments merged.
    let engine = store.open().unwrap();
    let docs = docs(&engine, Distance::L2);
    fill(&docs, 0..RECORDS / 2);
    let patch = |number: i64, round: Option<u64>| RecordPatch {
        id: number.to_string(),
        embedding: round.map(|round| embedding(number, round)),
        ..RecordPatch::default()
    };
    for start in (0..RECORDS).step_by(50) {
        docs.upsert((start..start + 50).map(|number| patch(number, Some(2))).collect())
            .unwrap()
            .wait()
            .unwrap();
    }
    let changed = (0..RECORDS).step_by(3).map(|number| patch(number, Some(5)));
    docs.update(changed.collect()).unwrap().wait().unwrap();
    docs.update((0..RECORDS).map(|number| patch(number, None)).collect()).unwrap().wait().unwrap();
    let round_of = |number: i64| if number % 3 == 0 { 5 } else { 2 };
    check(&docs, Distance::L2, round_of);
    engine.close().unwrap();
    let store = store.after_close();
    let engine = store.open().unwrap();
    check(&self::docs(&engine, Distance::L2), Distance::L2, round_of);
    assert!(segments_of_halves(&store) > 0);
}

#[test]
fn a_number_beyond_16_bits_is_refused_and_nothing_is_changed() {
    let store = Store::new(&Faults::new());
    let engine = store.open().unwrap();
    let docs = docs(&engine, Distance::L2);
    docs.add(vec![record("a", &[65_504.0, -65_504.0], 1)]).unwrap().wait().unwrap();
    let before = docs.get(&crate::store::everything()).unwrap();
    assert_eq!(before[0].embedding, Some(vec![65_504.0, -65_504.0]));
    for value in [65_505.0, -65_505.0, 1e30] {
        let records = vec![record("b", &[1.0, 2.0], 2), record("a", &[1.0, value], 2)];
        let patches: Vec<RecordPatch> = records.iter().cloned().map(RecordPatch::from).collect();
        let refused =
            [docs.add(records).err(), docs.upsert(patches.clone()).err(), docs.update(patches).err()];
        for error in refused {
            let Some(error @ Error::OutOfRange { .. }) = &error else { panic!("{error:?}") };
            for part in ["hue:precision", "f16", "65504", &value.to_string()] {
                assert!(error.to_string().contains(part), "{error}");
            }
        }
        assert_eq!(docs.get(&crate::store::everything()).unwrap(), before, "value={value}");
    }
    let whole = collection_of(&engine, "whole", Distance::L2, Precision::F32).unwrap();
    whole.add(vec![record("a", &[1e30], 1)]).unwrap().wait().unwrap();
}

#[test]
fn the_precision_outlives_changes_of_the_collection_and_restarts() {
    let store = Store::new(&Faults::new());
    let engine = store.open().unwrap();
    let docs = docs(&engine, Distance::L2);
    let change = CollectionChange { metadata: Some(None), ..CollectionChange::default() };
    engine.update_collection(&docs, change).unwrap();
    // One that is there is given back as it is.
    let same = collection_of(&engine, "docs", Distance::L2, Precision::F32).unwrap();
    assert_eq!(same.descriptor().precision, Precision::F16);
    engine.close().unwrap();
    let engine = store.after_close().open().unwrap();
    let docs = self::docs(&engine, Distance::L2);
    assert_eq!(docs.descriptor().precision, Precision::F16);
    docs.add(vec![record("a", &[0.1], 1)]).unwrap().wait().unwrap();
    assert_eq!(docs.get(&crate::store::everything()).unwrap()[0].embedding, Some(vec![rounded(0.1)]));
}

#[test]
fn a_graph_over_16_bits_finds_nearly_all_neighbours_at_their_exact_distances() {
    for distance in DISTANCES {
        let store = Store::new(&Faults::new());
        let engine = graph::open(&store);
        let docs = docs(&engine, distance);
        fill(&docs, 0..2_500);
        wait_for_graph(&docs);
        check_graph(&docs, distance);
        engine.close().unwrap();
        let engine = graph::open(&store.after_close());
        check_graph(&self::docs(&engine, distance), distance);
    }
}

#[track_caller]
fn check_graph(docs: &Collection, distance: Distance) {
    let mut found = 0;
    for (target, answer) in (0..).zip(answers(docs)) {
        let query = embedding(target, 1);
        let mut all: Vec<f64> =
            (0..2_500).map(|number| exact(distance, &query, &stored(number, 0))).collect();
        all.sort_by(f64::total_cmp);
        assert_eq!(answer.len(), K);
        for (id, bits) in answer {
            let own = exact(distance, &query, &stored(id.parse().unwrap(), 0));
            let distance_found = f64::from(f32::from_bits(bits));
            assert!((distance_found - own).abs() < 2e-6, "{distance:?} {distance_found} and {own}");
            found += usize::from(own <= all[K - 1]);
        }
    }
    assert!(found * 100 >= 98 * 20 * K, "{distance:?} found={found}");
}
