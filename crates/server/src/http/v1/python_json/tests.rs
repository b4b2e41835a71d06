use proptest::prelude::*;

use super::{DEPTH_MAX, ParseError, VALUES_MAX, parse};
use crate::http::v1::{json::Json, python_repr};

#[track_caller]
fn check_value(json: &str, repr: &str) {
    let (value, refusal) = parse(json.as_bytes()).unwrap().into_parts();
    assert_eq!((python_repr::repr(&value).as_str(), refusal), (repr, None), "json=`{json}`");
}

#[track_caller]
fn check_syntax(json: &str, message: &'static str, position: usize) {
    assert_eq!(
        parse(json.as_bytes()).map(|parsed| parsed.into_parts().0),
        Err(ParseError::Syntax { message, position }),
        "json=`{json}`"
    );
}

#[track_caller]
fn check_refusal(json: &str, refusal: &str) {
    assert_eq!(parse(json.as_bytes()).unwrap().into_parts().1.as_deref(), Some(refusal), "json=`{json}`");
}

#[test]
fn valid_json_has_its_python_value() {
    check_value(" { } ", "{}");
    check_value("[ ]", "[]");
    check_value("[-0, -0.0, 1e5, 1.5E-7, 10]", "[0, -0.0, 100000.0, 1.5e-07, 10]");
    check_value("[18446744073709551616]", "[18446744073709551616]");
    check_value(r#"{"a":1,"b":2,"a":3}"#, "{'a': 3, 'b': 2}");
    check_value(r#""\u0041\ud83d\ude00\n\/\"\\\b\f\r\t""#, r#"'A😀\n/"\\\x08\x0c\r\t'"#);
    check_value("\"a\u{7f}\"", r"'a\x7f'");
    check_value("[true,false,null]", "[True, False, None]");
}

#[test]
fn mistakes_are_named_and_placed_as_python_does() {
    let value = "Expecting value";
    let name = "Expecting property name enclosed in double quotes";
    let comma = "Expecting ',' delimiter";
    let colon = "Expecting ':' delimiter";
    for (json, message, position) in [
        ("{", name, 1),
        ("[", value, 1),
        ("[1", comma, 2),
        ("[1,", value, 3),
        ("[1,]", value, 3),
        ("[ 1 , ]", value, 6),
        ("{\"a\"", colon, 4),
        ("{\"a\":", value, 5),
        ("{\"a\":1", comma, 6),
        ("{\"a\":1  ", comma, 8),
        ("{\"a\":1,", name, 7),
        ("{\"a\":1,}", name, 7),
        ("{ \"a\" : 1 , }", name, 12),
        ("{a:1}", name, 1),
        ("[1 2]", comma, 3),
        ("{\"a\" 1}", colon, 5),
        ("{\"a\":}", value, 5),
        ("{\"a\":[1,2}", comma, 9),
        ("nul", value, 0),
        ("01", "Extra data", 1),
        ("[01]", comma, 2),
        ("-", value, 0),
        ("[-]", value, 1),
        ("[0.1,-NaN]", value, 5),
        ("1.", "Extra data", 1),
        ("1e", "Extra data", 1),
        ("[1.]", comma, 2),
        (".5", value, 0),
        ("[+1]", value, 1),
        ("{} x", "Extra data", 3),
        ("  ", value, 2),
        ("\u{e9}", value, 0),
        ("[\"\u{e9}\" x]", comma, 5),
        ("\0", value, 0),
    ] {
        check_syntax(json, message, position);
    }
}

#[test]
fn mistakes_in_strings_are_named_and_placed_as_python_does() {
    check_syntax("\"abc", "Unterminated string starting at", 0);
    check_syntax("\"\\", "Unterminated string starting at", 0);
    check_syntax("\"a\nb\"", "Invalid control character at", 2);
    check_syntax("\"\\x\"", "Invalid \\escape", 1);
    check_syntax("\"\\u12\"", "Invalid \\uXXXX escape", 2);
    check_syntax("\"\\u12", "Invalid \\uXXXX escape", 2);
    check_syntax("\"\\uzzzz\"", "Invalid \\uXXXX escape", 2);
    check_syntax("\"\\u0041", "Invalid \\uXXXX escape", 2);
    check_syntax("\"\\u\u{e9}\u{e9}12\"", "Invalid \\uXXXX escape", 2);
    check_syntax("\"\\ud800\\u12\"", "Invalid \\uXXXX escape", 8);
    check_syntax("\"\\ud800\\q\"", "Invalid \\escape", 7);
}

#[test]
fn what_only_python_takes_is_refused_in_the_words_of_the_strict_parser() {
    check_refusal("[NaN]", "unexpected character: line 1 column 2 (char 1)");
    check_refusal("[Infinity]", "unexpected character: line 1 column 2 (char 1)");
    check_refusal("[-Infinity]", "no digit after minus sign: line 1 column 3 (char 2)");
    check_refusal("[\"\u{e9}\", NaN]", "unexpected character: line 1 column 7 (char 6)");
    check_refusal("\n\n [NaN, Infinity]", "unexpected character: line 3 column 3 (char 4)");
    check_refusal("[1e400]", "number is infinity when parsed as double: line 1 column 2 (char 1)");
    check_refusal(
        &format!("[1{}]", "0".repeat(400)),
        "number is infinity when parsed as double: line 1 column 2 (char 1)",
    );
    check_refusal(r#"["\ud800"]"#, "no low surrogate in string: line 1 column 9 (char 8)");
    check_refusal(r#"["\ud800x"]"#, "no low surrogate in string: line 1 column 9 (char 8)");
    check_refusal(r#"["\ud800\u0041"]"#, "invalid low surrogate in string: line 1 column 9 (char 8)");
    check_refusal(r#"["\udc00"]"#, "invalid high surrogate in string: line 1 column 3 (char 2)");
    check_refusal("\u{feff}{}", "unexpected character: line 1 column 1 (char 0)");
}

#[test]
fn a_body_that_is_not_utf8_or_too_deep_is_unreadable() {
    assert_eq!(parse(b"\"\xff\"").unwrap_err(), ParseError::Unreadable);
    let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(parse(nested(DEPTH_MAX).as_bytes()).is_ok());
    assert_eq!(parse(nested(DEPTH_MAX + 1).as_bytes()).unwrap_err(), ParseError::Unreadable);
    assert_eq!(parse("[".repeat(10_000_000).as_bytes()).unwrap_err(), ParseError::Unreadable);
    assert_eq!(parse("1".repeat(5000).as_bytes()).unwrap_err(), ParseError::Unreadable);
}

#[test]
fn the_number_of_values_is_bounded() {
    let list = |values: usize| format!("[0{}]", ",0".repeat(values - 1));
    assert!(parse(list(1000).as_bytes()).is_ok());
    assert_eq!(parse(list(VALUES_MAX).as_bytes()).unwrap_err(), ParseError::TooManyValues);
}

#[test]
fn a_utf16_mark_is_no_value() {
    let error = ParseError::Syntax { message: "Expecting value", position: 0 };
    assert_eq!(parse(b"\xff\xfe{}").unwrap_err(), error);
}

#[test]
fn repeated_keys_keep_their_first_place_and_last_value() {
    let pairs = (0..10_000).map(|n| format!("\"k{}\":{n},", n % 100)).collect::<Vec<_>>().concat();
    let (value, _) = parse(format!("{{{pairs}\"k0\":0}}").as_bytes()).unwrap().into_parts();
    let Json::Dict(dict) = value else { panic!("an object") };
    assert_eq!(dict.len(), 100);
    assert_eq!(dict[0], ("k0".into(), Json::Int(0)));
    assert_eq!(dict[1], ("k1".into(), Json::Int(9901)));
}

proptest! {
    #[test]
    fn any_text_has_an_answer(text in r#"[\[\]{}:,"\\u0-9a-fDdeE+\-. \nNtrulsI\u{e9}\u{1f600}\u{0}]{0,40}"#) {
        match parse(text.as_bytes()) {
            Ok(parsed) => drop(parsed.into_parts()),
            Err(ParseError::Syntax { position, .. }) => prop_assert!(position <= text.chars().count()),
            Err(error) => prop_assert!(false, "{:?}", error),
        }
    }

    #[test]
    fn what_is_json_to_both_parsers_has_one_value(text in r#"[\[\]{}:,"0-9eE+\-. ntrulfase]{0,12}"#) {
        // The integer `-0` is a float to one of the two.
        prop_assume!(!text.contains("-0"));
        if let Ok(value) = serde_json::from_str::<Json>(&text) {
            let (ours, refusal) = parse(text.as_bytes()).map(super::Parsed::into_parts).unwrap();
            prop_assert_eq!(refusal, None);
            prop_assert_eq!(serde_json::to_value(&ours).unwrap(), serde_json::to_value(&value).unwrap());
        }
    }
}
