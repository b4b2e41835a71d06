//! Which limit concerns which request.

use super::*;

fn limits(requests_per_second: u64, queries: u64) -> Limits {
    Limits::new(LimitSettings { requests_per_second, queries, ..LimitSettings::default() })
}

fn somebody() -> Subject {
    Subject::User("somebody".to_owned())
}

#[test]
fn probes_are_never_refused() {
    let limits = limits(1, 1);
    for _ in 0..10 {
        assert!(limits.admit(somebody, Load::None).is_ok());
    }
    assert!(limits.admit(somebody, Load::Small).is_ok());
    assert!(matches!(limits.admit(somebody, Load::Small), Err(Limited::Rate { .. })));
}

#[test]
fn only_queries_count_as_queries() {
    let limits = limits(0, 1);
    let query = limits.admit(somebody, Load::Query).unwrap();
    assert!(query.is_some());
    assert_eq!(limits.admit(somebody, Load::Query).err(), Some(Limited::Queries { limit: 1 }));
    assert!(limits.admit(somebody, Load::Growth).unwrap().is_none());
    assert!(limits.admit(|| Subject::Unknown, Load::Query).is_ok());
    drop(query);
    assert!(limits.admit(somebody, Load::Query).is_ok());
}

#[test]
fn without_limits_nobody_is_looked_at() {
    let limits = limits(0, 0);
    assert!(limits.admit(|| unreachable!("nothing is counted"), Load::Query).is_ok());
    assert!(!limits.has_quota(Load::Growth));
}

#[test]
fn a_retry_is_announced_in_whole_seconds() {
    let wait = |millis| Limited::Rate { wait: Duration::from_millis(millis) }.retry_after();
    assert_eq!((wait(1), wait(1000), wait(1001)), (1, 1, 2));
}

#[test]
fn a_tenant_that_holds_as_much_as_it_may_does_not_grow() {
    let limits = |records, bytes| Limits::new(LimitSettings { records, bytes, ..LimitSettings::default() });
    let held = || Held { records: 10, bytes: 100 };
    assert_eq!(limits(11, 101).check_quota("t", held), Ok(()));
    let quota = |resource, limit, actual| Err(Limited::Quota { resource, limit, actual });
    assert_eq!(limits(10, 0).check_quota("t", held), quota("records", 10, 10));
    assert_eq!(limits(0, 50).check_quota("t", held), quota("bytes", 50, 100));
    assert!(limits(1, 0).has_quota(Load::Growth) && !limits(1, 0).has_quota(Load::Query));
}
