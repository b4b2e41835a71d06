//! Which of several limits counts.

use super::*;

fn queries(limit: Option<u64>) -> OwnLimits {
    OwnLimits { queries: limit, ..OwnLimits::default() }
}

#[test]
fn the_nearer_limit_counts_and_of_two_roles_the_wider() {
    for (one, other, or, widest) in [
        (None, None, None, None),
        (Some(2), None, Some(2), Some(2)),
        (None, Some(3), Some(3), Some(3)),
        (Some(2), Some(3), Some(2), Some(3)),
        (Some(3), Some(2), Some(3), Some(3)),
        // Zero is no limit, which is wider than any.
        (Some(0), Some(2), Some(0), Some(0)),
        (Some(2), Some(0), Some(2), Some(0)),
    ] {
        assert_eq!(queries(one).or(queries(other)), queries(or), "{one:?} or {other:?}");
        assert_eq!(queries(one).widest(queries(other)), queries(widest), "{one:?} and {other:?}");
    }
}

#[test]
fn what_is_not_said_is_as_the_options_say() {
    let options = LimitSettings { requests_per_second: 5, queries: 6, records: 7, bytes: 8 };
    assert_eq!(OwnLimits::default().over(options), options);
    let own = OwnLimits { requests_per_second: Some(0), ..queries(Some(1)) };
    assert_eq!(own.over(options), LimitSettings { requests_per_second: 0, queries: 1, ..options });
}
