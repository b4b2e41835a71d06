use super::*;

fn phases(work: impl FnOnce()) -> Vec<(Phase, u32, u64, u64)> {
    let ((), reports) = recorded(work);
    reports.iter().map(|report| (report.phase, report.times, report.rows_in, report.rows_out)).collect()
}

#[test]
fn phases_are_reported_in_the_order_in_which_they_end() {
    let found = phases(|| {
        let fetch = begin(Phase::Fetch);
        begin(Phase::Filter).end(7, 3);
        fetch.end(3, 3);
    });
    assert_eq!(found, [(Phase::Filter, 1, 7, 3), (Phase::Fetch, 1, 3, 3)]);
}

#[test]
fn a_phase_that_failed_is_not_reported() {
    assert_eq!(phases(|| drop(begin(Phase::Filter))), []);
}

#[test]
fn nothing_is_kept_outside_of_a_recording() {
    begin(Phase::Filter).end(1, 1);
    assert_eq!(phases(|| {}), []);
    let panicked = std::panic::catch_unwind(|| recorded(|| panic!("on purpose")));
    assert!(panicked.is_err());
    begin(Phase::Filter).end(1, 1);
    assert_eq!(phases(|| begin(Phase::Fetch).end(0, 0)), [(Phase::Fetch, 1, 0, 0)]);
}

#[test]
fn many_phases_of_a_kind_become_one_report() {
    let found = phases(|| {
        for _ in 0..1000 {
            begin(Phase::SearchSegment).end(10, 1);
        }
        begin(Phase::Fetch).end(5, 5);
    });
    assert_eq!(found.len(), REPORTS_MAX + 1);
    let searched: u64 =
        found.iter().filter(|report| report.0 == Phase::SearchSegment).map(|report| report.2).sum();
    assert_eq!(searched, 10_000);
    assert_eq!(found[REPORTS_MAX - 1].1, 1000 - (REPORTS_MAX as u32 - 1));
    assert_eq!(found[REPORTS_MAX], (Phase::Fetch, 1, 5, 5));
}
