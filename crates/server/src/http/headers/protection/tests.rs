//! What is added to which answer.

use super::*;

#[track_caller]
fn check(before: &[(HeaderName, &'static str)], is_encrypted: bool, expected: &[(&str, Option<&str>)]) {
    let mut headers: HeaderMap =
        before.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
    protect(&mut headers, is_encrypted);
    for (name, value) in expected {
        assert_eq!(headers.get(*name).map(|value| value.to_str().unwrap()), *value, "name={name}");
    }
}

#[test]
fn answers_are_neither_kept_nor_guessed_at() {
    let json = [(header::CONTENT_TYPE, "application/json")];
    check(
        &json,
        false,
        &[
            ("x-content-type-options", Some("nosniff")),
            ("cache-control", Some("no-store")),
            ("content-security-policy", Some("default-src 'none'; frame-ancestors 'none'")),
            ("strict-transport-security", None),
        ],
    );
    check(&[], true, &[("strict-transport-security", Some("max-age=31536000"))]);
}

#[test]
fn a_route_may_say_it_better() {
    let page = [(header::CONTENT_TYPE, "text/html"), (header::CACHE_CONTROL, "max-age=60")];
    check(&page, false, &[("cache-control", Some("max-age=60")), ("content-security-policy", None)]);
}
