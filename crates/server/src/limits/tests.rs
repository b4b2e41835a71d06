//! Which limit concerns which request.

use super::*;

fn limits(requests_per_second: u64, queries: u64) -> Limits {
    Limits::new(LimitSettings { requests_per_second, queries, ..LimitSettings::default() })
}

const NONE: OwnLimits = OwnLimits { requests_per_second: None, queries: None, records: None, bytes: None };

fn somebody() -> Subject {
    Subject::User("somebody".to_owned())
}

#[test]
fn probes_are_never_refused() {
    let limits = limits(1, 1);
    for _ in 0..10 {
        assert!(limits.admit(NONE, somebody, Load::None).is_ok());
    }
    assert!(limits.admit(NONE, somebody, Load::Small).is_ok());
    assert!(matches!(limits.admit(NONE, somebody, Load::Small), Err(Limited::Rate { .. })));
}

#[test]
fn only_queries_count_as_queries() {
    let limits = limits(0, 1);
    let query = limits.admit(NONE, somebody, Load::Query).unwrap();
    assert!(query.is_some());
    assert_eq!(limits.admit(NONE, somebody, Load::Query).err(), Some(Limited::Queries { limit: 1 }));
    assert!(limits.admit(NONE, somebody, Load::Growth).unwrap().is_none());
    assert!(limits.admit(NONE, || Subject::Unknown, Load::Query).is_ok());
    drop(query);
    assert!(limits.admit(NONE, somebody, Load::Query).is_ok());
}

#[test]
fn without_limits_nobody_is_looked_at() {
    let limits = limits(0, 0);
    assert!(limits.admit(NONE, || unreachable!("nothing is counted"), Load::Query).is_ok());
    assert!(!limits.has_quota(NONE, Load::Growth));
}

#[test]
fn a_retry_is_announced_in_whole_seconds() {
    let wait = |millis| Limited::Rate { wait: Duration::from_millis(millis) }.retry_after();
    assert_eq!((wait(1), wait(1000), wait(1001)), (1, 1, 2));
}

#[test]
fn a_tenant_that_holds_as_much_as_it_may_does_not_grow() {
    let limits = |records, bytes| Limits::new(LimitSettings { records, bytes, ..LimitSettings::default() });
    let held = |extent| match extent {
        Extent::Tenant => Held { records: 10, bytes: 100 },
        Extent::Reach => unreachable!("nobody has a quota of their own"),
    };
    let check = |limits: Limits| limits.check_quota(("u", NONE), "t", held);
    let quota =
        |resource, limit, actual| Err(Limited::Quota { extent: Extent::Tenant, resource, limit, actual });
    assert_eq!(check(limits(11, 101)), Ok(()));
    assert_eq!(check(limits(10, 0)), quota("records", 10, 10));
    assert_eq!(check(limits(0, 50)), quota("bytes", 50, 100));
    assert!(limits(1, 0).has_quota(NONE, Load::Growth) && !limits(1, 0).has_quota(NONE, Load::Query));
}

#[test]
fn limits_of_a_user_stand_in_place_of_those_of_everybody() {
    let limits = limits(1, 1);
    let wide = OwnLimits { requests_per_second: Some(0), queries: Some(2), ..NONE };
    let admit = |own| limits.admit(own, somebody, Load::Query);
    let (first, second) = (admit(wide), admit(wide));
    assert!(matches!((&first, &second), (Ok(Some(_)), Ok(Some(_)))));
    assert_eq!(admit(wide).err(), Some(Limited::Queries { limit: 2 }));
    assert_eq!(admit(NONE).err(), Some(Limited::Queries { limit: 1 }));
}

#[test]
fn a_quota_of_a_user_counts_what_the_user_reaches() {
    let limits = Limits::new(LimitSettings { records: 10, bytes: 1000, ..LimitSettings::default() });
    let held = |extent| match extent {
        Extent::Tenant => Held { records: 50, bytes: 500 },
        Extent::Reach => Held { records: 20, bytes: 200 },
    };
    let own = |records, bytes| OwnLimits { records, bytes, ..NONE };
    let refused = |extent, resource, limit, actual| Err(Limited::Quota { extent, resource, limit, actual });
    for (user, own, expected) in [
        ("a", own(None, None), refused(Extent::Tenant, "records", 10, 50)),
        ("b", own(Some(21), None), Ok(())),
        ("c", own(Some(20), None), refused(Extent::Reach, "records", 20, 20)),
        ("d", own(Some(0), None), Ok(())),
        ("e", own(Some(0), Some(100)), refused(Extent::Reach, "bytes", 100, 200)),
        ("f", own(None, Some(0)), refused(Extent::Tenant, "records", 10, 50)),
    ] {
        assert_eq!(limits.check_quota((user, own), "t", held), expected, "user={user}");
    }
    let none = Limits::new(LimitSettings::default());
    assert!(
        none.has_quota(own(Some(1), None), Load::Growth) && !none.has_quota(own(Some(0), None), Load::Growth)
    );
}
