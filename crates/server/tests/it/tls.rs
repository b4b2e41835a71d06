//! TLS and HTTP/2 as clients meet them.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    sync::Arc,
};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    version::{TLS12, TLS13},
};

use crate::{
    certificates::{Authority, Files},
    exchange::{Answer, connect, get, read_answer},
    process::{Place, Server, Signal, huedb, run},
};

const VERSIONS: &[&SupportedProtocolVersion] = &[&TLS12, &TLS13];
const HEARTBEAT: &[u8] = b"GET /api/v2/heartbeat HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

fn start(place: &Place, files: &Files, more: &[&str]) -> Server {
    let arguments = ["--tls-certificate", files.certificate(), "--tls-key", files.key()];
    place.start(&[&arguments, more].concat())
}

/// A client that trusts the authority, and shows a certificate if it has one.
fn client(
    authority: &Path,
    shown: Option<&Files>,
    versions: &[&'static SupportedProtocolVersion],
) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots);
    match shown {
        None => builder.with_no_client_auth(),
        Some(files) => {
            let chain = vec![CertificateDer::from_pem_file(&files.certificate).unwrap()];
            builder.with_client_auth_cert(chain, PrivateKeyDer::from_pem_file(&files.key).unwrap()).unwrap()
        }
    }
}

type Encrypted = StreamOwned<ClientConnection, TcpStream>;

fn encrypt(address: &str, config: ClientConfig) -> Encrypted {
    let connection = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    StreamOwned::new(connection, connect(address))
}

fn ask(stream: &mut Encrypted) -> std::io::Result<Answer> {
    stream.write_all(HEARTBEAT)?;
    // An alert comes as an error of the first read.
    let mut first = [0; 1];
    stream.read_exact(&mut first)?;
    Ok(read_answer(&mut first.as_slice().chain(stream)))
}

#[track_caller]
fn check_refused(address: &str, config: ClientConfig, reason: &str) {
    let error = ask(&mut encrypt(address, config)).unwrap_err().to_string();
    assert!(error.contains(reason), "{error}");
}

#[test]
fn clients_that_trust_the_authority_are_answered_in_both_versions() {
    let (place, authority) = (Place::new(), Authority::new());
    let server = start(&place, &authority.sign("server"), &[]);
    assert!(server.text.contains("https://"), "{}", server.text);
    for versions in [&[&TLS12][..], &[&TLS13]] {
        let mut stream = encrypt(&server.address, client(&authority.certificate(), None, versions));
        let answer = ask(&mut stream).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(answer.body.contains("nanosecond heartbeat"), "{}", answer.body);
    }
    let stranger = Authority::new();
    check_refused(&server.address, client(&stranger.certificate(), None, VERSIONS), "UnknownIssuer");
    // The failed handshakes disturbed nobody.
    let mut stream = encrypt(&server.address, client(&authority.certificate(), None, VERSIONS));
    assert_eq!(ask(&mut stream).unwrap().status, 200);
}

#[test]
fn the_oldest_version_is_an_option() {
    let (place, authority) = (Place::new(), Authority::new());
    let server = start(&place, &authority.sign("server"), &["--tls-version-min", "1.3"]);
    check_refused(&server.address, client(&authority.certificate(), None, &[&TLS12]), "ProtocolVersion");
    let mut stream = encrypt(&server.address, client(&authority.certificate(), None, &[&TLS13]));
    assert_eq!(ask(&mut stream).unwrap().status, 200);
}

#[test]
fn a_client_certificate_is_checked_where_it_is_asked_for() {
    let (place, authority) = (Place::new(), Authority::new());
    let elsewhere = Authority::new();
    let (good, stranger) = (authority.sign("good"), elsewhere.sign("stranger"));
    let expired = authority.sign_with("expired", |parameters| {
        parameters.not_before = rcgen::date_time_ymd(2001, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(2002, 1, 1);
    });
    let ca = authority.certificate();
    for (wanted, without) in [("required", Some("CertificateRequired")), ("optional", None)] {
        let more = ["--tls-client-ca", ca.to_str().unwrap(), "--tls-client-certificates", wanted];
        let server = start(&place, &authority.sign("server"), &more);
        let address = &server.address;
        match without {
            Some(reason) => check_refused(address, client(&ca, None, VERSIONS), reason),
            None => assert_eq!(ask(&mut encrypt(address, client(&ca, None, VERSIONS))).unwrap().status, 200),
        }
        let answer = ask(&mut encrypt(address, client(&ca, Some(&good), VERSIONS))).unwrap();
        assert_eq!(answer.status, 200, "wanted={wanted}");
        check_refused(address, client(&ca, Some(&expired), VERSIONS), "CertificateExpired");
        check_refused(address, client(&ca, Some(&stranger), VERSIONS), "UnknownCA");
        server.signal(Signal::TERM);
        assert_eq!(server.wait().code, Some(0));
    }
}

/// The serial number of the certificate that new connections are shown.
fn shown(address: &str, authority: &Path) -> Vec<u8> {
    let mut stream = encrypt(address, client(authority, None, VERSIONS));
    assert_eq!(ask(&mut stream).unwrap().status, 200);
    stream.conn.peer_certificates().unwrap()[0].to_vec()
}

#[test]
fn a_changed_certificate_is_taken_without_dropping_connections() {
    let (place, authority) = (Place::new(), Authority::new());
    let server = start(&place, &authority.sign("server"), &[]);
    let ca = authority.certificate();
    let first = shown(&server.address, &ca);
    let mut open = encrypt(&server.address, client(&ca, None, VERSIONS));
    open.write_all(b"GET /api/v2/heartbeat HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    open.read_exact(&mut [0; 1]).unwrap();

    // By itself, when the files change.
    authority.sign("server");
    server.wait_for_log("certificate read again", 1);
    let second = shown(&server.address, &ca);
    assert_ne!(first, second);

    // At once on SIGHUP. A bad file changes nothing, and a good one after it is taken.
    let files = authority.sign("server");
    server.signal(Signal::HUP);
    server.wait_for_log("certificate read again", 2);
    let third = shown(&server.address, &ca);
    assert_ne!(second, third);
    fs::write(&files.key, "not a key").unwrap();
    server.signal(Signal::HUP);
    server.wait_for_log("holds no private key", 1);
    assert_eq!(shown(&server.address, &ca), third);

    open.write_all(HEARTBEAT).unwrap();
    let answer = read_answer(&mut open);
    assert!(answer.body.ends_with('}'), "{answer:?}");
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code, Some(0));
}

#[test]
fn a_hangup_without_anything_to_reload_changes_nothing() {
    let place = Place::new();
    let server = place.start(&[]);
    server.signal(Signal::HUP);
    assert_eq!(get(&server.address, "/api/v2/heartbeat").status, 200);
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code, Some(0));
}

