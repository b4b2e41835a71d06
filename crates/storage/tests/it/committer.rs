//! Group commit: order, sharing of syncs, back-pressure and poison.
//!
//! The tests hold the store's writes back instead of waiting for time to pass, so what gathers in the
//! queue is known.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use huedb_storage::kv::{
    Committer, CommitterOptions, Durability, Faults, FjallKv, Kv, KvError, MemoryKv, WriteBatch,
};

fn put(key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> WriteBatch {
    let mut batch = WriteBatch::new();
    batch.put(key, value.into());
    batch
}

fn start(options: CommitterOptions) -> (Arc<MemoryKv>, Faults, Committer) {
    let faults = Faults::new();
    let kv = Arc::new(MemoryKv::with_faults(faults.clone()));
    let committer = Committer::start(Arc::clone(&kv) as Arc<dyn Kv>, options);
    (kv, faults, committer)
}

fn no_patience() -> CommitterOptions {
    CommitterOptions { submit_timeout: Duration::ZERO, ..CommitterOptions::default() }
}

#[test]
fn batches_that_wait_share_one_sync_and_keep_their_order() {
    let (kv, faults, committer) = start(CommitterOptions::default());
    let held = faults.hold_writes();
    let first = committer.submit(put("key", "first")).unwrap();
    held.wait_for(1);
    let tickets: Vec<_> =
        (0..100).map(|number: u32| committer.submit(put("key", number.to_le_bytes())).unwrap()).collect();
    assert_eq!(committer.waiting(), 100);
    assert_eq!(kv.get(b"key").unwrap(), None);
    drop(held);
    first.wait().unwrap();
    for ticket in tickets {
        ticket.wait().unwrap();
    }
    assert_eq!(kv.get(b"key").unwrap().unwrap(), 99_u32.to_le_bytes().to_vec());
    let stats = committer.stats();
    assert_eq!((stats.syncs.count(), stats.batches, stats.bytes), (2, 101, 8 + 100 * 7));
    assert_eq!(faults.syncs(), 2);
    assert_eq!(kv.unsynced(), 0);
}

#[test]
fn what_a_ticket_says_is_durable_with_everything_before_it() {
    let (kv, faults, committer) = start(CommitterOptions::default());
    let held = faults.hold_writes();
    let tickets: Vec<_> =
        (0..10).map(|number: u32| committer.submit(put(vec![number as u8 + 1], "x")).unwrap()).collect();
    drop(held);
    tickets.into_iter().next_back().unwrap().wait().unwrap();
    assert_eq!(kv.crash().scan_keys(b"").unwrap().count(), 10);
}

#[test]
fn what_runs_on_commit_runs_in_order_after_the_sync_and_before_the_ticket() {
    let (kv, faults, committer) = start(CommitterOptions::default());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let submit = |number: u8| {
        let (kv, seen) = (Arc::clone(&kv), Arc::clone(&seen));
        let note = move || seen.lock().unwrap().push((number, kv.crash().get(&[number]).unwrap().is_some()));
        committer.submit_then(put(vec![number], ""), note).unwrap()
    };
    let held = faults.hold_writes();
    drop(submit(1));
    held.wait_for(1);
    let tickets = [2, 3, 4].map(submit);
    drop(held);
    let [.., last] = tickets;
    last.wait().unwrap();
    assert_eq!(*seen.lock().unwrap(), [(1, true), (2, true), (3, true), (4, true)]);
}

#[test]
fn nothing_runs_on_commit_when_the_write_fails() {
    let (_, faults, committer) = start(CommitterOptions::default());
    let ran = Arc::new(Mutex::new(false));
    let note = || {
        let ran = Arc::clone(&ran);
        move || *ran.lock().unwrap() = true
    };
    faults.fail_sync(1);
    let held = faults.hold_writes();
    let failing = committer.submit_then(put("1", ""), note()).unwrap();
    held.wait_for(1);
    let waiting = committer.submit_then(put("2", ""), note()).unwrap();
    drop(held);
    assert!(failing.wait().is_err() && waiting.wait().is_err());
    assert!(committer.submit_then(put("3", ""), note()).is_err());
    committer.close();
    assert!(!*ran.lock().unwrap());
}

#[test]
fn many_threads_lose_nothing_and_each_keeps_its_order() {
    const THREADS: u8 = 8;
    const ROUNDS: u32 = 200;
    let (kv, faults, committer) = start(CommitterOptions { batches_max: 4, ..CommitterOptions::default() });
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (kv, committer) = (&kv, &committer);
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let mut batch = put([b"own/".as_slice(), &[thread], &round.to_be_bytes()].concat(), "");
                    batch.put([b"last/".as_slice(), &[thread]].concat(), round.to_le_bytes().to_vec());
                    let ticket = committer.submit(batch).unwrap();
                    if round % 7 == 0 {
                        ticket.wait().unwrap();
                        let last = kv.get(&[b"last/".as_slice(), &[thread]].concat()).unwrap().unwrap();
                        assert_eq!(last, round.to_le_bytes().to_vec());
                    }
                }
            });
        }
    });
    committer.close();
    let survivor = kv.crash();
    assert_eq!(survivor.scan_keys(b"own/").unwrap().count(), usize::from(THREADS) * ROUNDS as usize);
    assert!(
        survivor.scan(b"last/").unwrap().all(|entry| entry.unwrap().1 == (ROUNDS - 1).to_le_bytes().to_vec())
    );
    let stats = committer.stats();
    assert_eq!(stats.batches, u64::from(THREADS) * u64::from(ROUNDS));
    assert_eq!(stats.syncs.count(), faults.syncs());
}

