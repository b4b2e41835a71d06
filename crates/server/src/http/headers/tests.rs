//! What browsers are told, and what every answer carries.

use axum::http::{Request, request::Parts};

use super::*;

fn cors(origins: &[&str]) -> Cors {
    Cors::new(&origins.iter().map(|&origin| origin.to_owned()).collect::<Vec<_>>())
}

fn question(method: Method, headers: &[(&str, &str)]) -> Parts {
    let request = Request::builder().method(method).uri("/api/v1/collections");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(()).unwrap().into_parts().0
}

fn preflight(origins: &[&str], question: &Parts) -> Option<Response> {
    cors(origins).preflight(&question.method, &question.headers)
}

const ASKS: [(&str, &str); 3] = [
    ("origin", "http://a"),
    ("access-control-request-method", "POST"),
    ("access-control-request-headers", "authorization, x-chroma-token"),
];

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

#[test]
fn an_allowed_origin_is_told_what_it_may_do() {
    for (origins, told) in [(&["http://a", "http://b"][..], "http://a"), (&["*"], "*")] {
        let response = preflight(origins, &question(Method::OPTIONS, &ASKS)).unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(header(&response, "access-control-allow-origin"), Some(told));
        assert_eq!(header(&response, "access-control-allow-headers"), Some("authorization, x-chroma-token"));
        assert_eq!(header(&response, "access-control-max-age"), Some("600"));
        assert!(header(&response, "access-control-allow-methods").unwrap().contains("DELETE"));
        assert_eq!(header(&response, "access-control-allow-credentials"), None);
        assert_eq!(header(&response, "vary"), Some("Origin"));
    }
}

#[test]
fn another_origin_is_refused() {
    let response = preflight(&["http://b"], &question(Method::OPTIONS, &ASKS)).unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert_eq!(header(&response, "access-control-allow-origin"), None);
}

#[test]
fn only_questions_of_browsers_are_answered_here() {
    let cases = [
        (&["http://a"][..], question(Method::POST, &ASKS)),
        (&["http://a"], question(Method::OPTIONS, &ASKS[..1])),
        (&["http://a"], question(Method::OPTIONS, &ASKS[1..])),
        (&[], question(Method::OPTIONS, &ASKS)),
    ];
    for (origins, question) in cases {
        assert!(preflight(origins, &question).is_none(), "{question:?}");
    }
}

/// Which origin may read an answer that a page of `origin` asked for.
#[track_caller]
fn check_permit(origins: &[&str], origin: Option<&str>, allowed: Option<&str>, varies: bool) {
    let mut headers = HeaderMap::new();
    let origin = origin.map(|origin| HeaderValue::from_str(origin).unwrap());
    cors(origins).permit(origin.as_ref(), &mut headers);
    let permission = headers.get("access-control-allow-origin").map(|value| value.to_str().unwrap());
    assert_eq!(permission, allowed);
    assert_eq!(headers.contains_key("vary"), varies);
}

#[test]
fn answers_are_readable_for_allowed_origins_only() {
    check_permit(&["http://a"], Some("http://a"), Some("http://a"), true);
    check_permit(&["http://a"], Some("http://a.evil"), None, true);
    check_permit(&["http://a"], None, None, true);
    check_permit(&["*"], Some("http://x"), Some("*"), true);
    check_permit(&[], Some("http://a"), None, false);
}

#[test]
fn every_answer_has_a_trace_id_and_an_overloaded_one_says_when_to_return() {
    for (status, retry_after) in [(200, None), (404, None), (503, Some("1"))] {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        finish(&mut response, None);
        assert_eq!(header(&response, "chroma-trace-id"), Some("0"));
        assert_eq!(header(&response, "retry-after"), retry_after, "status={status}");
    }
}
