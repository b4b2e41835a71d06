//! Headers as each generation read them.

use axum::http::HeaderValue;

use super::*;

const BEARER: Method = Method::Token(TokenHeader::Authorization);
const X_TOKEN: Method = Method::Token(TokenHeader::XChromaToken);

fn shown(given: Given<'_>) -> String {
    match given {
        Given::Nothing => "nothing".to_owned(),
        Given::Nonsense => "nonsense".to_owned(),
        Given::Credential(credential) => format!("={credential}"),
    }
}

#[track_caller]
fn check(method: Method, name: &'static str, value: &str, v1: &str, v2: &str) {
    let mut headers = HeaderMap::new();
    headers.insert(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    for (generation, expected) in [(Generation::V1, v1), (Generation::V2, v2)] {
        assert_eq!(shown(given(method, generation, &headers)), expected, "{generation:?} {name}: {value}");
    }
}

#[test]
fn the_first_generation_takes_one_spelling_and_the_second_any() {
    check(Method::Basic, "authorization", "Basic YTpi", "=YTpi", "=YTpi");
    check(Method::Basic, "authorization", "Basic   YTpi ", "=YTpi", "=YTpi");
    check(Method::Basic, "authorization", "basic YTpi", "=basic YTpi", "=YTpi");
    check(Method::Basic, "authorization", "YTpi", "=YTpi", "nonsense");
    check(Method::Basic, "authorization", "Basic ", "nonsense", "nonsense");
    check(Method::Basic, "authorization", "", "nothing", "nothing");
    check(BEARER, "authorization", "Bearer t", "=t", "=t");
    check(BEARER, "authorization", "Bearer   t  ", "=t", "=t");
    check(BEARER, "authorization", "bearer t", "nonsense", "=t");
    check(BEARER, "authorization", "t", "nonsense", "nonsense");
    check(BEARER, "authorization", "Basic YTpi", "nonsense", "nonsense");
    check(BEARER, "x-chroma-token", "t", "nothing", "nothing");
    check(X_TOKEN, "x-chroma-token", " t ", "=t", "=t");
    check(X_TOKEN, "x-chroma-token", "Bearer t", "=Bearer t", "=Bearer t");
    check(X_TOKEN, "authorization", "Bearer t", "nothing", "nothing");
    check(X_TOKEN, "x-chroma-token", "caf\u{e9}", "nonsense", "nonsense");
}

#[test]
fn two_credentials_are_none() {
    let mut headers = HeaderMap::new();
    headers.append("authorization", HeaderValue::from_static("Bearer a"));
    headers.append("authorization", HeaderValue::from_static("Bearer b"));
    assert!(given(BEARER, Generation::V2, &headers) == Given::Nonsense);
}

#[test]
fn user_and_password_part_at_the_first_colon() {
    let of = |text: &str| {
        user_and_password(&BASE64.encode(text))
            .map(|(user, password)| (user.expose().to_owned(), password.expose().to_owned()))
    };
    assert_eq!(of("a:b:c"), Some(("a".to_owned(), "b:c".to_owned())));
    assert_eq!(of(":"), Some((String::new(), String::new())));
    assert_eq!(of("ab"), None);
    assert_eq!(of("a:b\0c"), None);
    assert_eq!(of(&format!("a:{}", "x".repeat(73))), None);
    assert!(of(&format!("a:{}", "x".repeat(72))).is_some());
}

#[test]
fn what_is_not_base_64_of_text_is_nobody() {
    for given in ["!!!", "YTpi!", "Bearer x", "/////w==", "YTpi\u{e9}"] {
        assert!(user_and_password(given).is_none(), "given={given}");
    }
    assert!(user_and_password("YWI6Yw").is_some(), "padding may be missing");
}

#[test]
fn a_password_too_long_for_bcrypt_is_known_as_that() {
    let given = |len: usize| BASE64.encode(format!("a:{}", "x".repeat(len)));
    assert!(is_password_too_long(Method::Basic, &given(73)));
    assert!(!is_password_too_long(Method::Basic, &given(72)));
    assert!(!is_password_too_long(BEARER, &given(73)));
    assert!(!is_password_too_long(Method::Basic, "!!!"));
}
