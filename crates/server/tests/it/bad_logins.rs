//! What is wrong with files and headers: refused at the start with file and line, or while serving with an
//! answer that tells nobody which part was wrong.

use std::fs;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};

use crate::{
    exchange::send,
    process::{Place, Server, huedb},
};

/// A line of a password file: the password `admin`, with the lowest cost.
const ADMIN: &str = "admin:$2y$04$SDPbqpj1ha.FuBKCyRpSZedSd2Lgo39nE6mXpqMv2uxX8LBDh.ak6";

const V1: &str = "/api/v1/collections";
const V2: &str = "/api/v2/tenants/default_tenant/databases/default_database/collections";

/// Starts with a file `mistake` that is one; `expected` is a sentence, or what follows the name of the file.
/// `hunter2` stands for a secret.
#[track_caller]
fn check_start(arguments: &[&str], contents: &[u8], expected: &str) {
    let place = Place::new();
    let file = place.path().join("mistake");
    fs::write(&file, contents).unwrap();
    // Where a file of tokens is needed too, there is a good one.
    fs::write(place.path().join("tokens"), "users:\n- {id: a, tokens: t}\n").unwrap();
    let output = huedb(&["run", "--port", "0"]).args(arguments).current_dir(place.path()).output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    let shown = String::from_utf8_lossy(contents);
    assert_eq!(output.status.code(), Some(2), "{shown:?}: {errors}");
    let is_sentence = expected.starts_with("cannot read");
    let expected = if is_sentence { expected.to_owned() } else { format!("mistake{expected}") };
    assert!(errors.contains(&expected), "{shown:?}: expected `{expected}`: {errors}");
    assert!(!errors.contains("hunter2"), "{shown:?}: {errors}");
    assert!(!place.path().join("huedb-data").exists(), "{shown:?}: data was made");
}

#[test]
fn a_mistake_in_a_file_of_passwords_stops_the_start_with_file_and_line() {
    let hash = &ADMIN[6..];
    for (contents, expected) in [
        ("hunter2", ", line 1: not of the form `user:hash`"),
        ("# staff\n\nadmin:hunter2\n", ", line 3: the hash is not a bcrypt hash"),
        ("admin:\n", ", line 1: the hash is not a bcrypt hash"),
        ("admin:{SHA}hunter2\n", ", line 1: the hash is not a bcrypt hash"),
        ("admin:$apr1$hunter2\n", ", line 1: the hash is not a bcrypt hash"),
        (&*format!("{ADMIN}\n:{hash}\n"), ", line 2: the name of the user is empty"),
        (&*format!("a\tb:{hash}\n"), ", line 1: the name of the user is empty or has control characters"),
        (&*format!("{ADMIN}\n\n{ADMIN}\n"), ", line 3: user `admin` is on line 1 already"),
        (&*format!("{}\n", ADMIN.replace('$', "$$")), ", line 1: every `$` of the hash is doubled"),
        (&*format!("{ADMIN}x\n"), ", line 1: the bcrypt hash is cut off or has something after it"),
        (&*format!("{}\n", ADMIN.replace("$04$", "$31$")), ", line 1: the cost of the bcrypt hash"),
        ("", ": there is no `user:hash` line"),
        ("# nobody yet\n", ": there is no `user:hash` line"),
    ] {
        check_start(
            &["--auth", "basic", "--auth-credentials-file", "mistake"],
            contents.as_bytes(),
            expected,
        );
    }
    let not_text = [ADMIN.as_bytes(), b"\nben:hunter2\xff\n"].concat();
    let arguments = ["--auth", "basic", "--auth-credentials-file", "mistake"];
    check_start(&arguments, &not_text, ", line 2: not text in UTF-8");
}

