//! What options and files come to.

use std::fs;

use super::*;
use crate::{auth::secret::Secret, config::Settings};

const ADMIN: &str = "admin:$2y$05$e5sRb6NCcSH3YfbIxe1AGu2h5K7OOd982OXKmd8WyQ3DRQ4MvpnZS\n";

const ROLES: &str = "roles_mapping:\n  reader: {actions: ['collection:get']}\nusers:\n- {id: admin, role: reader, tenant: \
                     acme}\n- {id: tina, role: reader, tokens: [tina-token]}\n";

/// Settings with `change` made to the defaults.
fn settings(change: impl FnOnce(&mut Settings)) -> AuthSettings {
    let mut settings = Settings::defaults();
    change(&mut settings);
    AuthSettings::of(&settings)
}

fn inline(auth: &'static str, credentials: &str) -> AuthSettings {
    settings(|settings| {
        settings.auth = auth;
        settings.auth_credentials = Secret::new(credentials.to_owned());
    })
}

fn with_roles(auth: &'static str, credentials: &str, roles: &str) -> AuthSettings {
    settings(|settings| {
        settings.auth = auth;
        settings.auth_credentials = Secret::new(credentials.to_owned());
        settings.authz = "roles";
        settings.authz_config = Secret::new(roles.to_owned());
    })
}

fn load(settings: &AuthSettings) -> Result<Credentials, String> {
    Credentials::load(settings, FingerprintKey::random())
}