#[test]
fn a_full_queue_answers_busy_and_takes_more_once_it_has_room() {
    for (options, filler) in [
        (CommitterOptions { batches_max: 3, ..no_patience() }, 1),
        (CommitterOptions { bytes_max: 3 * 101, ..no_patience() }, 100),
    ] {
        let (kv, faults, committer) = start(options);
        let held = faults.hold_writes();
        let mut tickets = vec![committer.submit(put("1", vec![0; filler])).unwrap()];
        held.wait_for(1);
        for key in ["2", "3", "4"] {
            tickets.push(committer.submit(put(key, vec![0; filler])).unwrap());
        }
        assert!(committer.submit(put("5", vec![0; filler])).unwrap_err().is_busy());
        drop(held);
        for ticket in tickets {
            ticket.wait().unwrap();
        }
        committer.submit(put("6", "")).unwrap().wait().unwrap();
        let keys: Vec<_> = kv.scan_keys(b"").unwrap().map(Result::unwrap).collect();
        assert_eq!(keys, ["1", "2", "3", "4", "6"]);
    }
}

#[test]
fn a_submit_that_finds_the_queue_full_goes_on_when_room_comes() {
    let (_, faults, committer) = start(CommitterOptions { batches_max: 1, ..CommitterOptions::default() });
    let held = faults.hold_writes();
    committer.submit(put("1", "")).unwrap();
    held.wait_for(1);
    committer.submit(put("2", "")).unwrap();
    std::thread::scope(|scope| {
        let third = scope.spawn(|| committer.submit(put("3", "")).unwrap().wait());
        drop(held);
        third.join().unwrap().unwrap();
    });
    assert_eq!(committer.stats().batches, 3);
}

#[test]
fn a_batch_above_the_limit_of_bytes_is_taken_alone() {
    let (kv, _, committer) = start(CommitterOptions { bytes_max: 10, ..no_patience() });
    committer.submit(put("key", vec![0; 1000])).unwrap().wait().unwrap();
    assert_eq!(kv.get(b"key").unwrap().unwrap().len(), 1000);
}

#[test]
fn after_a_failed_write_or_sync_everything_is_poisoned() {
    for break_it in [Faults::fail_write, Faults::fail_sync] {
        let (kv, faults, committer) = start(CommitterOptions::default());
        committer.submit(put("1", "")).unwrap().wait().unwrap();
        let held = faults.hold_writes();
        break_it(&faults, 1);
        let failing = committer.submit(put("2", "")).unwrap();
        held.wait_for(1);
        let waiting = committer.submit(put("3", "")).unwrap();
        drop(held);
        assert!(matches!(failing.wait(), Err(KvError::Io { .. })));
        assert!(waiting.wait().unwrap_err().is_poisoned());
        assert!(committer.submit(put("4", "")).unwrap_err().is_poisoned());
        committer.close();
        assert!(kv.write(put("5", ""), Durability::Synced).unwrap_err().is_poisoned());
        assert_eq!(kv.scan_keys(b"").unwrap().count(), 1);
    }
}

