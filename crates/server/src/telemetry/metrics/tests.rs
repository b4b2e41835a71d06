use std::time::Duration;

use axum::http::StatusCode;

use super::{
    requests::{RequestMetrics, RouteLabels},
    *,
};

fn requests() -> RequestMetrics {
    let requests = RequestMetrics::default();
    let route = |template, action| RouteLabels { template, method: "GET", action };
    requests.set_routes([route("/a/{x}", "a"), route("/b", "b")]);
    requests
}

#[test]
fn requests_are_counted_by_route_and_status_and_nothing_else() {
    let requests = requests();
    requests.count(Some(0), StatusCode::OK, Duration::from_millis(3));
    requests.count(Some(0), StatusCode::OK, Duration::from_millis(30));
    requests.count(Some(0), StatusCode::NOT_FOUND, Duration::from_millis(3));
    requests.count(None, StatusCode::IM_A_TEAPOT, Duration::ZERO);
    let text = text::write(&requests.families());
    let lines: Vec<&str> =
        text.lines().filter(|line| line.starts_with("huedb_http_requests_total")).collect();
    let expected = [
        r#"huedb_http_requests_total{route="/a/{x}",method="GET",action="a",status="200"} 2"#,
        r#"huedb_http_requests_total{route="/a/{x}",method="GET",action="a",status="404"} 1"#,
        r#"huedb_http_requests_total{route="none",method="any",action="none",status="other"} 1"#,
    ];
    assert_eq!(lines, expected);
    let labels = r#"{route="/a/{x}",method="GET",action="a""#;
    for line in [
        format!("huedb_http_request_duration_seconds_bucket{labels},le=\"0.005\"}} 2"),
        format!("huedb_http_request_duration_seconds_bucket{labels},le=\"+Inf\"}} 3"),
        format!("huedb_http_request_duration_seconds_sum{labels}}} 0.036"),
        format!("huedb_http_request_duration_seconds_count{labels}}} 3"),
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is missing in\n{text}");
    }
    assert!(!text.contains("/b"), "a route that nobody asked has no series");
}

#[test]
fn counting_from_many_threads_loses_nothing() {
    let requests = requests();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..1000 {
                    requests.count(Some(1), StatusCode::OK, Duration::from_micros(7));
                }
            });
        }
    });
    let [counted, durations] = requests.families();
    assert_eq!(counted.samples[0].value, Value::Number(4000.0));
    let Value::Histogram(value) = &durations.samples[0].value else { panic!("{durations:?}") };
    assert_eq!((value.count(), value.buckets[0]), (4000, 4000));
    assert!((value.seconds() - 0.028).abs() < 1e-9, "{}", value.seconds());
}

#[test]
fn label_values_are_escaped() {
    let family = Family::new("x", FamilyKind::Gauge, "Help").with(&[("a", "b\"\\\n")], 1.5);
    assert_eq!(text::write(&[family]), "# HELP x Help\n# TYPE x gauge\nx{a=\"b\\\"\\\\\\n\"} 1.5\n");
}
