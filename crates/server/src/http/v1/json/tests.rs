use super::{Json, PyNumber, to_vec};

#[track_caller]
fn check_number(json: &str, expected: Option<PyNumber>) {
    assert_eq!(serde_json::from_str::<Json>(json).unwrap().number(), expected, "json=`{json}`");
}

#[test]
fn integers_of_64_bits_are_exact_and_larger_ones_are_floats() {
    check_number("9223372036854775807", Some(PyNumber::Int(i64::MAX)));
    check_number("9223372036854775808", Some(PyNumber::Overflow));
    check_number("18446744073709551616", Some(PyNumber::Float(18_446_744_073_709_551_616.0)));
    check_number("1.0", Some(PyNumber::Float(1.0)));
    check_number("true", None);
    check_number("\"1\"", None);
}

#[test]
fn a_value_is_written_as_it_was_read() {
    let beyond_i128 = "9".repeat(300);
    for json in [
        r#"{"b":1,"a":[null,true,"\u0001x",1.0,1.5e+300,-3]}"#,
        "[9223372036854775808,-9223372036854775809]",
        &format!("[{beyond_i128},-{beyond_i128}]"),
        "{}",
    ] {
        let (value, refusal) = crate::http::v1::python_json::parse(json.as_bytes()).unwrap().into_parts();
        assert_eq!(refusal, None);
        assert_eq!(String::from_utf8(to_vec(&value).unwrap()).unwrap(), json);
    }
}

#[test]
fn numbers_without_a_place_in_json_are_found_at_any_depth() {
    let nested = Json::Dict(vec![("a".into(), Json::List(vec![Json::Float(f64::NAN)]))]);
    assert!(nested.has_non_finite());
    assert!(!Json::List(vec![Json::Float(1.0), Json::Null]).has_non_finite());
}