#[test]
fn plain_http_to_a_tls_port_is_told_so() {
    let (place, authority) = (Place::new(), Authority::new());
    let server = start(&place, &authority.sign("server"), &[]);
    let answer = get(&server.address, "/api/v1/heartbeat");
    assert_eq!(answer.status, 400);
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert!(body["message"].as_str().unwrap().contains("use https://"), "{}", answer.body);
}

#[test]
fn wrong_files_stop_the_start_with_their_name() {
    let authority = Authority::new();
    let (one, other) = (authority.sign("one"), authority.sign("other"));
    let run_with = |arguments: &[&str]| {
        let ended = run(huedb(&["run", "--port", "0"]).args(arguments));
        assert_eq!(ended.code, Some(1), "{}", ended.errors);
        ended.errors
    };
    let errors = run_with(&["--tls-certificate", one.certificate(), "--tls-key", other.key()]);
    assert!(errors.contains("does not belong to the first certificate"), "{errors}");
    let errors = run_with(&["--tls-certificate", one.certificate()]);
    assert!(errors.contains("one.certificate.pem holds no private key (only CERTIFICATE)"), "{errors}");
    let errors = run_with(&["--tls-key", one.key()]);
    assert!(errors.contains("tls-key is set without tls-certificate"), "{errors}");
    let errors = run_with(&["--tls-certificate", "/nowhere.pem"]);
    assert!(errors.contains("cannot read /nowhere.pem"), "{errors}");
}

#[test]
fn the_names_that_uvicorn_has_for_the_files_work() {
    let (place, authority) = (Place::new(), Authority::new());
    let files = authority.sign("server");
    let server = place.start(&["--ssl-certfile", files.certificate(), "--ssl-keyfile", files.key()]);
    shown(&server.address, &authority.certificate());
}

#[test]
fn an_expired_certificate_is_served_with_a_warning() {
    let (place, authority) = (Place::new(), Authority::new());
    let files = authority.sign_with("server", |parameters| {
        parameters.not_after = rcgen::date_time_ymd(2002, 1, 1);
        parameters.not_before = rcgen::date_time_ymd(2001, 1, 1);
    });
    let mut server = start(&place, &files, &[]);
    let config = client(&authority.certificate(), None, VERSIONS);
    check_refused(&server.address, config, "certificate expired");
    server.signal(Signal::TERM);
    server.text.clear();
    let ended = server.wait();
    assert!(ended.output.contains("has expired on 2002-01-01T00:00:00Z"), "{}", ended.output);
}

#[test]
fn healthcheck_asks_over_tls() {
    let (place, authority) = (Place::new(), Authority::new());
    let (files, ca) = (authority.sign("server"), authority.certificate());
    let server = start(&place, &files, &[]);
    let (_, port) = server.address.rsplit_once(':').unwrap();
    let url = format!("https://localhost:{port}");
    let ask = |arguments: &[&str]| run(huedb(&["healthcheck"]).args(arguments));
    assert_eq!(ask(&["--url", &url]).code, Some(0));
    assert_eq!(ask(&["--url", &url, "--ca", ca.to_str().unwrap()]).code, Some(0));
    let stranger = Authority::new();
    let refused = ask(&["--url", &url, "--ca", stranger.certificate().to_str().unwrap()]);
    assert!(refused.code == Some(1) && refused.errors.contains("UnknownIssuer"), "{}", refused.errors);
    let by_settings =
        run(huedb(&["healthcheck"]).env("HUEDB_PORT", port).env("HUEDB_TLS_CERT", &files.certificate));
    assert_eq!(by_settings.code, Some(0), "{}", by_settings.errors);
    let plain = ask(&["--url", &format!("http://localhost:{port}")]);
    assert!(plain.errors.contains("status 400"), "{}", plain.errors);
    drop(server);

    let server = start(&place, &files, &["--tls-client-ca", ca.to_str().unwrap()]);
    let url = format!("https://{}", server.address);
    let refused = ask(&["--url", &url]);
    assert!(refused.errors.contains("asks for a client certificate"), "{}", refused.errors);
    let shown = ask(&["--url", &url, "--cert", files.certificate(), "--key", files.key()]);
    assert_eq!(shown.code, Some(0), "{}", shown.errors);
}
