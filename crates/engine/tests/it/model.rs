//! Random histories against a model that is a list.

use huedb_engine::{Collection, GetRequest, Include, QueryRequest, Selection};
use huedb_storage::kv::Faults;
use huedb_types::{
    Distance, DocumentPredicate, Filter, MetadataValue, Number, Patch, Precision, Predicate, Record,
    RecordPatch,
};
use proptest::prelude::*;

use crate::store::{Store, collection_of, everything, record};

/// What a collection must hold: records in the order of their first insertion.
#[derive(Debug, Clone, Default)]
pub(crate) struct Model {
    pub(crate) records: Vec<Record>,
}

/// One step of a history.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Add(Vec<(u8, i64)>),
    Upsert(Vec<(u8, i64)>),
    Update(Vec<(u8, i64)>),
    DeleteIds(Vec<u8>),
    DeleteWhere(i64),
    Reopen,
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let items = || proptest::collection::vec((0..40_u8, 0..100_i64), 0..12);
    prop_oneof![
        4 => items().prop_map(Step::Add),
        3 => items().prop_map(Step::Upsert),
        2 => items().prop_map(Step::Update),
        2 => proptest::collection::vec(0..40_u8, 0..6).prop_map(Step::DeleteIds),
        1 => (0..100_i64).prop_map(Step::DeleteWhere),
        1 => Just(Step::Reopen),
    ]
}

fn id(number: u8) -> String {
    format!("record-{number}")
}

fn embedding(number: i64) -> [f32; 3] {
    [number as f32, (number * 7 % 13) as f32, 1.0]
}

/// A patch that leaves some fields alone, depending on `number`.
fn patch(which: u8, number: i64) -> RecordPatch {
    RecordPatch {
        id: id(which),
        embedding: (number % 3 != 0).then(|| embedding(number).to_vec()),
        document: match number % 4 {
            0 => Patch::Keep,
            1 => Patch::Clear,
            _ => Patch::Set(format!("patched {number}")),
        },
        uri: if number % 5 == 0 { Patch::Set("file:///patched".into()) } else { Patch::Keep },
        metadata: [
            ("n".to_owned(), (number % 7 != 0).then_some(MetadataValue::Int(number))),
            (format!("k{}", number % 3), Some(MetadataValue::Str(number.to_string()))),
        ]
        .into(),
    }
}

pub(crate) fn where_n_above(number: i64) -> Filter {
    Filter::Metadata { key: "n".into(), predicate: Predicate::Gt(Number::Int(number)) }
}

/// A filter and what it means.
type Condition<'a> = (Filter, &'a dyn Fn(&Record) -> bool);

fn n_is_above(record: &Record, number: i64) -> bool {
    matches!(record.metadata.get("n"), Some(MetadataValue::Int(n)) if *n > number)
}

impl Model {
    fn find(&mut self, id: &str) -> Option<&mut Record> {
        self.records.iter_mut().find(|record| record.id == id)
    }

    pub(crate) fn apply(&mut self, step: &Step) {
        match step {
            Step::Add(items) => {
                for (which, number) in items {
                    if self.find(&id(*which)).is_none() {
                        self.records.push(record(&id(*which), &embedding(*number), *number));
                    }
                }
            }
            Step::Upsert(items) | Step::Update(items) => {
                for (which, number) in items {
                    let patch = patch(*which, *number);
                    match self.find(&patch.id) {
                        Some(found) => *found = patch.apply(Some(std::mem::take(found))),
                        None if matches!(step, Step::Upsert(_)) => self.records.push(patch.apply(None)),
                        None => {}
                    }
                }
            }
            Step::DeleteIds(which) => {
                let ids: Vec<_> = which.iter().map(|which| id(*which)).collect();
                self.records.retain(|record| !ids.contains(&record.id));
            }
            Step::DeleteWhere(number) => self.records.retain(|record| !n_is_above(record, *number)),
            Step::Reopen => {}
        }
    }
}

