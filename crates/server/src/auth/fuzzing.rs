//! What must hold of the parsers of files of users and of credentials, one function for each target of
//! the fuzzer. Each panics if it does not; that a parser returns at all is part of every rule.

#![expect(clippy::expect_used, reason = "a rule that is broken is a panic, which the fuzzer reports")]
#![expect(clippy::missing_panics_doc, reason = "the same for all")]

use axum::http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};

use super::{
    action::{Action, ActionSet},
    credentials::{Credentials, Proof, Roles, of_passwords, of_tokens},
    file_error::FileError,
    header::{self, Given, X_CHROMA_TOKEN},
    htpasswd::{PASSWORD_BYTES_MAX, Passwords},
    identity::{Identity, Place},
    settings::{Method, TokenHeader},
    token::{FingerprintKey, TokenHash},
    users_file::line_count,
};
use crate::{http::Generation, telemetry::metrics::Counter};

/// A file of users and password hashes.
pub fn auth_passwords(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let passwords = match Passwords::parse(text) {
        Ok(passwords) => passwords,
        Err(error) => return check_error(&error, text),
    };
    let mut count = 0;
    for user in passwords.users() {
        count += 1;
        assert!(!user.is_empty() && !user.contains([':', '\n']), "{user:?}");
        let (hash, is_known) = passwords.hash_of(user, 0);
        assert!(is_known, "{user:?}");
        // The lowest cost takes a millisecond; others say nothing more about the parser.
        if count == 1 && hash.cost() == 4 {
            assert!(!hash.matches("no password of the corpus", &Counter::default()));
        }
    }
    assert!(count > 0);
    assert!(!passwords.hash_of("a:b", 1).1, "nobody has such a name");
    let loaded = of_passwords(text, None).expect("the same text");
    assert_eq!(loaded.len(), count);
}

/// A file of one token, or of users with tokens.
pub fn auth_tokens(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let loaded = match of_tokens(text, None, FingerprintKey::random()) {
        Ok(loaded) => loaded,
        Err(error) => return check_error(&error, text),
    };
    let Credentials { proof: Proof::Tokens(tokens), .. } = &loaded else { panic!("not of tokens") };
    assert!(tokens.len() > 0);
    assert!(tokens.owner("a token with spaces").is_none());
    // A text of one word is a token, or the hash of one.
    let word = text.strip_prefix('\u{feff}').unwrap_or(text).trim();
    if !word.contains(char::is_whitespace) && !word.starts_with("sha256:") {
        assert!(tokens.owner(word).is_some());
        let hashed = of_tokens(&TokenHash::of(word).show(), None, FingerprintKey::random());
        let Ok(Credentials { proof: Proof::Tokens(hashed), .. }) = hashed else { panic!("the hash of it") };
        assert!(hashed.owner(word).is_some());
    }
}

/// A file of users and roles, also as the file of tokens: the roles bound what a token may do.
pub fn auth_roles(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let (roles, again) = match (Roles::parse(text), Roles::parse(text)) {
        (Ok(roles), Ok(again)) => (roles, again),
        (Err(error), Err(again)) if error == again => return check_error(&error, text),
        _ => panic!("read twice it is not the same"),
    };
    assert!(!roles.policy.users.is_empty());
    for (name, identity) in &roles.policy.users {
        assert_eq!((name.as_str(), Some(identity)), (identity.user_id(), again.policy.users.get(name)));
        check_reading(identity);
    }
    let Ok(loaded) = of_tokens(text, Some(roles), FingerprintKey::random()) else { return };
    let Proof::Tokens(tokens) = &loaded.proof else { panic!("not of tokens") };
    for owner in tokens.owners() {
        let of_roles = again.identity(owner.identity.user_id());
        for (action, place) in places() {
            let is_allowed = of_roles.may(action, place) || !owner.identity.may(action, place);
            assert!(is_allowed, "{action:?} {place:?} by {:?}", owner.identity.user_id());
        }
    }
}

