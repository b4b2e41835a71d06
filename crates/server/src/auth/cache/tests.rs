//! Verdicts and how long they are believed.

use super::*;

fn credential(number: u8) -> Fingerprint {
    [number; 32]
}

#[test]
fn a_verdict_is_believed_for_its_lifetime() {
    let cache = Cache::new(8, Duration::from_secs(10));
    let now = Instant::now();
    cache.insert(credential(1), "a", now);
    assert_eq!(cache.get(&credential(1), now + Duration::from_secs(9)), Some("a"));
    assert_eq!(cache.get(&credential(1), now + Duration::from_secs(10)), None);
    assert_eq!(cache.get(&credential(2), now), None);
}

#[test]
fn it_holds_no_more_than_it_may_and_keeps_what_is_used() {
    let cache = Cache::new(8, Duration::from_secs(10));
    let now = Instant::now();
    cache.insert(credential(0), 0, now);
    for number in 1..100 {
        cache.insert(credential(number), number, now);
        assert_eq!(cache.get(&credential(0), now), Some(0), "number={number}");
        let halves = cache.lock();
        assert!(halves.young.len() + halves.old.len() <= 8, "number={number}");
    }
    assert_eq!(cache.get(&credential(1), now), None);
}
