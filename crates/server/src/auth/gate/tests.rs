//! Who is admitted, and what a refusal costs.

use std::{fs, path::Path};

use axum::http::HeaderValue;
use base64::Engine as _;
use huedb_engine::EngineOptions;

use super::*;
use crate::{auth::secret::Secret, config::Settings};

const ADMIN: &str = "admin:$2y$05$e5sRb6NCcSH3YfbIxe1AGu2h5K7OOd982OXKmd8WyQ3DRQ4MvpnZS\n";

/// A gate in front of an empty engine.
struct Fixture {
    gate: Gate,
    runtime: tokio::runtime::Runtime,
    _directory: tempfile::TempDir,
}

impl Fixture {
    fn new(change: impl FnOnce(&mut Settings, &Path)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut settings = Settings::defaults();
        change(&mut settings, directory.path());
        let engine = Engine::open(&directory.path().join("data"), EngineOptions::default()).unwrap();
        let guard = Guard::load(AuthSettings::of(&settings)).unwrap();
        let gate = Gate::new(engine, guard, 1).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { gate, runtime, _directory: directory }
    }

    fn passwords(failures: u64) -> Self {
        Self::new(|settings, _| {
            settings.auth = "basic";
            settings.auth_credentials = Secret::new(ADMIN.to_owned());
            settings.auth_failures_per_minute = failures;
        })
    }

    fn admit(&self, headers: &HeaderMap) -> Result<String, Refusal> {
        let source = Some(Source::of([127, 0, 0, 1].into()));
        let admitted = self.gate.admit(Generation::V2, Action::Get, headers, source);
        self.runtime.block_on(admitted).map(|access| access.identity().user_id().to_owned())
    }

    fn checks_done(&self) -> u64 {
        assert!(self.gate.state().pending().is_empty());
        self.gate.checks_done()
    }
}

fn basic(credential: &str) -> HeaderMap {
    let encoded = base64::engine::general_purpose::STANDARD.encode(credential);
    authorization(&format!("Basic {encoded}"))
}

fn authorization(value: &str) -> HeaderMap {
    HeaderMap::from_iter([(axum::http::header::AUTHORIZATION, HeaderValue::from_str(value).unwrap())])
}

fn unauthenticated(is_password_too_long: bool) -> Refusal {
    Refusal::Unauthenticated { method: Method::Basic, is_password_too_long }
}

#[test]
fn right_passwords_are_let_in_and_all_others_refused_alike() {
    let fixture = Fixture::passwords(0);
    assert_eq!(fixture.admit(&basic("admin:admin")), Ok("admin".to_owned()));
    for wrong in ["admin:wrong", "admin:", "stranger:admin", ":", "adminadmin", "admin:admin\0"] {
        assert_eq!(fixture.admit(&basic(wrong)), Err(unauthenticated(false)), "{wrong}");
    }
    for wrong in ["Bearer x", "Basic !!!", "Basic", "x"] {
        assert_eq!(fixture.admit(&authorization(wrong)), Err(unauthenticated(false)), "{wrong}");
    }
    assert_eq!(fixture.admit(&HeaderMap::new()), Err(unauthenticated(false)));
    let long = format!("admin:{}", "x".repeat(73));
    assert_eq!(fixture.admit(&basic(&long)), Err(unauthenticated(true)));
}

#[test]
fn a_credential_is_checked_once() {
    let fixture = Fixture::passwords(0);
    for _ in 0..3 {
        assert!(fixture.admit(&basic("admin:admin")).is_ok());
        assert!(fixture.admit(&basic("admin:wrong")).is_err());
        assert!(fixture.admit(&basic("stranger:admin")).is_err());
    }
    assert_eq!(fixture.checks_done(), 3);
}

#[test]
fn a_stranger_costs_as_many_checks_as_a_wrong_password() {
    let fixture = Fixture::passwords(0);
    for (credential, checks) in [
        ("admin:admin", 1),
        ("admin:wrong", 1),
        ("stranger:wrong", 1),
        // The password of the one whose hash is checked in place of the stranger's.
        ("stranger:admin", 1),
        ("Admin:admin", 1),
        (":admin", 1),
        // What nobody can have is refused without one, whoever is named.
        ("admin:x\0", 0),
        ("stranger:x\0", 0),
    ] {
        let before = fixture.checks_done();
        assert_eq!(fixture.admit(&basic(credential)).is_ok(), credential == "admin:admin");
        assert_eq!(fixture.checks_done() - before, checks, "{credential:?}");
    }
    for user in ["admin", "stranger"] {
        let before = fixture.checks_done();
        assert!(fixture.admit(&basic(&format!("{user}:{}", "x".repeat(73)))).is_err());
        assert_eq!(fixture.checks_done(), before, "{user}");
    }
}

