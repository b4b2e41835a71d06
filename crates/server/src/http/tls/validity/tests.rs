//! Validity of certificates against what made them.

use proptest::prelude::*;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};

use super::*;

fn certificate(from: i32, until: i32) -> Vec<u8> {
    let mut parameters = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    parameters.not_before = date_time_ymd(from, 2, 28);
    parameters.not_after = date_time_ymd(until, 12, 1);
    parameters.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
}

#[test]
fn the_dates_are_those_the_certificate_was_made_with() {
    // From 2050 on certificates write years with four digits.
    for (from, until) in [(1975, 1999), (2026, 2027), (2049, 2050), (2060, 4096)] {
        let read = of_certificate(&certificate(from, until)).unwrap();
        let date =
            |year, month, day| Moment { year, month, day, hour: 0, minute: 0, second: 0 }.seconds().unwrap();
        assert_eq!(read.from, date(i64::from(from), 2, 28));
        assert_eq!(read.until, date(i64::from(until), 12, 1));
    }
}

#[test]
fn a_cut_off_certificate_has_no_dates_or_the_same() {
    let whole = certificate(2026, 2027);
    let dates = of_certificate(&whole);
    assert!(dates.is_some());
    for length in 0..whole.len() {
        assert_eq!(of_certificate(&whole[..length]), None, "length={length}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0_usize..400) {
        let _ = of_certificate(&bytes);
        let mut damaged = certificate(2026, 2027);
        let at = at % damaged.len();
        for (place, byte) in damaged[at..].iter_mut().zip(&bytes) {
            *place = *byte;
        }
        let _ = of_certificate(&damaged);
    }
}
