//! Which limit is set.

use super::*;

#[test]
fn without_a_wish_the_limit_goes_as_far_as_the_system_allows() {
    assert_eq!(target(0, Some(1024), Some(4096)), Some(Some(4096)));
    assert_eq!(target(0, Some(1024), None), Some(None));
    assert_eq!(target(0, Some(4096), Some(4096)), None);
}

#[test]
fn a_wish_raises_up_to_the_maximum_and_never_lowers() {
    assert_eq!(target(2048, Some(1024), Some(4096)), Some(Some(2048)));
    assert_eq!(target(65536, Some(1024), Some(4096)), Some(Some(4096)));
    assert_eq!(target(65536, Some(1024), None), Some(Some(65536)));
    assert_eq!(target(512, Some(1024), Some(4096)), None);
    assert_eq!(target(65536, None, None), None);
}
