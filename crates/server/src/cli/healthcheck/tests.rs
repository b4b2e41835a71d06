//! Where a health check asks.

use super::*;

#[track_caller]
fn check_authority(url: &str, expected: Result<(bool, &str), &str>) {
    assert_eq!(authority_of(url), expected.map_err(str::to_owned), "url=`{url}`");
}

#[test]
fn a_url_gives_host_and_port() {
    check_authority("http://127.0.0.1:8000", Ok((false, "127.0.0.1:8000")));
    check_authority("http://db.example:8000/api/v2?x#y", Ok((false, "db.example:8000")));
    check_authority("http://[::1]:8000/", Ok((false, "[::1]:8000")));
    check_authority("http://db.example", Ok((false, "db.example")));
    check_authority("https://db.example/", Ok((true, "db.example")));
    check_authority("https://127.0.0.1:8000", Ok((true, "127.0.0.1:8000")));
    check_authority("ftp://db.example", Err("is not a URL that starts with http:// or https://"));
    check_authority("127.0.0.1:8000", Err("is not a URL that starts with http:// or https://"));
    check_authority("http://", Err("names no host"));
    check_authority("http:///api", Err("names no host"));
    check_authority("http://user@host", Err("names no host"));
    check_authority("http://a\r\nX: y", Err("names no host"));
}

#[test]
fn a_server_that_listens_everywhere_is_asked_on_this_machine() {
    let cases = [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("::1", "http://[::1]:8000"),
        ("db.example", "http://db.example:8000"),
    ];
    for (host, url) in cases {
        let settings = Settings { host: host.to_owned(), ..Settings::defaults() };
        assert_eq!(url_of(&settings), url);
    }
    let tls_certificate = Some("certificate.pem".into());
    let settings = Settings { tls_certificate, ..Settings::defaults() };
    assert_eq!(url_of(&settings), "https://127.0.0.1:8000");
}

#[test]
fn started_as_curl_it_asks_the_url_among_the_arguments() {
    let arguments: Vec<_> = ["-f", "-s", "http://localhost:8000/api/v1/heartbeat"].map(str::to_owned).into();
    let url = Some("http://localhost:8000/api/v1/heartbeat");
    assert_eq!(url_for_curl("curl", &arguments), url);
    assert_eq!(url_for_curl("/usr/local/bin/curl", &arguments), url);
    assert_eq!(url_for_curl("huedb", &arguments), None);
    assert_eq!(url_for_curl("curl", &arguments[..2]), None);
}
