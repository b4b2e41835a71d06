use huedb_types::{DocumentPredicate, Filter, Number, Predicate, Scalar};
use serde_json::{Value, json};

use super::parse;

fn on(key: &str, predicate: Predicate) -> Filter {
    Filter::Metadata { key: key.to_owned(), predicate }
}

fn text(text: &str) -> Scalar {
    Scalar::Str(text.to_owned())
}

#[track_caller]
fn check(clause: &Value, expected: &Filter) {
    let filter = parse(clause).unwrap_or_else(|error| panic!("{clause}: {error:?}"));
    assert_eq!(&filter, expected, "{clause}");
}

#[track_caller]
fn check_refused(clause: &Value) {
    let error = parse(clause).expect_err(&clause.to_string());
    assert!(error.message().starts_with("Invalid where clause: "), "{clause}: {}", error.message());
}

#[track_caller]
fn check_reason(clause: &Value, expected: &str) {
    let error = parse(clause).expect_err(&clause.to_string());
    assert_eq!(error.message(), format!("Invalid where clause: {expected}"), "{clause}");
}

#[test]
fn a_scalar_means_equal() {
    check(&json!({"k": "x"}), &on("k", Predicate::Eq(text("x"))));
    check(&json!({"k": 1}), &on("k", Predicate::Eq(Scalar::Int(1))));
    check(&json!({"k": 1.0}), &on("k", Predicate::Eq(Scalar::Float(1.0))));
    check(&json!({"k": true}), &on("k", Predicate::Eq(Scalar::Bool(true))));
    check(&json!({"": 1}), &on("", Predicate::Eq(Scalar::Int(1))));
}

#[test]
fn operators_take_their_operands() {
    check(&json!({"k": {"$eq": "x"}}), &on("k", Predicate::Eq(text("x"))));
    check(&json!({"k": {"$ne": true}}), &on("k", Predicate::Ne(Scalar::Bool(true))));
    check(&json!({"k": {"$gt": 1}}), &on("k", Predicate::Gt(Number::Int(1))));
    check(&json!({"k": {"$gte": 1.0}}), &on("k", Predicate::Ge(Number::Float(1.0))));
    check(&json!({"k": {"$lt": -1}}), &on("k", Predicate::Lt(Number::Int(-1))));
    check(&json!({"k": {"$lte": 2.5}}), &on("k", Predicate::Le(Number::Float(2.5))));
    check(&json!({"k": {"$in": ["x", "y"]}}), &on("k", Predicate::In(vec![text("x"), text("y")])));
    check(&json!({"k": {"$nin": [false]}}), &on("k", Predicate::NotIn(vec![Scalar::Bool(false)])));
    check(&json!({"k": {"$contains": 2}}), &on("k", Predicate::Contains(Scalar::Int(2))));
    check(&json!({"k": {"$not_contains": "p"}}), &on("k", Predicate::NotContains(text("p"))));
}

#[test]
fn lists_have_the_type_of_their_first_member() {
    let floats = vec![Scalar::Float(1.0), Scalar::Float(2.0)];
    check(&json!({"k": {"$in": [1.0, 2]}}), &on("k", Predicate::In(floats)));
    for list in
        [json!([1, 2.5]), json!(["x", 1]), json!([true, 1]), json!([1, true]), json!([]), json!([null])]
    {
        check_refused(&json!({"k": {"$in": list}}));
    }
}

#[test]
fn clauses_combine() {
    let clause = json!({"$and": [{"a": 1}, {"$or": []}]});
    check(&clause, &Filter::And(vec![on("a", Predicate::Eq(Scalar::Int(1))), Filter::Or(vec![])]));
    check(&json!({"$and": []}), &Filter::And(vec![]));
    for clause in [json!({"$and": {}}), json!({"$or": [1]}), json!({"$and": [{}]}), json!({"$not": {"a": 1}})]
    {
        check_refused(&clause);
    }
}

#[test]
fn the_document_has_its_own_operators() {
    let document = |predicate| Filter::Document(predicate);
    let on_document = |operator: &str| json!({"#document": {operator: "x"}});
    check(&on_document("$contains"), &document(DocumentPredicate::Contains("x".to_owned())));
    check(&on_document("$not_contains"), &document(DocumentPredicate::NotContains("x".to_owned())));
    check(&on_document("$regex"), &document(DocumentPredicate::Regex("x".to_owned())));
    check(&on_document("$not_regex"), &document(DocumentPredicate::NotRegex("x".to_owned())));
    check(&json!({"#document": "x"}), &on("#document", Predicate::Eq(text("x"))));
}

#[test]
fn malformed_clauses_are_refused() {
    for clause in [
        json!({}),
        json!(null),
        json!("str"),
        json!([]),
        json!({"a": 1, "b": 2}),
        json!({"a": null}),
        json!({"a": ["x"]}),
        json!({"a": {}}),
        json!({"a": {"$eq": 1, "$ne": 2}}),
        json!({"a": {"$gt": "a"}}),
        json!({"a": {"$gt": true}}),
        json!({"a": {"$foo": 1}}),
        json!({"a": {"$regex": "x"}}),
        json!({"a": {"$contains": ["p"]}}),
        json!({"a": {"$eq": 9_223_372_036_854_775_808_u64}}),
        json!({"$foo": 1}),
    ] {
        check_refused(&clause);
    }
}

#[test]
fn a_refusal_says_what_is_wrong_and_repeats_nothing_large() {
    check_reason(&json!({}), "expected an object with exactly one key, got an object with 0 keys");
    check_reason(&json!([1]), "expected an object with exactly one key, got a list");
    check_reason(&json!({"$and": {}}), "$and takes a list of clauses, got an object with 0 keys");
    check_reason(&json!({"$not": [1]}), "$not is no operator at this place; $and and $or are");
    check_reason(&json!({"a": null}), "expected a scalar or one operator for key 'a', got null");
    check_reason(
        &json!({"a": {"$gt": "x"}}),
        "operator $gt of key 'a' takes a number of at most 64 bits, got a string",
    );
    check_reason(
        &json!({"a": {"$in": []}}),
        "operator $in of key 'a' takes a list with at least one member, all of the type of the first, \
         got an empty list",
    );
    check_reason(
        &json!({"a": {"$foo": 1}}),
        "expected one of $eq, $ne, $gt, $gte, $lt, $lte, $in, $nin, $contains, $not_contains for key 'a', \
         got $foo",
    );
    let long = "k".repeat(1_000_000);
    assert!(parse(&json!({ long: null })).unwrap_err().message().len() < 300);
}

#[test]
fn nesting_has_a_limit() {
    let nested = |depth| (0..depth).fold(json!({"a": 1}), |clause, _| json!({"$and": [clause]}));
    assert!(parse(&nested(64)).is_ok());
    assert_eq!(parse(&nested(65)).unwrap_err().message(), "Filters may be nested 64 levels deep");
}
