use super::{display, repr, type_name};
use crate::http::v1::json::Json;

#[track_caller]
fn check(json: &str, expected: &str) {
    let value: Json = serde_json::from_str(json).unwrap();
    assert_eq!(repr(&value), expected, "json=`{json}`");
}

#[test]
fn scalars_print_as_python_does() {
    check("null", "None");
    check("true", "True");
    check("false", "False");
    check("-7", "-7");
    check("9223372036854775808", "9223372036854775808");
}

#[test]
fn floats_print_their_shortest_digits_and_python_exponents() {
    check("1.0", "1.0");
    check("0.1", "0.1");
    check("-2.5", "-2.5");
    check("0.0001", "0.0001");
    check("0.00001", "1e-05");
    check("1.5e-7", "1.5e-07");
    check("1e15", "1000000000000000.0");
    check("1e16", "1e+16");
    check("1e300", "1e+300");
    check("-1.25e-300", "-1.25e-300");
    assert_eq!(repr(&Json::Float(f64::NAN)), "nan");
    assert_eq!(repr(&Json::Float(f64::NEG_INFINITY)), "-inf");
}

#[test]
fn a_text_is_quoted_with_the_quote_that_needs_no_escape() {
    check(r#""abc""#, "'abc'");
    check(r#""it's""#, r#""it's""#);
    check(r#""say \"hi\"""#, r#"'say "hi"'"#);
    check(r#""'\"""#, r#"'\'"'"#);
}

#[test]
fn characters_that_do_not_print_are_escaped() {
    check(r#""a\\b\n\r\t""#, r"'a\\b\n\r\t'");
    check(r#""\u0000\u001f\u007f\u0085\u00a0\u00ad""#, r"'\x00\x1f\x7f\x85\xa0\xad'");
    check(r#""\u200b\u2028\ufeff""#, r"'\u200b\u2028\ufeff'");
    check(r#""\udb40\udc01""#, r"'\U000e0001'");
    check("\"h\u{e9}llo \u{2603} \u{1f600} e\u{301}\"", "'h\u{e9}llo \u{2603} \u{1f600} e\u{301}'");
}

#[test]
fn containers_print_their_parts_in_order() {
    check(r#"{"k": 1, "a": "x"}"#, "{'k': 1, 'a': 'x'}");
    check(r#"{"k": [true, {}, []]}"#, "{'k': [True, {}, []]}");
    check(r#"{"a": 1, "b": 2, "a": 3}"#, "{'a': 3, 'b': 2}");
}

#[test]
fn a_text_displays_as_itself() {
    assert_eq!(display(&Json::Str("it's".into())), "it's");
    assert_eq!(display(&Json::List(vec![Json::Str("a".into())])), "['a']");
}

#[test]
fn types_have_their_python_names() {
    let names = ["null", "true", "1", "9223372036854775808", "1.0", "\"\"", "[]", "{}"]
        .map(|json| type_name(&serde_json::from_str(json).unwrap()));
    assert_eq!(names, ["NoneType", "bool", "int", "int", "float", "str", "list", "dict"]);
}