/// The headers of a request. The first byte chooses among what servers expect, the rest are values, one
/// on a line.
pub fn auth_header(bytes: &[u8]) {
    let Some((&choice, bytes)) = bytes.split_first() else { return };
    let (method, name) = match choice % 3 {
        0 => (Method::Basic, AUTHORIZATION),
        1 => (Method::Token(TokenHeader::Authorization), AUTHORIZATION),
        _ => (Method::Token(TokenHeader::XChromaToken), X_CHROMA_TOKEN),
    };
    let mut headers = HeaderMap::new();
    for line in bytes.split(|&byte| byte == b'\n').take(3) {
        let Ok(value) = HeaderValue::from_bytes(line) else { return };
        headers.append(&name, value);
    }
    let given = |generation| header::given(method, generation, &headers);
    for generation in [Generation::V1, Generation::V2] {
        assert!(header::given(Method::Off, generation, &headers) == Given::Nothing);
        let Given::Credential(credential) = given(generation) else { continue };
        assert_eq!(headers.len(), 1, "one of several counted");
        assert!(!credential.is_empty() && credential.trim() == credential, "{credential:?}");
        assert!(bytes.windows(credential.len()).any(|part| part == credential.as_bytes()));
        if method == Method::Basic {
            check_user_and_password(credential);
        }
    }
    if let (Method::Token(_), Given::Credential(older)) = (method, given(Generation::V1)) {
        assert!(given(Generation::V2) == Given::Credential(older), "{older:?}");
    }
}

/// User and password in base 64, and the bytes as user and password.
pub fn auth_basic(bytes: &[u8]) {
    if let Ok(given) = str::from_utf8(bytes) {
        check_user_and_password(given);
    }
    let padded = STANDARD.encode(bytes);
    check_user_and_password(&padded);
    let found = header::user_and_password(&padded);
    assert!(header::user_and_password(&STANDARD_NO_PAD.encode(bytes)) == found, "padding may be missing");
    let expected = str::from_utf8(bytes).ok().and_then(|text| text.split_once(':'));
    match (found, expected) {
        (Some((user, password)), Some(expected)) => {
            assert_eq!((user.expose(), password.expose()), expected);
        }
        (Some(_), None) => panic!("there is no user"),
        (None, Some((_, password))) => {
            assert!(password.len() > PASSWORD_BYTES_MAX || password.contains('\0'), "{password:?}");
        }
        (None, None) => {}
    }
}

fn check_user_and_password(given: &str) {
    let is_too_long = header::is_password_too_long(Method::Basic, given);
    let Some((user, password)) = header::user_and_password(given) else { return };
    assert!(!is_too_long && password.expose().len() <= PASSWORD_BYTES_MAX);
    assert!(!user.expose().contains(':') && !password.expose().contains('\0'));
}

/// The line is one of the text, and the text is told in one line.
fn check_error(error: &FileError, text: &str) {
    let lines = line_count(text);
    assert!(error.line.is_none_or(|line| (1..=lines).contains(&line)), "{error} of {lines} lines");
    assert!(!error.reason.is_empty() && !error.to_string().contains(char::is_control), "{error}");
}

/// Who may only read changes nothing anywhere.
fn check_reading(identity: &Identity) {
    if identity.user().is_read_only() {
        let reading = ActionSet::reading();
        assert!(places().all(|(action, place)| reading.contains(action) || !identity.may(action, place)));
    }
}

/// Every action at places of every kind.
fn places() -> impl Iterator<Item = (Action, Place<'static>)> {
    const PLACES: [Place<'static>; 6] = [
        Place::Everything,
        Place::Tenant("acme"),
        Place::Database("acme", "prod"),
        Place::WholeDatabase("acme", "prod"),
        Place::Collection { tenant: "acme", database: "prod", name: "own", id: "" },
        Place::Collection { tenant: "x", database: "test-1", name: "y", id: "0a" },
    ];
    Action::ALL.iter().flat_map(|&action| PLACES.iter().map(move |&place| (action, place)))
}
