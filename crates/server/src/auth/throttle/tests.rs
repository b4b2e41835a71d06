//! Failures by source, with a clock of the test's own.

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn source(last: u8) -> Source {
    Source::of(IpAddr::from([127, 0, 0, last]))
}

#[test]
fn a_source_may_fail_as_often_as_the_limit_and_then_waits() {
    let throttle = Throttle::new(3);
    let now = Instant::now();
    for _ in 0..3 {
        assert_eq!(throttle.check(source(1), now), Ok(()));
        throttle.failed(source(1), now);
    }
    assert_eq!(throttle.check(source(1), now), Err(20 * SECOND));
    assert_eq!(throttle.check(source(1), now + 19 * SECOND), Err(SECOND));
    assert_eq!(throttle.check(source(1), now + 20 * SECOND), Ok(()));
    assert_eq!(throttle.check(source(2), now), Ok(()), "another source");
}

#[test]
fn a_success_takes_its_attempt_back() {
    let throttle = Throttle::new(1);
    let now = Instant::now();
    for _ in 0..5 {
        assert_eq!(throttle.check(source(1), now), Ok(()));
        throttle.failed(source(1), now);
        throttle.forgive(source(1));
    }
}

#[test]
fn zero_is_no_limit() {
    let throttle = Throttle::new(0);
    let now = Instant::now();
    (0..1000).for_each(|_| throttle.failed(source(1), now));
    assert_eq!(throttle.check(source(1), now), Ok(()));
}

#[test]
fn the_table_is_bounded_and_keeps_those_who_fail_most() {
    let throttle = Throttle::new(10);
    let now = Instant::now();
    (0..10).for_each(|_| throttle.failed(source(1), now));
    for number in 0..(2 * SOURCES_MAX as u32) {
        throttle.failed(Source::of(IpAddr::from(number.to_be_bytes())), now);
        assert!(throttle.lock().len() <= SOURCES_MAX);
    }
    assert!(throttle.check(source(1), now).is_err());
}

#[test]
fn a_network_of_ipv6_is_one_source_and_a_mapped_address_its_ipv4_one() {
    let of = |text: &str| Source::of(text.parse().unwrap());
    assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
    assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
    assert_eq!(of("::ffff:10.0.0.1"), of("10.0.0.1"));
    assert_ne!(of("0.0.0.1"), of("::1"));
}
