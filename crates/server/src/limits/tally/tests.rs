//! Counts are believed for a while, for so many of them.

use super::*;

fn usage(records: u64) -> Held {
    Held { records, bytes: 0 }
}

#[test]
fn a_count_is_believed_for_a_while() {
    let tally = Tally::default();
    assert_eq!(tally.of("", "a", || usage(1)), usage(1));
    assert_eq!(tally.of("", "b", || usage(2)), usage(2));
    assert_eq!(tally.of("", "a", || unreachable!("it was counted just now")), usage(1));
    assert_eq!(tally.of("user", "a", || usage(4)), usage(4), "what a user reaches is another count");
    let long_ago = Instant::now().checked_sub(BELIEVED_FOR).unwrap();
    tally.lock().get_mut(&(String::new(), "a".to_owned())).unwrap().0 = long_ago;
    assert_eq!(tally.of("", "a", || usage(3)), usage(3));
}

#[test]
fn the_table_stays_bounded() {
    let tally = Tally::default();
    for number in 0..COUNTS_MAX + 10 {
        tally.of("", &number.to_string(), || usage(0));
        assert!(tally.lock().len() <= COUNTS_MAX);
    }
}
