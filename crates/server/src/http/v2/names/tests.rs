use super::{check, check_database_lookup, check_tenant};

#[track_caller]
fn check_name(name: &str, refusal: Option<&str>) {
    let result = check(name);
    match refusal {
        None => assert_eq!(result, Ok(()), "name=`{name}`"),
        Some(refusal) => {
            let message = result.expect_err(name);
            assert!(message.starts_with(refusal) && message.ends_with(name), "name=`{name}`: {message}");
        }
    }
}

const PATTERN: &str = "Expected a name containing 3-512 characters from [a-zA-Z0-9._-], starting and ending with a \
                       character in [a-zA-Z0-9]. Got: ";

#[test]
fn a_name_has_3_to_512_characters() {
    check_name("ab", Some(PATTERN));
    check_name("abc", None);
    check_name(&"a".repeat(512), None);
    check_name(&"a".repeat(513), Some(PATTERN));
}

#[test]
fn a_name_has_plain_characters_between_letters_or_digits() {
    check_name("a_b-c.d9", None);
    check_name("A1c", None);
    for name in ["my col", "_ab", "ab-", ".ab", "caf\u{e9}", "a/b", "", "a\nb"] {
        check_name(name, Some(PATTERN));
    }
}

#[test]
fn a_name_may_follow_one_topology() {
    check_name("topo+name", None);
    check_name("tilt-spanning+db_1", None);
    for name in ["+name", "topo+", "topo+ab", "a+b+name", "to po+name", "-a+name"] {
        check_name(name, Some(PATTERN));
    }
}

#[test]
fn a_name_has_no_two_periods_and_is_no_address() {
    check_name("a..b", Some("Expected a name that does not contains two consecutive periods (..). Got "));
    check_name("192.168.1.1", Some("Expected a name that is not a valid ip address. Got "));
    check_name("192.168.1.256", None);
}

#[test]
fn a_tenant_may_have_any_three_characters() {
    assert!(check_tenant("x y/z!").is_ok());
    assert!(check_tenant("\u{65e5}\u{672c}\u{8a9e}").is_ok());
    assert!(check_tenant("ab").is_err());
}

#[test]
fn a_database_is_looked_up_by_three_characters_or_more() {
    assert!(check_database_lookup("no").is_err());
    assert!(check_database_lookup("no!").is_ok());
}
