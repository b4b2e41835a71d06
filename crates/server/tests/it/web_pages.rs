//! Browsers: which pages may call the server, and what every answer carries.

use crate::{
    exchange::{get, send},
    process::{Place, huedb},
};

const QUESTION: &str = "Origin: http://a.example\r\nAccess-Control-Request-Method: POST\r\n\
                        Access-Control-Request-Headers: authorization\r\n";

#[test]
fn pages_of_allowed_origins_may_call_both_generations() {
    let place = Place::new();
    let mut command = huedb(&["run", "--port", "0"]);
    command.env("CHROMA_SERVER_CORS_ALLOW_ORIGINS", r#"["http://a.example"]"#);
    let server = place.start_with(&mut command);
    for path in ["/api/v1/collections", "/api/v2/heartbeat"] {
        let permitted = send(&server.address, "OPTIONS", path, QUESTION, "");
        assert_eq!(permitted.status, 200, "path={path}");
        assert_eq!(permitted.header("access-control-allow-origin"), Some("http://a.example"));
        assert_eq!(permitted.header("access-control-allow-headers"), Some("authorization"));
        assert_eq!(permitted.header("chroma-trace-id"), None);

        let question = QUESTION.replace("a.example", "b.example");
        let refused = send(&server.address, "OPTIONS", path, &question, "");
        assert_eq!((refused.status, refused.body.as_str()), (400, "Disallowed CORS origin"), "path={path}");
    }
    let read = send(&server.address, "GET", "/api/v1/heartbeat", "Origin: http://a.example\r\n", "");
    assert_eq!(read.header("access-control-allow-origin"), Some("http://a.example"));
}

#[test]
fn without_allowed_origins_there_are_no_browsers() {
    let place = Place::new();
    let server = place.start(&[]);
    for path in ["/api/v1/heartbeat", "/api/v2/heartbeat"] {
        assert_eq!(send(&server.address, "OPTIONS", path, QUESTION, "").status, 405, "path={path}");
        let read = send(&server.address, "GET", path, "Origin: http://a.example\r\n", "");
        assert_eq!((read.status, read.header("access-control-allow-origin")), (200, None), "path={path}");
    }
}

#[test]
fn every_answer_of_the_api_has_a_trace_id() {
    let place = Place::new();
    let server = place.start(&[]);
    for path in ["/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v2", "/api/v2/nothing", "/api/v2/reset"] {
        assert_eq!(get(&server.address, path).header("chroma-trace-id"), Some("0"), "path={path}");
    }
}

#[test]
fn every_answer_has_a_request_id_which_the_log_has_too() {
    let place = Place::new();
    let server = place.start(&["--log-level", "debug"]);
    let paths = ["/api/v1/heartbeat", "/api/v2/heartbeat", "/api/v2/nothing", "/api/v1/reset"];
    for (number, path) in paths.iter().enumerate() {
        let name = format!("my-request-{number}");
        let answer = send(&server.address, "GET", path, &format!("X-Request-Id: {name}\r\n"), "");
        assert_eq!(answer.header("x-request-id"), Some(name.as_str()), "path={path}");
        server.wait_for_log(&name, 1);
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "path={path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "path={path}");

        let made = get(&server.address, path);
        assert_eq!(made.header("x-request-id").map(str::len), Some(32), "path={path}");
        let wrong = send(&server.address, "GET", path, "X-Request-Id: a b\r\n", "");
        assert_ne!(wrong.header("x-request-id"), Some("a b"), "path={path}");
    }
}
