//! Which names of requests are taken over.

use super::*;

fn of(brought: &[u8]) -> RequestId {
    let mut headers = HeaderMap::new();
    headers.insert(REQUEST_ID, HeaderValue::from_bytes(brought).unwrap());
    RequestId::of(&headers)
}

#[test]
fn a_sane_name_is_taken_over() {
    for name in ["a", "0123-abc_DEF.4:5/6+7=8@9", &"x".repeat(128)] {
        assert_eq!(of(name.as_bytes()).as_str(), name);
    }
}

#[test]
fn any_other_is_replaced() {
    let long = "x".repeat(129);
    for name in [&b""[..], b"a b", b"a\"b", b"{}", b"\xFF", b"a\tb", long.as_bytes()] {
        let made = of(name);
        assert!(made.as_str().len() == 32 && is_sane(made.as_str().as_bytes()), "{made:?}");
    }
}

#[test]
fn made_names_differ() {
    assert_ne!(RequestId::of(&HeaderMap::new()), RequestId::of(&HeaderMap::new()));
}
