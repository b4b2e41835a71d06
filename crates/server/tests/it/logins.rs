//! Logging in: what the options let in, what they refuse to start with, and what changes without a restart.

use std::{
    fs,
    io::Write as _,
    process::Command,
    time::{Duration, Instant},
};

use crate::{
    exchange::{Answer, connect, read_answer, send},
    process::{Place, Server, Signal, huedb, run},
};

/// Longer than any machine needs; beyond it something hangs.
const PATIENCE: Duration = Duration::from_mins(1);

/// A line of a password file: the password `admin`, with the lowest cost.
const ADMIN: &str = "admin:$2y$04$SDPbqpj1ha.FuBKCyRpSZedSd2Lgo39nE6mXpqMv2uxX8LBDh.ak6";
/// The password is `secret`.
const BEN: &str = "ben:$2y$04$1eqe6JZioBCTimSglI2X.eNDzzWVyX/noDEdsddMbefXffFvnRUvm";

const ADMIN_HEADER: &str = "Authorization: Basic YWRtaW46YWRtaW4=\r\n";
const WRONG_HEADER: &str = "Authorization: Basic YWRtaW46d3Jvbmc=\r\n";
const BEN_HEADER: &str = "Authorization: Basic YmVuOnNlY3JldA==\r\n";

const V1: &str = "/api/v1/collections";
const V2: &str = "/api/v2/tenants/default_tenant/databases/default_database/collections";

const ROLES: &str = "\
roles_mapping:
  reader:
    actions: ['tenant:get_tenant', 'db:get_database', 'db:list_collections']
  writer:
    actions: ['*']
users:
  - id: anna
    role: writer
    tokens: [anna-token]
  - id: rita
    role: reader
    tokens: [rita-token]
";

fn start(place: &Place, variables: &[(&str, &str)]) -> Server {
    place.start_with(huedb(&["run", "--port", "0"]).envs(variables.iter().copied()))
}

fn get(server: &Server, path: &str, headers: &str) -> Answer {
    send(&server.address, "GET", path, headers, "")
}

/// Asks both generations; the older one has no word for who did not log in.
#[track_caller]
fn check_in(server: &Server, headers: &str, is_in: bool) {
    let expected = if is_in { (200, 200) } else { (403, 401) };
    let statuses = (get(server, V1, headers).status, get(server, V2, headers).status);
    assert_eq!(statuses, expected, "headers={headers}");
}

/// Ends the server and returns its log.
fn log_of(server: Server) -> String {
    server.signal(Signal::TERM);
    server.wait().errors
}

/// Asks until the answer has `status`.
#[track_caller]
fn wait_for_status(server: &Server, headers: &str, status: u16) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = get(server, V2, headers);
        if answer.status == status {
            return;
        }
        assert!(Instant::now() < deadline, "still {} instead of {status}: {headers}", answer.status);
    }
}

