use super::{LikePattern, compile_regex};

#[track_caller]
fn check_like(pattern: &str, text: &str, contained: bool) {
    assert_eq!(
        LikePattern::new(pattern).is_contained_in(text),
        contained,
        "pattern=`{pattern}`, text=`{text}`"
    );
}

#[test]
fn a_percent_sign_stands_for_any_text_and_an_underscore_for_one_character() {
    check_like("", "", true);
    check_like("%", "", true);
    check_like("_", "", false);
    check_like("_", "x", true);
    check_like("a_b", "xxa*bxx", true);
    check_like("a_b", "ab", false);
    check_like("a%b", "ab", true);
    check_like("a%b", "b then a", false);
    check_like("a%b%a", "aba", true);
    check_like("a%b%a", "ab", false);
    check_like("a__", "ab", false);
    check_like("\u{4e2d}_", "x\u{4e2d}\u{6587}", true);
    check_like("A", "a", false);
}

#[test]
fn a_regular_expression_that_would_compile_to_megabytes_is_refused() {
    assert!(compile_regex("(?:a{1,1000}){1,1000}").is_err());
    assert!(compile_regex("(?i)hello.*world").is_ok());
}
