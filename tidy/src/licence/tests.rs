use super::*;

#[track_caller]
fn check(expression: &str, allowed: bool) {
    assert_eq!(is_allowed(expression), allowed, "expression=`{expression}`");
}

#[test]
fn one_allowed_choice_is_enough() {
    check("MIT OR Apache-2.0", true);
    check("MIT/Apache-2.0", true);
    check("Unlicense OR MIT", true);
    check("GPL-2.0-only OR AGPL-3.0-only", false);
}

#[test]
fn every_joined_licence_must_be_allowed() {
    check("(MIT OR Apache-2.0) AND Unicode-3.0", true);
    check("MIT AND GPL-3.0-only", false);
    check("MIT OR Apache-2.0 AND GPL-3.0-only", true);
    check("(MIT OR Apache-2.0) AND GPL-3.0-only", false);
}

#[test]
fn an_exception_belongs_to_its_licence() {
    check("Apache-2.0 WITH LLVM-exception", true);
    check("GPL-2.0-only WITH Classpath-exception-2.0", false);
    check("MIT WITH Surprise-exception", false);
}

#[test]
fn what_cannot_be_read_is_not_allowed() {
    for expression in ["", "MIT OR", "(MIT", "MIT)", "MIT Apache-2.0", "OR MIT"] {
        check(expression, false);
    }
}
