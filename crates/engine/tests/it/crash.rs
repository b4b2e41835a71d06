//! Power fails at every step of a history; what was acknowledged must be there afterwards.

use huedb_storage::kv::Faults;
use huedb_types::{Distance, Precision};

use crate::model::{Model, Step, check, perform};
use crate::store::{Store, collection_of, everything};

/// A history that flushes several times and compacts at least once.
fn history() -> Vec<Step> {
    let items =
        |from: u8, to: u8, number: i64| (from..to).map(|which| (which, number + i64::from(which))).collect();
    let mut steps = Vec::new();
    for round in 0..6_u8 {
        let number = i64::from(round) * 11;
        steps.push(Step::Add(items(round * 5, round * 5 + 10, number)));
        steps.push(Step::Upsert(items(round * 3, round * 3 + 8, number + 1)));
        steps.push(Step::DeleteIds(vec![round, round * 2, round * 4]));
        steps.push(Step::Update(items(0, 40, number + 5)));
        steps.push(Step::DeleteWhere(90 - number));
    }
    steps
}

/// Runs the history with power failing at `step`; checks what a new engine finds.
///
/// Returns false once `step` lies behind the end of the history.
fn survive(step: u64, precision: Precision) -> bool {
    let faults = Faults::new();
    let store = Store::new(&faults);
    let engine = store.open().unwrap();
    let records = collection_of(&engine, "test", Distance::L2, precision).unwrap();
    faults.power_off(step);
    let mut acknowledged = Model::default();
    let mut attempted = None;
    for step in history() {
        let mut next = acknowledged.clone();
        next.apply(&step);
        if perform(&records, &step).is_err() {
            attempted = Some(next);
            break;
        }
        acknowledged = next;
    }
    let is_over = attempted.is_none();
    let after = store.crash();
    drop((records, engine));

    let engine = after.open().unwrap();
    let records = collection_of(&engine, "test", Distance::L2, precision).unwrap();
    let found = records.get(&everything()).unwrap();
    // The request that failed may have reached the disk, but then as a whole.
    match attempted {
        Some(attempted) if found == attempted.records => check(&records, &attempted),
        _ => check(&records, &acknowledged),
    }
    check_next_life(&records, &found.into());
    engine.close().unwrap();
    !is_over
}

/// The store goes on working: everything can be written, superseded and deleted again.
fn check_next_life(records: &huedb_engine::Collection, found: &Model) {
    let mut model = found.clone();
    for step in history().into_iter().take(6) {
        model.apply(&step);
        perform(records, &step).unwrap();
    }
    check(records, &model);
}

impl From<Vec<huedb_types::Record>> for Model {
    fn from(records: Vec<huedb_types::Record>) -> Self {
        Self { records }
    }
}

#[test]
fn acknowledged_writes_survive_a_power_loss_at_every_step() {
    for precision in Precision::ALL {
        let mut step = 1;
        while survive(step, precision) {
            step += 1;
        }
        assert!(step > 60, "the history has only {step} steps: it does not flush any more");
    }
}
