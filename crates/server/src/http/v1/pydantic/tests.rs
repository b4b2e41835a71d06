use super::{DETAILS_MAX, Fields, Noted, Problem, boolean, dict, integer, nullable, query_int, string};
use crate::http::v1::json::{Dict, Json};

fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

fn object(text: &str) -> Dict {
    let Json::Dict(dict) = json(text) else { panic!("an object") };
    dict
}

#[track_caller]
fn check<T: PartialEq + std::fmt::Debug>(
    read: fn(&Json) -> Result<T, Problem>,
    text: &str,
    expected: &Result<T, &str>,
) {
    let found = read(&json(text));
    assert_eq!(
        found.as_ref().map_err(|problem| problem.kind),
        expected.as_ref().map_err(|kind| *kind),
        "{text}"
    );
}

#[test]
fn truth_values_are_read_from_words_and_from_zero_and_one() {
    for text in ["true", "1", "1.0", "\"1\"", "\"t\"", "\"TRUE\"", "\"y\"", "\"Yes\"", "\"on\""] {
        check(boolean, text, &Ok(true));
    }
    for text in ["false", "0", "0.0", "-0.0", "\"0\"", "\"f\"", "\"no\"", "\"oFF\""] {
        check(boolean, text, &Ok(false));
    }
    for text in ["2", "\" yes \"", "\"\"", "\"maybe\""] {
        check(boolean, text, &Err("bool_parsing"));
    }
    for text in ["2.5", "null", "[]", "{}", "18446744073709551615"] {
        check(boolean, text, &Err("bool_type"));
    }
}

#[test]
fn integers_are_read_from_whole_numbers_and_from_their_text() {
    for (text, value) in [
        ("5", 5),
        ("5.0", 5),
        ("true", 1),
        ("-0.0", 0),
        ("\"5\"", 5),
        ("\" 5 \"", 5),
        ("\"+5\"", 5),
        ("\"-5\"", -5),
        ("\"1_000\"", 1000),
        ("\"5.00\"", 5),
        ("\"5.0 \"", 5),
        ("\"00\"", 0),
        ("18446744073709551615", i64::MAX),
        ("\"-99999999999999999999\"", i64::MIN),
    ] {
        check(integer, text, &Ok(value));
    }
}

#[test]
fn what_is_no_integer_is_refused_by_kind() {
    check(integer, "2.5", &Err("int_from_float"));
    check(integer, "1e30", &Err("int_parsing_size"));
    for text in
        ["\"\"", "\"5.1\"", "\"5.\"", "\"1e3\"", "\"1__0\"", "\"_1\"", "\"0x1\"", "\"\u{663}\"", "\"- 5\""]
    {
        check(integer, text, &Err("int_parsing"));
    }
    for text in ["null", "[]", "{}"] {
        check(integer, text, &Err("int_type"));
    }
    assert_eq!(integer(&Json::Float(f64::NAN)).unwrap_err().kind, "finite_number");
    assert_eq!(integer(&Json::Str("9".repeat(5000))).unwrap_err().kind, "int_parsing_size");
}

#[test]
fn every_mistake_is_listed_with_its_place_and_input() {
    let body = object(r#"{"documents": [1, "a", null, []], "uris": {}, "ids": [1, "a", null]}"#);
    let mut fields = Fields::new(&body);
    assert!(fields.optional_list("documents", |value| nullable(value, string)).is_err());
    assert!(fields.optional_list("uris", |value| nullable(value, string)).is_err());
    assert!(fields.required_list("ids", string).is_err());
    assert_eq!(
        serde_json::to_value(fields.into_details()).unwrap(),
        serde_json::json!([
            {"type": "string_type", "loc": ["body", "documents", 0], "msg": "Input should be a valid string", "input": 1},
            {"type": "string_type", "loc": ["body", "documents", 3], "msg": "Input should be a valid string", "input": []},
            {"type": "list_type", "loc": ["body", "uris"], "msg": "Input should be a valid list", "input": {}},
            {"type": "string_type", "loc": ["body", "ids", 0], "msg": "Input should be a valid string", "input": 1},
            {"type": "string_type", "loc": ["body", "ids", 2], "msg": "Input should be a valid string", "input": null},
        ])
    );
}

#[test]
fn a_missing_field_quotes_the_whole_body() {
    let body = object(r#"{"embeddings": [[1, 1]]}"#);
    let mut fields = Fields::new(&body);
    assert!(fields.required_list("ids", string).is_err());
    assert_eq!(
        serde_json::to_string(&fields.into_details()).unwrap(),
        r#"[{"type":"missing","loc":["body","ids"],"msg":"Field required","input":{"embeddings":[[1,1]]}}]"#
    );
}

#[test]
fn null_counts_as_absent_only_where_a_field_is_optional() {
    let body = object(r#"{"a": null}"#);
    let mut fields = Fields::new(&body);
    assert_eq!(fields.optional("a", string), Ok(None));
    assert_eq!(fields.optional("b", dict), Ok(None));
    assert_eq!(fields.with_default("b", true, boolean), Ok(true));
    assert_eq!(fields.with_default("a", true, boolean), Err(Noted));
    assert_eq!(fields.list_with_default("a", vec![], string), Err(Noted));
    let kinds: Vec<_> = fields.into_details().iter().map(|detail| detail.kind).collect();
    assert_eq!(kinds, ["bool_type", "list_type"]);
}

#[test]
fn the_list_of_mistakes_is_bounded() {
    let body = vec![("ids".to_owned(), Json::List(vec![Json::Int(1); DETAILS_MAX * 2]))];
    let mut fields = Fields::new(&body);
    assert!(fields.required_list("ids", string).is_err());
    assert_eq!(fields.into_details().len(), DETAILS_MAX);
}

#[test]
fn mistakes_of_the_query_string_have_their_own_place() {
    assert_eq!(query_int("limit", " 7 ").unwrap(), 7);
    assert_eq!(
        serde_json::to_string(&query_int("limit", "").unwrap_err()).unwrap(),
        r#"{"type":"int_parsing","loc":["query","limit"],"msg":"Input should be a valid integer, unable to parse string as an integer","input":""}"#
    );
}
