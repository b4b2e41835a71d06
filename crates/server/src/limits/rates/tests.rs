//! Buckets and counts, with the time given.

use super::*;

fn user(name: &str) -> Subject {
    Subject::User(name.to_owned())
}

#[test]
fn as_many_as_a_second_allows_may_come_at_once() {
    let (rates, start) = (Rates::default(), Instant::now());
    for _ in 0..10 {
        assert_eq!(rates.request_at(&user("a"), 10, start), Ok(()));
    }
    let wait = Duration::from_millis(100);
    assert_eq!(rates.request_at(&user("a"), 10, start), Err(Limited::Rate { wait }));
    assert_eq!(rates.request_at(&user("b"), 10, start), Ok(()));
    // What was refused does not count.
    assert_eq!(rates.request_at(&user("a"), 10, start + wait), Ok(()));
    assert!(rates.request_at(&user("a"), 10, start + wait).is_err());
    for _ in 0..10 {
        assert_eq!(rates.request_at(&user("a"), 10, start + Duration::from_mins(1)), Ok(()));
    }
    assert!(rates.request_at(&user("a"), 10, start + Duration::from_mins(1)).is_err());
}

#[test]
fn one_request_a_second_is_possible() {
    let (rates, start) = (Rates::default(), Instant::now());
    assert_eq!(rates.request_at(&user("a"), 1, start), Ok(()));
    let wait = Duration::from_secs(1);
    assert_eq!(rates.request_at(&user("a"), 1, start), Err(Limited::Rate { wait }));
    assert_eq!(rates.request_at(&user("a"), 1, start + wait), Ok(()));
}

#[test]
fn zero_is_no_limit() {
    let (rates, start) = (Rates::default(), Instant::now());
    for _ in 0..1000 {
        assert_eq!(rates.request_at(&user("a"), 0, start), Ok(()));
    }
    assert!(rates.lock().is_empty());
}

#[test]
fn queries_count_while_they_last() {
    let rates = Arc::new(Rates::default());
    let first = rates.query(user("a"), 2).ok().unwrap();
    let _second = rates.query(user("a"), 2).ok().unwrap();
    assert_eq!(rates.query(user("a"), 2).err(), Some(Limited::Queries { limit: 2 }));
    assert!(rates.query(user("b"), 2).is_ok());
    drop(first);
    assert!(rates.query(user("a"), 2).is_ok());
}

#[test]
fn the_table_stays_bounded_and_keeps_what_is_under_way() {
    let (rates, start) = (Arc::new(Rates::default()), Instant::now());
    let under_way = rates.query(user("busy"), 1).ok().unwrap();
    for number in 0..3 * SUBJECTS_MAX as u64 {
        assert_eq!(rates.request_at(&user(&number.to_string()), 1, start), Ok(()));
        assert!(rates.lock().len() <= SUBJECTS_MAX);
    }
    assert!(rates.query(user("busy"), 1).is_err());
    drop(under_way);
    assert!(rates.query(user("busy"), 1).is_ok());
}