#[test]
fn a_mistake_in_a_file_of_tokens_stops_the_start_with_file_and_line() {
    let long = "x".repeat(4097);
    for (contents, expected) in [
        ("hunter2 hunter2", ", line 1: the token must contain only ASCII"),
        ("hunter2\u{e9}\n", ", line 1: the token must contain only ASCII"),
        ("\n\nsha256:hunter2\n", ", line 3: the token begins with `sha256:`"),
        (&*long, ", line 1: the token is longer than 4096 characters"),
        (" \n\n", ": there is no token"),
        ("hunter2\nhunter2\n", ", line 1: "),
        ("users:\n- id: a\n\ttokens: hunter2\n", ", line 3: "),
        ("users: [\n- id\n", ", line 2: "),
        ("users:\n- id: a\n", ", line 2: user `a` has no `tokens`"),
        ("users:\n- tokens: hunter2\n", ", line 2: users[0]: missing field `id`"),
        ("users:\n- id: a\n  token: hunter2\n", ", line 3: users[0]: unknown field `token`"),
        ("users:\n- id: a\n  tokens: [12345]\n", ", line 3: users[0].tokens"),
        ("users:\n- id: a\n  tokens: [hunter2 x]\n", ", line 3: users[0].tokens"),
        ("users:\n- id: a\n  tokens: [{sha256: hunter2}]\n", ", line 3: users[0].tokens"),
        ("users:\n- id: a\n  tokens: t\n  expires: hunter2\n", ", line 4: users[0].expires: not a date"),
        ("users:\n- id: a\n  tokens: t\n  limits: {queries: hunter2}\n", ", line 4: users[0].limits.queries"),
        (
            "users:\n- id: a\n  tokens: [hunter2]\n- id: b\n  tokens: [hunter2]\n",
            ", line 4: a token of user `b` is one of user `a` too",
        ),
        ("users:\n- id: a\n  tokens: t\n- id: a\n  tokens: u\n", ", line 4: user `a` is listed twice"),
        ("users: []\nother: 1\n", ": there are no `users` with `tokens`"),
    ] {
        check_start(
            &["--auth", "token", "--auth-credentials-file", "mistake"],
            contents.as_bytes(),
            expected,
        );
    }
}

#[test]
fn a_mistake_in_a_file_of_roles_stops_the_start_with_file_and_line() {
    const ROLE: &str = "roles_mapping:\n  r: {actions: ['*']}\n";
    for (contents, expected) in [
        (ROLE.to_owned(), ": there are no `users`"),
        (format!("{ROLE}users:\n- id: a\n"), ", line 4: user `a` has no role"),
        (
            format!("{ROLE}users:\n- {{id: a, role: rr}}\n"),
            ", line 4: there is no role `rr`; the nearest is `r`",
        ),
        (
            format!("{ROLE}users:\n- {{id: a, role: r}}\n- {{id: a, role: r}}\n"),
            ", line 5: user `a` is listed twice",
        ),
        (
            "roles_mapping:\n  r: {}\nusers:\n- {id: a, role: r}\n".to_owned(),
            ", line 2: role `r` has neither",
        ),
        (
            "roles_mapping:\n  r: {inherits: s}\n  s: {inherits: r}\nusers:\n- {id: a, role: r}\n".to_owned(),
            ", line 5: role `r` inherits from itself",
        ),
        (
            "roles_mapping:\n  r: {action: '*'}\n".to_owned(),
            ", line 2: roles_mapping.r: unknown field `action`",
        ),
        ("roles_mapping:\n- r\n".to_owned(), ", line 2: roles_mapping: "),
    ] {
        let arguments = ["--auth", "token", "--auth-credentials-file", "tokens", "--authz", "roles"];
        let arguments = [&arguments[..], &["--authz-config-file", "mistake"]].concat();
        check_start(&arguments, contents.as_bytes(), expected);
    }
}

#[test]
fn a_file_that_cannot_be_read_stops_the_start_with_its_name() {
    let file = |name| ["--auth", "basic", "--auth-credentials-file", name];
    check_start(&file("mistake/missing"), b"", "cannot read mistake/missing: ");
    check_start(&file("."), b"", "cannot read .: it is a directory");
    let huge = vec![b'#'; (8 << 20) + 1];
    check_start(&file("mistake"), &huge, "cannot read mistake: it is larger than 8 MiB");
}