#[test]
fn a_blocked_submit_learns_of_poison_and_of_closing() {
    for closes in [false, true] {
        let (_, faults, committer) =
            start(CommitterOptions { batches_max: 1, ..CommitterOptions::default() });
        let held = faults.hold_writes();
        if !closes {
            faults.fail_write(1);
        }
        committer.submit(put("1", "")).unwrap();
        held.wait_for(1);
        let second = committer.submit(put("2", "")).unwrap();
        std::thread::scope(|scope| {
            let third = scope.spawn(|| committer.submit(put("3", "")).map(|_| ()));
            let closing = closes.then(|| scope.spawn(|| committer.close()));
            if let Some(closing) = closing {
                // The queue is full until the writes go on, so the third submit can only be refused.
                let refused = third.join().unwrap();
                assert!(refused.unwrap_err().is_closed());
                drop(held);
                closing.join().unwrap();
                second.wait().unwrap();
            } else {
                drop(held);
                let refused = third.join().unwrap();
                assert!(refused.is_err_and(|error| error.is_poisoned()));
                assert!(second.wait().unwrap_err().is_poisoned());
            }
        });
    }
}

#[test]
fn closing_commits_what_waits_and_refuses_what_comes() {
    let (kv, faults, committer) = start(CommitterOptions::default());
    let held = faults.hold_writes();
    let tickets: Vec<_> = ["1", "2", "3"].map(|key| committer.submit(put(key, "")).unwrap()).into();
    drop(held);
    committer.close();
    committer.close();
    for ticket in tickets {
        ticket.wait().unwrap();
    }
    assert!(committer.submit(put("4", "")).unwrap_err().is_closed());
    assert_eq!(kv.scan_keys(b"").unwrap().count(), 3);
    // The store is not the committer's to close.
    kv.write(put("5", ""), Durability::Synced).unwrap();
}

#[test]
fn a_store_that_panics_poisons_instead_of_leaving_its_submitters_waiting() {
    struct Panics;
    impl Kv for Panics {
        fn write(&self, _: WriteBatch, _: Durability) -> Result<(), KvError> {
            panic!("broken store");
        }
        fn get(&self, _: &[u8]) -> Result<Option<bytes::Bytes>, KvError> {
            Ok(None)
        }
        fn scan(&self, _: &[u8]) -> Result<huedb_storage::kv::Entries<'_>, KvError> {
            Ok(Box::new(std::iter::empty()))
        }
        fn scan_keys(&self, _: &[u8]) -> Result<huedb_storage::kv::Keys<'_>, KvError> {
            Ok(Box::new(std::iter::empty()))
        }
        fn disk_bytes(&self) -> u64 {
            0
        }
        fn close(&self) -> Result<(), KvError> {
            Ok(())
        }
    }
    let committer = Committer::start(Arc::new(Panics), CommitterOptions::default());
    assert!(committer.submit(put("1", "")).unwrap().wait().unwrap_err().is_poisoned());
    committer.close();
    assert!(committer.submit(put("2", "")).unwrap_err().is_poisoned());
}

#[test]
fn a_bad_batch_is_refused_at_once_and_fails_nobody_else() {
    let (_, faults, committer) = start(CommitterOptions::default());
    let held = faults.hold_writes();
    let good = committer.submit(put("1", "")).unwrap();
    assert!(matches!(committer.submit(put("", "")), Err(KvError::InvalidKey { bytes: 0 })));
    drop(held);
    good.wait().unwrap();
}

#[test]
fn an_empty_batch_waits_for_those_before_it() {
    let (kv, _, committer) = start(CommitterOptions::default());
    committer.submit(put("1", "")).unwrap();
    committer.submit(WriteBatch::new()).unwrap().wait().unwrap();
    assert_eq!(kv.crash().scan_keys(b"").unwrap().count(), 1);
}

#[test]
fn a_ticket_can_be_awaited() {
    let (_, _, committer) = start(CommitterOptions::default());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        committer.submit(put("1", "")).unwrap().await.unwrap();
        committer.close();
    });
    assert_eq!(committer.stats().syncs.count(), 1);
}

#[test]
fn on_disk_too_every_acknowledged_batch_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let kv = Arc::new(FjallKv::open(dir.path()).unwrap());
    let committer = Committer::start(Arc::clone(&kv) as Arc<dyn Kv>, CommitterOptions::default());
    std::thread::scope(|scope| {
        for thread in 0_u8..4 {
            let committer = &committer;
            scope.spawn(move || {
                for round in 0_u8..25 {
                    committer
                        .submit(put(vec![b'w', thread, round], vec![round; 3000]))
                        .unwrap()
                        .wait()
                        .unwrap();
                }
            });
        }
    });
    committer.close();
    kv.close().unwrap();
    let reopened = FjallKv::open(dir.path()).unwrap();
    assert_eq!(reopened.scan_keys(b"w").unwrap().count(), 100);
}
