use axum::http::HeaderValue;

use super::*;

#[track_caller]
fn check(traceparent: &str, expected: Option<(u128, u64, bool)>) {
    let mut headers = HeaderMap::new();
    headers.insert("traceparent", HeaderValue::from_str(traceparent).unwrap());
    let parent = Parent::of(&headers).map(|parent| (parent.trace, parent.span, parent.is_sampled));
    assert_eq!(parent, expected, "traceparent={traceparent}");
}

#[test]
fn a_traceparent_is_read_as_the_recommendation_says() {
    let good = Some((0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736, 0x00f0_67aa_0ba9_02b7, true));
    check("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", good);
    check("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03", good);
    check("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-later", good);
    let unsampled = good.map(|(trace, span, _)| (trace, span, false));
    check("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", unsampled);
}

#[test]
fn what_is_no_traceparent_begins_a_new_trace() {
    let wrong = [
        "",
        "00",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ];
    for text in wrong {
        check(text, None);
    }
}

#[test]
fn the_tracestate_is_passed_on_unless_it_is_too_long() {
    let of = |values: &[String]| {
        let mut headers = HeaderMap::new();
        let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        headers.insert("traceparent", HeaderValue::from_static(traceparent));
        for value in values {
            headers.append("tracestate", HeaderValue::from_str(value).unwrap());
        }
        Parent::of(&headers).unwrap().tracestate
    };
    assert_eq!(of(&["a=1".to_owned(), "b=2".to_owned()]), "a=1,b=2");
    assert_eq!(of(&["a".repeat(TRACESTATE_BYTES_MAX + 1)]), "");
    assert_eq!(of(&[]), "");
}
