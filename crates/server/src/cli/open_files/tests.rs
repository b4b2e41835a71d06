//! Which limit is set.

use super::*;

#[test]
fn without_a_wish_the_limit_goes_as_far_as_the_system_allows() {
    assert_eq!(target(0, 1024, 4096), 4096);
    assert_eq!(target(0, 1024, NO_LIMIT), NO_LIMIT);
    assert_eq!(target(0, 4096, 4096), 4096);
}

#[test]
fn a_wish_raises_up_to_the_maximum_and_never_lowers() {
    assert_eq!(target(2048, 1024, 4096), 2048);
    assert_eq!(target(65536, 1024, 4096), 4096);
    assert_eq!(target(65536, 1024, NO_LIMIT), 65536);
    assert_eq!(target(512, 1024, 4096), 1024);
    assert_eq!(target(65536, NO_LIMIT, NO_LIMIT), NO_LIMIT);
}

#[test]
fn connections_leave_files_for_data() {
    for (limit, left) in [(0, 1), (256, 128), (1024, 512), (2048, 1024), (20_000, 18_976)] {
        assert_eq!(left_for_connections(limit), left, "limit={limit}");
    }
    assert_eq!(left_for_connections(NO_LIMIT), NO_LIMIT - FILES_FOR_DATA);
}
