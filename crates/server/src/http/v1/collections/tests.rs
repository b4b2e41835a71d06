use super::python_slice;

#[track_caller]
fn check(offset: Option<i64>, limit: Option<i64>, expected: &[usize]) {
    let items = [0, 1, 2, 3, 4];
    assert_eq!(items[python_slice(items.len(), offset, limit)], *expected, "{offset:?} {limit:?}");
}

#[test]
fn a_page_is_cut_as_python_cuts_lists() {
    check(None, None, &[0, 1, 2, 3, 4]);
    check(None, Some(2), &[0, 1]);
    check(Some(1), Some(2), &[1, 2]);
    check(Some(4), Some(9), &[4]);
    check(Some(9), None, &[]);
    check(None, Some(0), &[]);
    check(None, Some(-1), &[0, 1, 2, 3]);
    check(Some(-2), None, &[3, 4]);
    check(Some(-2), Some(1), &[3]);
    check(Some(-2), Some(2), &[]);
    check(Some(-9), Some(11), &[0, 1]);
    check(Some(3), Some(-2), &[]);
    check(Some(i64::MIN), Some(i64::MAX), &[0, 1, 2, 3]);
    check(Some(i64::MAX), Some(i64::MAX), &[]);
}
