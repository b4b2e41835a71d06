use super::*;

#[track_caller]
fn check(path: &str, expected: Option<(u16, &str)>) {
    let answer = while_opening(path).map(|response| response.status().as_u16());
    assert_eq!(answer, expected.map(|(status, _)| status), "path={path}");
}

#[test]
fn only_probes_are_answered_before_the_data_is_open() {
    check("/livez", Some((200, "ok")));
    check("/healthz", Some((200, "ok")));
    check("/readyz", Some((503, "opening the data")));
    check("/metrics", None);
    check("/api/v2/heartbeat", None);
}
