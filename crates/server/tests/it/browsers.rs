//! What a page in a browser may do, by the settings of both generations.

use std::fs;

use crate::{
    exchange::{Answer, send},
    process::{Place, Server, huedb},
};

const PAGE: &str = "https://app.example.com";
const PATHS: [&str; 2] = ["/api/v1/heartbeat", "/api/v2/heartbeat"];

fn ask(server: &Server, path: &str, origin: &str) -> Answer {
    let headers = format!(
        "Origin: {origin}\r\nAccess-Control-Request-Method: POST\r\n\
         Access-Control-Request-Headers: x-chroma-token\r\n"
    );
    send(&server.address, "OPTIONS", path, &headers, "")
}

#[track_caller]
fn check_allows_the_page_alone(server: &Server, setting: &str) {
    for path in PATHS {
        let allowed = ask(server, path, PAGE);
        assert_eq!(allowed.status, 200, "{setting} {path}");
        assert_eq!(allowed.header("access-control-allow-origin"), Some(PAGE), "{setting} {path}");
        assert_eq!(
            allowed.header("access-control-allow-headers"),
            Some("x-chroma-token"),
            "{setting} {path}"
        );
        let refused = ask(server, path, "https://evil.example.com");
        assert_eq!(refused.status, 400, "{setting} {path}");
        assert_eq!(refused.header("access-control-allow-origin"), None, "{setting} {path}");
        let read = send(&server.address, "GET", path, &format!("Origin: {PAGE}\r\n"), "");
        assert_eq!((read.status, read.header("access-control-allow-origin")), (200, Some(PAGE)), "{setting}");
    }
}

#[test]
fn every_name_of_the_setting_lets_the_same_page_in() {
    let list = format!("[\"{PAGE}\"]");
    for name in ["CHROMA_SERVER_CORS_ALLOW_ORIGINS", "CHROMA_CORS_ALLOW_ORIGINS", "HUEDB_CORS_ALLOW_ORIGINS"]
    {
        let place = Place::new();
        let server = place.start_with(huedb(&["run", "--port", "0"]).env(name, &list));
        check_allows_the_page_alone(&server, name);
    }
    let place = Place::new();
    let file = place.path().join("config.yaml");
    fs::write(&file, format!("cors_allow_origins: {list}\n")).unwrap();
    let server = place.start(&["--config", file.to_str().unwrap()]);
    check_allows_the_page_alone(&server, "file");
}
