use super::{check_collection_name, check_namespace_name};

#[track_caller]
fn check(name: &str, accepted: bool) {
    assert_eq!(check_collection_name(name).is_ok(), accepted, "name={name:?}");
}

#[test]
fn a_collection_name_has_3_to_63_characters() {
    check("", false);
    check("ab", false);
    check("abc", true);
    check(&"a".repeat(63), true);
    check(&"a".repeat(64), false);
}

#[test]
fn a_collection_name_starts_and_ends_with_a_letter_or_digit() {
    for name in ["-abc", "abc-", "_abc", "abc_", ".abc", "abc.", "__a__"] {
        check(name, false);
    }
    for name in ["0ab", "123", "A.B.C", "a_b-c", "a--b"] {
        check(name, true);
    }
}

#[test]
fn a_collection_name_has_no_other_characters() {
    for name in ["a b", "a/b", "\u{e4}bc", "abc$", "a%20b", "a..b", "a\nb"] {
        check(name, false);
    }
}

#[test]
fn a_collection_name_is_no_ipv4_address() {
    check("1.2.3.4", false);
    check("999.999.999.999", false);
    check("1.2.3", true);
    check("1.2.3.4.5", true);
    check("1.2.3.4000", true);
}

#[test]
fn one_line_break_at_the_end_is_accepted_and_counted() {
    check("abc\n", true);
    check("ab\n", true);
    check("abc\n\n", false);
    check("1.2.3.4\n", false);
    check(&format!("{}\n", "a".repeat(63)), false);
}

#[test]
fn tenants_and_databases_have_3_characters_or_more_of_any_kind() {
    assert!(check_namespace_name("Tenant", "tt").is_err());
    assert!(check_namespace_name("Tenant", "t/x").is_ok());
    assert!(check_namespace_name("Database", "\u{e9}\u{e9}\u{e9}").is_ok());
    assert!(check_namespace_name("Database", "").is_err());
}