#[test]
fn passwords_let_in_who_knows_one() {
    let place = Place::new();
    let server = start(
        &place,
        &[
            ("CHROMA_SERVER_AUTHN_PROVIDER", "chromadb.auth.basic_authn.BasicAuthenticationServerProvider"),
            ("CHROMA_SERVER_AUTHN_CREDENTIALS", &format!("# two users\n{ADMIN}\n\n{BEN}\n")),
        ],
    );
    for (headers, is_in) in [
        (ADMIN_HEADER, true),
        (BEN_HEADER, true),
        (WRONG_HEADER, false),
        ("Authorization: Basic !!!\r\n", false),
        ("Authorization: Bearer admin\r\n", false),
        ("X-Chroma-Token: admin\r\n", false),
        ("", false),
    ] {
        check_in(&server, headers, is_in);
    }
    let refused = get(&server, V2, WRONG_HEADER);
    assert_eq!(refused.header("www-authenticate"), Some("basic realm=\"huedb\", charset=\"utf-8\""));
    assert!(refused.body.contains("\"AuthError\""), "{}", refused.body);
    assert_eq!(get(&server, "/api/v2/heartbeat", "").status, 200);
    assert!(server.text.contains("authentication  passwords"), "{}", server.text);
    let log = log_of(server);
    for secret in ["YWRtaW46", "$2y$04$", "wrong"] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[test]
fn a_token_counts_in_the_header_that_was_chosen_and_in_no_other() {
    let bearer = "Authorization: Bearer test-token\r\n";
    let own = "X-Chroma-Token: test-token\r\n";
    for (header, right, wrong) in [("Authorization", bearer, own), ("X-Chroma-Token", own, bearer)] {
        let place = Place::new();
        let server = start(
            &place,
            &[
                (
                    "CHROMA_SERVER_AUTHN_PROVIDER",
                    "chromadb.auth.token_authn.TokenAuthenticationServerProvider",
                ),
                ("CHROMA_SERVER_AUTHN_CREDENTIALS", "test-token"),
                ("CHROMA_AUTH_TOKEN_TRANSPORT_HEADER", header),
            ],
        );
        check_in(&server, right, true);
        check_in(&server, wrong, false);
        check_in(&server, &right.replace("test-token", "test-tokem"), false);
        let log = log_of(server);
        assert!(!log.contains("test-toke"), "{log}");
    }
}

#[test]
fn roles_decide_what_a_user_may_do() {
    let place = Place::new();
    let file = place.path().join("authz.yaml");
    fs::write(&file, ROLES).unwrap();
    let file = file.to_str().unwrap();
    let server = start(
        &place,
        &[
            ("CHROMA_SERVER_AUTHN_CREDENTIALS_FILE", file),
            ("CHROMA_SERVER_AUTHZ_CONFIG_FILE", file),
            ("CHROMA_SERVER_AUTHN_PROVIDER", "chromadb.auth.token_authn.TokenAuthenticationServerProvider"),
            (
                "CHROMA_SERVER_AUTHZ_PROVIDER",
                "chromadb.auth.simple_rbac_authz.SimpleRBACAuthorizationProvider",
            ),
        ],
    );
    let (anna, rita) = ("Authorization: Bearer anna-token\r\n", "Authorization: Bearer rita-token\r\n");
    for headers in [anna, rita] {
        check_in(&server, headers, true);
    }
    for path in [V1, V2] {
        let create = |headers, name| {
            send(&server.address, "POST", path, headers, &format!(r#"{{"name":"{name}"}}"#)).status
        };
        let name = if path == V1 { "first" } else { "second" };
        assert_eq!((create(rita, name), create(anna, name)), (403, 200), "path={path}");
    }
}

#[track_caller]
fn check_refused(command: &mut Command, text: &str) {
    let ended = run(command);
    assert_eq!(ended.code, Some(2), "{}", ended.errors);
    assert!(ended.errors.contains(text), "{}", ended.errors);
    for secret in [ADMIN, "hunter2"] {
        assert!(!ended.errors.contains(secret), "{}", ended.errors);
    }
}

#[test]
fn a_start_without_the_protection_that_was_asked_for_is_refused() {
    let start = || huedb(&["run", "--port", "0"]);
    check_refused(start().arg("--require-auth"), "auth");
    check_refused(start().env("HUEDB_AUTH", "basic"), "auth-credentials");
    check_refused(start().env("HUEDB_AUTHZ", "roles").env("HUEDB_AUTHZ_CONFIG", ROLES), "auth");
    let basic = || {
        let mut command = start();
        command.env("HUEDB_AUTH", "basic");
        command
    };
    let two_lines = format!("{ADMIN}\nben:hunter2\n");
    check_refused(basic().env("HUEDB_AUTH_CREDENTIALS", two_lines), "line 2");
    check_refused(basic().args(["--auth-credentials-file", "missing.htpasswd"]), "missing.htpasswd");
}

#[test]
fn with_authentication_a_start_that_requires_it_goes_on() {
    let place = Place::new();
    let server = place.start_with(
        huedb(&["run", "--port", "0", "--require-auth"])
            .env("HUEDB_AUTH", "basic")
            .env("HUEDB_AUTH_CREDENTIALS", ADMIN),
    );
    check_in(&server, ADMIN_HEADER, true);
}

fn start_with_file(place: &Place) -> Server {
    fs::write(place.path().join("users"), format!("{ADMIN}\n")).unwrap();
    place.start(&["--auth", "basic", "--auth-credentials-file", "users", "--log-level", "info"])
}

#[test]
fn a_changed_file_counts_without_a_restart() {
    let place = Place::new();
    let server = start_with_file(&place);
    check_in(&server, ADMIN_HEADER, true);
    fs::write(place.path().join("users"), format!("{BEN}\n")).unwrap();
    wait_for_status(&server, ADMIN_HEADER, 401);
    check_in(&server, ADMIN_HEADER, false);
    check_in(&server, BEN_HEADER, true);
}

#[test]
fn a_hangup_signal_reads_the_file_again_and_a_bad_file_changes_nothing() {
    let place = Place::new();
    let server = start_with_file(&place);
    // A rename changes the file at once, so that nobody reads half of it.
    fs::write(place.path().join("new"), format!("{ADMIN}\n{BEN}\n")).unwrap();
    fs::rename(place.path().join("new"), place.path().join("users")).unwrap();
    server.signal(Signal::HUP);
    server.wait_for_log("SIGHUP", 1);
    check_in(&server, ADMIN_HEADER, true);
    check_in(&server, BEN_HEADER, true);

    fs::write(place.path().join("users"), "admin:hunter2\n").unwrap();
    server.signal(Signal::HUP);
    server.wait_for_log("stay as they were", 1);
    check_in(&server, BEN_HEADER, true);
    let log = log_of(server);
    assert!(log.contains("line 1") && !log.contains("hunter2"), "{log}");
}

#[test]
fn tokens_and_roles_change_with_their_files_and_mistakes_in_either_change_nothing() {
    let place = Place::new();
    let write = |name: &str, text: &str| {
        fs::write(place.path().join("new"), text).unwrap();
        fs::rename(place.path().join("new"), place.path().join(name)).unwrap();
    };
    write("tokens", ROLES);
    write("roles", ROLES);
    let tokens = ["--auth", "token", "--auth-credentials-file", "tokens"];
    let roles = ["--authz", "roles", "--authz-config-file", "roles", "--log-level", "info"];
    let server = place.start(&[&tokens[..], &roles].concat());
    let (anna, rita) = ("Authorization: Bearer anna-token\r\n", "Authorization: Bearer rita-token\r\n");
    let new = "Authorization: Bearer new-token\r\n";
    let create =
        |name: &str| send(&server.address, "POST", V2, rita, &format!(r#"{{"name":"{name}"}}"#)).status;
    assert_eq!(create("refused"), 403);

    // Both are noticed without a signal.
    write("roles", &ROLES.replace("role: reader", "role: writer"));
    server.wait_for_log("users and roles read again", 1);
    assert_eq!(create("allowed"), 200);
    write("tokens", &ROLES.replace("anna-token", "new-token"));
    wait_for_status(&server, anna, 401);
    check_in(&server, new, true);

    for (number, name) in ["roles", "tokens"].into_iter().enumerate() {
        write(name, "users: hunter2\n");
        server.signal(Signal::HUP);
        server.wait_for_log("stay as they were", number + 1);
        check_in(&server, new, true);
        assert_eq!(create(&format!("still-allowed-{number}")), 200);
    }
    let log = log_of(server);
    assert!(log.contains("roles, line 1: ") && !log.contains("hunter2"), "{log}");
}

#[test]
fn a_refusal_does_not_wait_for_the_body() {
    let place = Place::new();
    let server = start_with_file(&place);
    for (path, status) in [(V1, 403), (V2, 401)] {
        let mut stream = connect(&server.address);
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n\
             Content-Length: 1000000\r\n{WRONG_HEADER}\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        // Who reads the body says `100 Continue` first.
        let answer = read_answer(&mut stream);
        assert_eq!(answer.status, status, "path={path} {}", answer.head);
    }
}

#[test]
fn too_many_failures_are_told_to_wait_and_who_is_known_passes() {
    let place = Place::new();
    fs::write(place.path().join("users"), format!("{ADMIN}\n{BEN}\n")).unwrap();
    let server = place.start(&[
        "--auth",
        "basic",
        "--auth-credentials-file",
        "users",
        "--auth-failures-per-minute",
        "3",
    ]);
    assert_eq!(get(&server, V2, ADMIN_HEADER).status, 200);
    let statuses: Vec<_> = (0..3).map(|_| get(&server, V2, WRONG_HEADER).status).collect();
    assert_eq!(statuses, [401, 401, 401]);
    for path in [V1, V2] {
        // Even a right password is not looked at now.
        let throttled = get(&server, path, BEN_HEADER);
        assert_eq!(throttled.status, 429, "path={path} {}", throttled.body);
        let seconds: u64 = throttled.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=60).contains(&seconds), "{}", throttled.head);
    }
    assert_eq!(get(&server, V2, ADMIN_HEADER).status, 200);
}
