use huedb_types::{DocumentPredicate, Filter};
use serde_json::{Value, json};

use super::parse;

fn contains(text: &str) -> Filter {
    Filter::Document(DocumentPredicate::Contains(text.to_owned()))
}

#[track_caller]
fn check(clause: &Value, expected: &Filter) {
    let filter = parse(clause).unwrap_or_else(|error| panic!("{clause}: {error:?}"));
    assert_eq!(&filter, expected, "{clause}");
}

#[test]
fn operators_take_texts() {
    check(&json!({"$contains": "x"}), &contains("x"));
    check(&json!({"$contains": ""}), &contains(""));
    let document = |predicate| Filter::Document(predicate);
    check(&json!({"$not_contains": "x"}), &document(DocumentPredicate::NotContains("x".to_owned())));
    check(&json!({"$regex": "x."}), &document(DocumentPredicate::Regex("x.".to_owned())));
    check(&json!({"$not_regex": "x"}), &document(DocumentPredicate::NotRegex("x".to_owned())));
}

#[test]
fn clauses_combine() {
    check(
        &json!({"$or": [{"$contains": "a"}, {"$and": [{"$contains": "b"}]}]}),
        &Filter::Or(vec![contains("a"), Filter::And(vec![contains("b")])]),
    );
    check(&json!({"$and": []}), &Filter::And(vec![]));
}

#[test]
fn malformed_clauses_are_refused() {
    for clause in [
        json!({}),
        json!(null),
        json!("x"),
        json!({"$contains": 1}),
        json!({"$foo": "x"}),
        json!({"x": "y"}),
        json!({"$contains": "x", "$regex": "y"}),
        json!({"$and": [{}]}),
        json!({"$or": {"$contains": "x"}}),
    ] {
        let error = parse(&clause).expect_err(&clause.to_string());
        assert!(error.message().starts_with("Invalid where document clause: "), "{clause}");
    }
}

#[track_caller]
fn check_reason(clause: &Value, expected: &str) {
    let error = parse(clause).expect_err(&clause.to_string());
    assert_eq!(error.message(), format!("Invalid where document clause: {expected}"), "{clause}");
}

#[test]
fn a_refusal_says_what_is_wrong() {
    check_reason(&json!({}), "expected an object with exactly one operator, got an object with 0 keys");
    check_reason(&json!({"$contains": 1}), "operator $contains takes a string, got a number");
    check_reason(&json!({"$or": 1}), "$or takes a list of clauses, got a number");
    check_reason(
        &json!({"$like": "x"}),
        "expected one of $contains, $not_contains, $regex, $not_regex, $and, $or, got $like",
    );
}

#[test]
fn nesting_has_a_limit() {
    let nested = |depth| (0..depth).fold(json!({"$contains": "x"}), |clause, _| json!({"$or": [clause]}));
    assert!(parse(&nested(64)).is_ok());
    assert_eq!(parse(&nested(65)).unwrap_err().message(), "Filters may be nested 64 levels deep");
}