#[test]
fn many_who_bring_the_same_credential_wait_for_one_check() {
    let fixture = Fixture::passwords(0);
    let headers = basic("admin:admin");
    fixture.runtime.block_on(async {
        let one = || fixture.gate.admit(Generation::V2, Action::Get, &headers, None);
        let (a, b, c) = tokio::join!(one(), one(), one());
        assert!(a.is_ok() && b.is_ok() && c.is_ok());
    });
    assert_eq!(fixture.checks_done(), 1);
}

#[test]
fn a_source_that_fails_too_often_waits_while_verified_callers_pass() {
    let fixture = Fixture::passwords(3);
    assert!(fixture.admit(&basic("admin:admin")).is_ok());
    for number in 0..3 {
        assert_eq!(fixture.admit(&basic(&format!("admin:{number}"))), Err(unauthenticated(false)));
    }
    let wait = fixture.admit(&basic("admin:3"));
    assert!(matches!(wait, Err(Refusal::Throttled { .. })), "{wait:?}");
    assert!(fixture.admit(&basic("admin:admin")).is_ok());
    assert_eq!(fixture.admit(&HeaderMap::new()), Err(unauthenticated(false)), "no attempt, no failure");
}

#[test]
fn a_reload_takes_effect_at_once_and_a_bad_file_none() {
    let mut file = std::path::PathBuf::new();
    let fixture = Fixture::new(|settings, directory| {
        file = directory.join("tokens");
        fs::write(&file, "one").unwrap();
        settings.auth = "token";
        settings.auth_credentials_file = Some(file.clone());
    });
    let (one, two) = (authorization("Bearer one"), authorization("Bearer two"));
    assert!(fixture.admit(&one).is_ok() && fixture.admit(&two).is_err());
    fs::write(&file, "not a token").unwrap();
    assert!(fixture.gate.reload().unwrap_err().contains("line 1"));
    assert!(fixture.admit(&one).is_ok());
    fs::write(&file, "two").unwrap();
    assert!(fixture.gate.reload().is_ok());
    assert!(fixture.admit(&one).is_err() && fixture.admit(&two).is_ok());
}

#[test]
fn a_token_ends_with_its_day_although_it_was_verified() {
    let fixture = Fixture::new(|settings, _| {
        settings.auth = "token";
        settings.auth_credentials = Secret::new(
            "users:\n- {id: a, tokens: [{token: old, expires: 2020-01-01}, {token: new, expires: 9999-01-01}]}\n\
             - {id: b, tokens: late, expires: 2020-01-01}\n"
                .to_owned(),
        );
    });
    assert!(fixture.admit(&authorization("Bearer new")).is_ok());
    for token in ["old", "late", "old"] {
        assert!(fixture.admit(&authorization(&format!("Bearer {token}"))).is_err(), "token={token}");
    }
}

#[test]
fn without_authentication_everybody_may_do_everything() {
    let fixture = Fixture::new(|_, _| {});
    assert_eq!(fixture.admit(&HeaderMap::new()), Ok(String::new()));
    assert_eq!(fixture.admit(&authorization("Bearer x")), Ok(String::new()));
    assert!(fixture.gate.is_open());
}

#[test]
fn what_is_printed_of_a_gate_has_no_secret() {
    let fixture = Fixture::passwords(0);
    assert!(fixture.admit(&basic("admin:admin")).is_ok());
    let state = fixture.gate.state();
    let text = format!("{:?} {:?} {}", state.credentials, state.verified, fixture.gate.describe());
    assert!(!text.contains("$2y$") && !text.contains("admin:admin"), "{text}");
}

#[test]
fn lookups_tell_which_verdicts_were_known() {
    let fixture = Fixture::passwords(0);
    for given in ["admin:admin", "admin:admin", "admin:wrong", "admin:wrong", "admin:wrong"] {
        let _ = fixture.admit(&basic(given));
    }
    assert_eq!(fixture.gate.lookups(), Lookups { hits: 3, misses: 2 });
    fixture.gate.reload().unwrap();
    fixture.admit(&basic("admin:admin")).unwrap();
    assert_eq!(fixture.gate.lookups(), Lookups { hits: 3, misses: 3 });
}