#[track_caller]
fn owner(settings: &AuthSettings, token: &str) -> TokenOwner {
    match load(settings).unwrap().proof {
        Proof::Tokens(tokens) => tokens.owner(token).unwrap().clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_line_is_a_token_with_or_without_its_end() {
    for text in ["test-token", "test-token\n", "\n  test-token  \r\n\n", "\u{feff}test-token"] {
        let owner = owner(&inline("token", text), "test-token");
        assert_eq!(owner.identity, Identity::unbounded("anonymous"), "text={text:?}");
    }
}

#[test]
fn more_lines_are_users_bound_to_their_tenants() {
    let text =
        "users:\n- {id: a, tokens: [ta, tb], tenant: acme, databases: [prod]}\n- {id: b, tokens: [tc]}\n";
    let settings = inline("token", text);
    let bound = owner(&settings, "tb").identity;
    assert_eq!((bound.user_id(), bound.tenant().as_str()), ("a", "acme"));
    assert_eq!(owner(&settings, "tc").identity.tenant(), "*");
}

#[test]
fn a_token_may_stand_twice_in_the_list_of_its_user() {
    let settings = inline("token", "users:\n- {id: a, tokens: [t, t]}\n- {id: b, tokens: u}\n");
    assert_eq!(owner(&settings, "t").identity.user_id(), "a");
}

#[test]
fn roles_are_those_of_the_user_in_either_file() {
    let owner = owner(
        &with_roles(
            "token",
            ROLES.replace("- {id: admin, role: reader, tenant: acme}\n", "").as_str(),
            ROLES,
        ),
        "tina-token",
    );
    assert!(owner.identity.has(crate::auth::action::Action::Get));
    assert!(!owner.identity.has(crate::auth::action::Action::Add));
    match load(&with_roles("basic", ADMIN, ROLES)).unwrap().proof {
        Proof::Passwords { users, .. } => assert_eq!(users["admin"].identity.tenant(), "acme"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_has_no_role_may_do_nothing_and_the_start_says_so() {
    let loaded = load(&with_roles("basic", &ADMIN.replace("admin:", "bob:"), ROLES)).unwrap();
    assert!(loaded.notices[0].contains("user `bob` has a password and no role"), "{:?}", loaded.notices);
    match loaded.proof {
        Proof::Passwords { users, .. } => assert!(!users["bob"].identity.is_powerful()),
        other => panic!("{other:?}"),
    }
    let loaded = load(&inline("token", "users:\n- {id: a, tokens: x, role: admin}\n")).unwrap();
    assert!(loaded.notices[0].contains("authorization is off"), "{:?}", loaded.notices);
}

#[track_caller]
fn check_refused(settings: &AuthSettings, reason: &str) {
    let error = load(settings).unwrap_err();
    assert!(error.contains(reason), "error={error}");
    assert!(!error.contains("hunter2"), "error={error}");
}

#[test]
fn settings_that_contradict_each_other_stop_the_start() {
    check_refused(&settings(|settings| settings.require_auth = true), "require-auth is set, but auth is off");
    check_refused(&inline("off", "hunter2"), "auth is off, so everybody could do everything");
    check_refused(&settings(|settings| settings.authz = "roles"), "roles are set, but auth is off");
    check_refused(
        &settings(|settings| settings.auth = "basic"),
        "neither auth-credentials nor auth-credentials-file",
    );
    check_refused(
        &settings(|settings| {
            settings.auth = "token";
            settings.auth_credentials = Secret::new("hunter2".to_owned());
            settings.auth_credentials_file = Some("x".into());
        }),
        "are both set",
    );
    check_refused(
        &settings(|settings| {
            settings.auth = "token";
            settings.auth_credentials = Secret::new("hunter2".to_owned());
            settings.authz_config = Secret::new(ROLES.to_owned());
        }),
        "authz is off",
    );
    check_refused(
        &settings(|settings| {
            settings.auth = "token";
            settings.auth_credentials = Secret::new("hunter2".to_owned());
            settings.authz = "roles";
        }),
        "neither authz-config nor authz-config-file",
    );
}

#[test]
fn mistakes_in_texts_name_the_option_and_the_line() {
    check_refused(&inline("basic", "hunter2"), "auth-credentials, line 1: not of the form");
    check_refused(&inline("token", "hunter2 x"), "auth-credentials, line 1: the token must contain only");
    check_refused(&inline("token", "hunter2\nhunter3\n"), "auth-credentials, line 1: ");
    check_refused(&inline("token", "\n \n"), "auth-credentials: there is no token");
    check_refused(
        &inline("token", "users:\n- id: a\n"),
        "auth-credentials, line 2: user `a` has no `tokens`",
    );
    check_refused(
        &inline("token", "users:\n- {id: a, tokens: hunter2}\n- {id: b, tokens: hunter2}\n"),
        "auth-credentials, line 3: a token of user `b` is one of user `a` too",
    );
    check_refused(
        &with_roles("token", "hunter2", "users:\n- {id: a, role: x}\n"),
        "authz-config, line 2: there is no role `x`",
    );
}

#[test]
fn files_are_read_and_named_in_refusals() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("server.htpasswd");
    let settings = settings(|settings| {
        settings.auth = "basic";
        // As Docker passes on a line with a remark.
        settings.auth_credentials_file = Some(format!("{}  # the same", file.display()).into());
    });
    check_refused(&settings, "cannot read ");
    fs::create_dir(&file).unwrap();
    check_refused(&settings, "it is a directory");
    fs::remove_dir(&file).unwrap();
    fs::write(&file, format!("{ADMIN}hunter2\n")).unwrap();
    check_refused(&settings, "server.htpasswd, line 2: ");
    fs::write(&file, b"admin:\xff").unwrap();
    check_refused(&settings, "server.htpasswd, line 1: not text in UTF-8");
    fs::write(&file, ADMIN).unwrap();
    assert_eq!(load(&settings).unwrap().len(), 1);
    assert_eq!(files(&settings), [file]);
}

#[test]
fn limits_of_either_file_count_and_may_not_disagree() {
    let tokens = |limits: &str| format!("users:\n- {{id: tina, tokens: tt{limits}}}\n");
    let roles = |limits: &str| ROLES.replace("id: tina,", &format!("id: tina{limits},"));
    let own = ", limits: {queries: 3}";
    for (of_tokens, of_roles) in [(own, ""), ("", own), (own, own)] {
        let settings = with_roles("token", &tokens(of_tokens), &roles(of_roles));
        assert_eq!(owner(&settings, "tt").identity.limits().queries, Some(3), "{of_tokens} {of_roles}");
    }
    let other = roles(", limits: {queries: 4}");
    check_refused(
        &with_roles("token", &tokens(own), &other),
        "auth-credentials, line 2: user `tina` has other limits",
    );
    // Without roles too.
    assert_eq!(owner(&inline("token", &tokens(own)), "tt").identity.limits().queries, Some(3));
}

#[test]
fn two_files_may_not_disagree_about_a_tenant() {
    let tokens = "users:\n- {id: tina, tokens: tt, tenant: other}\n";
    let roles = ROLES.replace("id: tina,", "id: tina, tenant: acme,");
    check_refused(&with_roles("token", tokens, &roles), "another tenant");
    assert_eq!(owner(&with_roles("token", tokens, ROLES), "tt").identity.tenant(), "other");
}
