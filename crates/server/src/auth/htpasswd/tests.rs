//! Lines of password files.

use super::*;

/// `admin` with password `admin`, made by Debian's htpasswd.
const ADMIN: &str = "admin:$2y$05$e5sRb6NCcSH3YfbIxe1AGu2h5K7OOd982OXKmd8WyQ3DRQ4MvpnZS";

#[track_caller]
fn check_refused(text: &str, line: Option<usize>, reason: &str) {
    let error = Passwords::parse(text).unwrap_err();
    assert_eq!(error.line, line, "text={text:?} error={error}");
    assert!(error.reason.contains(reason), "text={text:?} error={error}");
}

#[test]
fn users_stand_one_on_a_line_between_comments_and_blank_lines() {
    let other = ADMIN.replace("admin:$2y", "user two:$2b");
    for text in
        [format!("{ADMIN}\n"), format!("\u{feff}# staff\r\n\r\n  {ADMIN}  \r\n"), format!("{ADMIN}\n{other}")]
    {
        let passwords = Passwords::parse(&text).unwrap();
        let (hash, is_known) = passwords.hash_of("admin", 0);
        assert!(
            is_known && hash.matches("admin", &Counter::new()) && !hash.matches("Admin", &Counter::new()),
            "text={text:?}"
        );
    }
}

#[test]
fn wrong_lines_are_named() {
    let hash = &ADMIN[6..];
    check_refused("", None, "nobody could log in");
    check_refused("# only\n\n", None, "nobody could log in");
    check_refused("admin", Some(1), "not of the form");
    check_refused("\nadmin:", Some(2), "not a bcrypt hash");
    check_refused(&format!(":{hash}"), Some(1), "empty");
    check_refused("admin:{SHA}0DPiKuNIrrVmD8IUCuw1hQxNqZc=", Some(1), "not a bcrypt hash");
    check_refused("admin:$apr1$x$y", Some(1), "not a bcrypt hash");
    check_refused("admin:secret", Some(1), "huedb user hash");
    check_refused(&ADMIN.replace('$', "$$"), Some(1), "doubled");
    check_refused(&ADMIN[..ADMIN.len() - 1], Some(1), "cut off");
    check_refused(&format!("{ADMIN}:x"), Some(1), "cut off");
    check_refused(&ADMIN.replace("$05$", "$31$"), Some(1), "cost");
    check_refused(&ADMIN.replace("$05$", "$xx$"), Some(1), "cost");
    check_refused(&format!("{ADMIN}\n\n{ADMIN}"), Some(3), "line 1 already");
}

#[test]
fn a_refusal_does_not_quote_what_may_be_a_password() {
    for text in ["admin:hunter2", "hunter2", "admin:$2y$05$hunter2"] {
        assert!(!Passwords::parse(text).unwrap_err().to_string().contains("hunter2"), "text={text}");
    }
}

#[test]
fn a_stranger_gets_the_hash_of_somebody_to_check() {
    let passwords = Passwords::parse(ADMIN).unwrap();
    for seed in [0, 1, u64::MAX] {
        let (hash, is_known) = passwords.hash_of("stranger", seed);
        assert!(!is_known && hash.matches("admin", &Counter::new()), "seed={seed}");
    }
}

#[test]
fn the_line_that_is_made_is_one_that_is_read() {
    let line = line_for("new user", "s\u{fc}\u{df}: secret", 4).unwrap();
    assert!(line.starts_with("new user:$2y$04$"), "{line}");
    let (hash, _) = Passwords::parse(&line).unwrap().hash_of("new user", 0);
    assert!(hash.matches("s\u{fc}\u{df}: secret", &Counter::new()));
}

#[test]
fn no_line_is_made_for_what_could_not_log_in() {
    let long = "x".repeat(PASSWORD_BYTES_MAX + 1);
    assert!(line_for("a", &long[1..], 4).is_ok());
    for (user, password, reason) in [
        ("a", long.as_str(), "73 bytes"),
        ("a", "", "empty"),
        ("a", "x\0y", "zero byte"),
        ("a:b", "x", "colon"),
        ("#a", "x", "begin"),
        (" a", "x", "space"),
        ("", "x", "empty"),
    ] {
        let error = line_for(user, password, 4).unwrap_err();
        assert!(error.contains(reason), "user={user} error={error}");
    }
}