/// Applies `step` to a real collection and waits until it is durable.
pub(crate) fn perform(collection: &Collection, step: &Step) -> Result<u64, huedb_engine::Error> {
    let patches = |items: &[(u8, i64)]| items.iter().map(|(which, number)| patch(*which, *number)).collect();
    match step {
        Step::Add(items) => {
            let records =
                items.iter().map(|(which, number)| record(&id(*which), &embedding(*number), *number));
            collection.add(records.collect())?.wait()
        }
        Step::Upsert(items) => collection.upsert(patches(items))?.wait(),
        Step::Update(items) => collection.update(patches(items))?.wait(),
        Step::DeleteIds(which) => {
            let ids = Some(which.iter().map(|which| id(*which)).collect());
            collection.delete(&Selection { ids, ..Selection::default() })?.wait()
        }
        Step::DeleteWhere(number) => {
            let filter = Some(where_n_above(*number));
            collection.delete(&Selection { filter, ..Selection::default() })?.wait()
        }
        Step::Reopen => Ok(0),
    }
}

#[track_caller]
pub(crate) fn check(collection: &Collection, model: &Model) {
    assert_eq!(collection.get(&everything()).unwrap(), model.records);
    assert_eq!(collection.count().unwrap(), model.records.len() as u64);
}

/// Filters, windows and queries give what a scan of the model gives.
#[track_caller]
fn check_reads(collection: &Collection, model: &Model, number: i64) {
    let filters: [Condition<'_>; 3] = [
        (where_n_above(number), &|record| n_is_above(record, number)),
        (Filter::Document(DocumentPredicate::Contains("patched".into())), &|record| {
            record.document.as_ref().is_some_and(|document| document.contains("patched"))
        }),
        (Filter::Document(DocumentPredicate::NotContains("of record-1".into())), &|record| {
            !record.document.as_ref().is_some_and(|document| document.contains("of record-1"))
        }),
    ];
    for (filter, accepts) in filters {
        let selection = Selection { filter: Some(filter.clone()), offset: 2, limit: Some(5), ids: None };
        let found = collection.get(&GetRequest { selection, include: Include::ALL }).unwrap();
        let expected: Vec<_> =
            model.records.iter().filter(|record| accepts(record)).skip(2).take(5).collect();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "filter={filter:?}");
        check_query(collection, model, number, Some((filter, accepts)));
    }
    check_query(collection, model, number, None);
}

fn check_query(collection: &Collection, model: &Model, number: i64, filter: Option<Condition<'_>>) {
    let query = embedding(number);
    let mut expected: Vec<f32> = model
        .records
        .iter()
        .filter(|record| filter.as_ref().is_none_or(|(_, accepts)| accepts(record)))
        .filter_map(|record| record.embedding.as_ref())
        .map(|stored| stored.iter().zip(query).map(|(x, y)| (x - y) * (x - y)).sum())
        .collect();
    expected.sort_by(f32::total_cmp);
    expected.truncate(7);
    let request = QueryRequest {
        embeddings: vec![query.to_vec()],
        k: 7,
        filter: filter.map(|(filter, _)| filter),
        ..QueryRequest::default()
    };
    let hits = collection.query(&request).unwrap();
    assert_eq!(hits[0].iter().map(|hit| hit.distance).collect::<Vec<_>>(), expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_collection_behaves_like_a_list_of_records(
        steps in proptest::collection::vec(step(), 1..40),
        // The numbers of the history have 16 bits anyway.
        precision in proptest::sample::select(Precision::ALL.to_vec()),
    ) {
        let mut store = Store::new(&Faults::new());
        let mut engine = store.open().unwrap();
        let mut model = Model::default();
        for (number, step) in steps.iter().enumerate() {
            if matches!(step, Step::Reopen) {
                engine.close().unwrap();
                store = store.after_close();
                engine = store.open().unwrap();
            }
            let collection = collection_of(&engine, "test", Distance::L2, precision).unwrap();
            let before = model.records.len();
            model.apply(step);
            let changed = perform(&collection, step).unwrap();
            if matches!(step, Step::DeleteIds(_) | Step::DeleteWhere(_)) {
                prop_assert_eq!(changed as usize, before - model.records.len());
            }
            check(&collection, &model);
            check_reads(&collection, &model, number as i64);
        }
        engine.close().unwrap();
    }
}