/// Status, body and what the answer asks for: all that a stranger is told.
fn told(server: &Server, path: &str, headers: &str) -> (u16, String, Option<String>) {
    let answer = send(&server.address, "GET", path, headers, "");
    let asks = answer.header("www-authenticate").map(str::to_owned);
    (answer.status, answer.body, asks)
}

/// All of these are told the same as the first one.
#[track_caller]
fn check_alike(server: &Server, headers: &[String]) {
    for (path, status) in [(V1, 403), (V2, 401)] {
        let first = told(server, path, &headers[0]);
        assert_eq!(first.0, status, "{path} {first:?}");
        for header in headers {
            assert_eq!(told(server, path, header), first, "{path} {header:?}");
        }
    }
}

#[test]
fn nothing_tells_which_part_of_a_password_login_was_wrong() {
    let place = Place::new();
    let mut command = huedb(&["run", "--port", "0", "--auth", "basic", "--auth-failures-per-minute", "0"]);
    let server = place.start_with(command.env("HUEDB_AUTH_CREDENTIALS", ADMIN));
    let basic = |given: &[u8]| format!("Authorization: Basic {}\r\n", BASE64.encode(given));
    let mut headers: Vec<String> = [
        &b"admin:wrong"[..],
        b"stranger:wrong",
        b"stranger:admin",
        b"admin:",
        b":admin",
        b":",
        b"",
        b"admin",
        b"Admin:admin",
        b"admin:admin\0",
        b"admin:admin\n",
        b"admin:\xff\xfe",
        b"\xffadmin:admin",
    ]
    .map(basic)
    .to_vec();
    headers.extend(
        ["", "Basic", "Basic ", "Basic !!!", "Basic YWRtaW46YWRtaW4=YWRtaW4=", "Basic YWRtaW46YWRtaW4\u{e9}"]
            .map(|value| format!("Authorization: {value}\r\n")),
    );
    headers.extend(
        ["Bearer admin", "Digest username=admin", "YWRtaW46d3Jvbmc=", "NotBasic YWRtaW46YWRtaW4="]
            .map(|value| format!("Authorization: {value}\r\n")),
    );
    headers.push(String::new());
    headers.push("X-Chroma-Token: admin\r\n".to_owned());
    headers.push(basic(b"admin:admin").repeat(2));
    check_alike(&server, &headers);

    // Who is refused for the length alone learns that, whoever is named.
    let long = |user: &str, length: usize| basic(format!("{user}:{}", "x".repeat(length)).as_bytes());
    check_alike(&server, &[long("admin", 73), long("stranger", 73), long("admin", 5_000)]);
    check_alike(&server, &[basic(b"admin:wrong"), long("admin", 72)]);
    assert_eq!(told(&server, V2, &basic(b"admin:admin")).0, 200);
}

#[test]
fn nothing_tells_which_part_of_a_token_was_wrong() {
    let place = Place::new();
    let mut command = huedb(&["run", "--port", "0", "--auth", "token", "--auth-failures-per-minute", "0"]);
    let users = "users:\n- {id: a, tokens: [right, {token: expired, expires: 2020-01-01}]}\n\
                 - {id: gone, tokens: late, expires: 2020-01-01}\n";
    let server = place.start_with(command.env("HUEDB_AUTH_CREDENTIALS", users));
    let long = "x".repeat(10_000);
    let mut headers: Vec<String> =
        ["Bearer wrong", "Bearer expired", "Bearer late", "Bearer righ", "Bearer rights", "Bearer Right"]
            .into_iter()
            .chain(["Bearer", "Bearer ", "Basic right", "right", "Bearer right right", "Bearer r\u{ef}ght"])
            .map(|value| format!("Authorization: {value}\r\n"))
            .collect();
    headers.push(format!("Authorization: Bearer {long}\r\n"));
    headers.push(String::new());
    headers.push("X-Chroma-Token: right\r\n".to_owned());
    headers.push("Authorization: Bearer right\r\nAuthorization: Bearer right\r\n".to_owned());
    check_alike(&server, &headers);
    assert_eq!(told(&server, V2, "Authorization: Bearer right\r\n").0, 200);
}
