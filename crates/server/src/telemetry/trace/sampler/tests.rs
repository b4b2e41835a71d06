use super::*;

#[track_caller]
fn check(name: &str, ratio: f64, trace: u128, parent: Option<bool>, expected: bool) {
    let samples = Sampler::new(name, ratio).samples(trace, parent);
    assert_eq!(samples, expected, "{name} ratio={ratio} trace={trace:x} parent={parent:?}");
}

#[test]
fn a_caller_decides_only_for_samplers_that_follow_it() {
    for parent in [true, false] {
        check("parentbased_always_on", 1.0, 1, Some(parent), parent);
        check("parentbased_always_off", 1.0, 1, Some(parent), parent);
        check("parentbased_traceidratio", 0.5, 1, Some(parent), parent);
        check("always_on", 0.0, 1, Some(parent), true);
        check("always_off", 1.0, 1, Some(parent), false);
    }
}

#[test]
fn without_a_caller_the_rule_decides() {
    let last = u128::MAX;
    for trace in [1, u128::from(u64::MAX), last] {
        check("parentbased_always_on", 0.0, trace, None, true);
        check("parentbased_always_off", 1.0, trace, None, false);
        check("traceidratio", 1.0, trace, None, true);
        check("traceidratio", 0.0, trace, None, false);
    }
    check("traceidratio", 0.5, u128::from(u64::MAX / 2 - 1), None, true);
    check("traceidratio", 0.5, u128::from(u64::MAX), None, false);
    check("parentbased_traceidratio", 0.25, u128::from(u64::MAX / 2), None, false);
}
