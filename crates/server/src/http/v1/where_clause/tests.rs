use huedb_types::{DocumentPredicate, Filter, Number, Predicate, Scalar, limits::FILTER_DEPTH_MAX};

use super::filter;
use crate::http::v1::{
    error::ApiError,
    json::{Dict, Json},
};

fn dict(json: &str) -> Dict {
    match serde_json::from_str(json).unwrap() {
        Json::Dict(dict) => dict,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn check(json: &str, predicate: Predicate) {
    let found = filter(Some(&dict(json)), None).unwrap();
    assert_eq!(found, Some(Filter::Metadata { key: "k".into(), predicate }), "{json}");
}

#[track_caller]
fn check_document(json: &str, expected: DocumentPredicate) {
    let found = filter(None, Some(&dict(json))).unwrap();
    assert_eq!(found, Some(Filter::Document(expected)), "{json}");
}

#[track_caller]
fn check_error(found: Result<Option<Filter>, ApiError>, class: &str, text: &str) {
    match found {
        Err(ApiError::Raised { class: c, text: t }) => assert_eq!((c, t.as_str()), (class, text)),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn check_refused(json: &str, text: &str) {
    check_error(filter(Some(&dict(json)), None), "ValueError", text);
}

#[track_caller]
fn check_document_refused(json: &str, text: &str) {
    check_error(filter(None, Some(&dict(json))), "ValueError", text);
}

#[test]
fn each_operator_has_its_predicate() {
    let text = |text: &str| Scalar::Str(text.into());
    check(r#"{"k": 1}"#, Predicate::Eq(Scalar::Int(1)));
    check(r#"{"k": {"$eq": 1.0}}"#, Predicate::Eq(Scalar::Float(1.0)));
    check(r#"{"k": true}"#, Predicate::Eq(Scalar::Bool(true)));
    check(r#"{"k": {"$ne": "abc"}}"#, Predicate::Ne(text("abc")));
    check(r#"{"k": {"$gt": 1}}"#, Predicate::Gt(Number::Int(1)));
    check(r#"{"k": {"$gte": 1.5}}"#, Predicate::Ge(Number::Float(1.5)));
    check(r#"{"k": {"$lt": -1}}"#, Predicate::Lt(Number::Int(-1)));
    check(
        r#"{"k": {"$lte": 18446744073709551616}}"#,
        Predicate::Le(Number::Float(18_446_744_073_709_551_616.0)),
    );
    check(r#"{"k": {"$in": ["abc", "1"]}}"#, Predicate::In(vec![text("abc"), text("1")]));
    check(
        r#"{"k": {"$nin": [true, false]}}"#,
        Predicate::NotIn(vec![Scalar::Bool(true), Scalar::Bool(false)]),
    );
}

#[test]
fn a_truth_value_among_integers_is_an_integer() {
    check(r#"{"k": {"$in": [1, true]}}"#, Predicate::In(vec![Scalar::Int(1), Scalar::Int(1)]));
}

#[test]
fn null_in_a_list_is_equal_to_nothing() {
    check(r#"{"k": {"$in": [null]}}"#, Predicate::In(vec![]));
    check(r#"{"k": {"$nin": [null, null]}}"#, Predicate::NotIn(vec![]));
}

#[test]
fn a_list_of_one_is_its_value() {
    check(r#"{"k": {"$eq": [5]}}"#, Predicate::Eq(Scalar::Int(5)));
}

#[test]
fn an_empty_clause_is_no_condition() {
    let empty = Dict::new();
    assert_eq!(filter(Some(&empty), Some(&empty)).unwrap(), None);
    assert_eq!(filter(None, None).unwrap(), None);
}

#[test]
fn clauses_combine() {
    let found = filter(
        Some(&dict(r#"{"$or": [{"k": 1}, {"$and": [{"k": 2}, {"k": 3}]}]}"#)),
        Some(&dict(r#"{"$contains": "x"}"#)),
    );
    let equal = |value| Filter::Metadata { key: "k".into(), predicate: Predicate::Eq(Scalar::Int(value)) };
    let either = Filter::Or(vec![equal(1), Filter::And(vec![equal(2), equal(3)])]);
    let contains = Filter::Document(DocumentPredicate::Contains("x".into()));
    assert_eq!(found.unwrap(), Some(Filter::And(vec![either, contains])));
}

#[test]
fn a_wrong_where_is_refused_in_the_words_of_the_first_generation() {
    let alike =
        "Expected where operand value to be a non-empty list, and all values to be of the same type got";
    let operators = "Expected where operator to be one of $gt, $gte, $lt, $lte, $ne, $eq, $in, $nin, got";
    let value = "Expected where value to be a str, int, float, or operator expression, got";
    let operand = "Expected where operand value to be a str, int, float, or list of those type, got";
    for (json, text) in [
        (r#"{"k": 1, "o": "x"}"#, "Expected where to have exactly one operator, got {'k': 1, 'o': 'x'}"),
        (r#"{"k": null}"#, &format!("{value} None")),
        (r#"{"k": [1]}"#, &format!("{value} [1]")),
        (r#"{"k": {}}"#, "Expected operator expression to have exactly one operator, got {}"),
        (
            r#"{"k": {"$gt": 1, "$lt": 3}}"#,
            "Expected operator expression to have exactly one operator, got {'$gt': 1, '$lt': 3}",
        ),
        (r#"{"k": {"$foo": 1}}"#, &format!("{operators} $foo")),
        (r#"{"k": {"$contains": "a"}}"#, &format!("{operators} $contains")),
        (r#"{"$not": {"k": 1}}"#, &format!("{operators} k")),
        (
            r#"{"k": {"$gt": "abc"}}"#,
            "Expected operand value to be an int or a float for operator $gt, got abc",
        ),
        (
            r#"{"k": {"$gt": [1]}}"#,
            "Expected operand value to be an int or a float for operator $gt, got [1]",
        ),
        (r#"{"k": {"$eq": null}}"#, &format!("{operand} None")),
        (r#"{"k": {"$in": "abc"}}"#, "Expected operand value to be an list for operator $in, got abc"),
        (r#"{"k": {"$in": []}}"#, &format!("{alike} []")),
        (r#"{"k": {"$nin": [1, 2.5]}}"#, &format!("{alike} [1, 2.5]")),
        (r#"{"k": {"$in": [1, "abc"]}}"#, &format!("{alike} [1, 'abc']")),
        (r#"{"k": {"$in": [true, 1]}}"#, &format!("{alike} [True, 1]")),
        (r#"{"k": {"$in": [[1]]}}"#, &format!("{alike} [[1]]")),
    ] {
        check_refused(json, text);
    }
}

#[test]
fn a_wrong_list_of_clauses_is_refused() {
    let list = "Expected where value for $and or $or to be a list";
    check_refused(r#"{"$or": {"k": 1}}"#, &format!("{list} of where expressions, got {{'k': 1}}"));
    check_refused(r#"{"$and": []}"#, &format!("{list} with at least two where expressions, got []"));
    check_refused(
        r#"{"$and": [{"k": 1}]}"#,
        &format!("{list} with at least two where expressions, got [{{'k': 1}}]"),
    );
    check_refused(r#"{"$and": [{"k": 1}, 5]}"#, "Expected where to be a dict, got 5");
}

#[test]
fn what_failed_in_the_database_fails_with_its_words() {
    let found = |json: &str| filter(Some(&dict(json)), None);
    check_error(found(r#"{"k": {"$gt": true}}"#), "OperationalError", "near \"?\": syntax error");
    check_error(found(r#"{"k": {"$eq": [1, 2]}}"#), "OperationalError", "row value misused");
    check_error(found(r#"{"$in": [1]}"#), "AttributeError", "'list' object has no attribute 'items'");
    let overflow = "Python int too large to convert to SQLite INTEGER";
    check_error(found(r#"{"k": 9223372036854775808}"#), "OverflowError", overflow);
}

#[test]
fn operators_at_the_place_of_a_key_are_keys() {
    let key =
        |key: &str| Some(Filter::Metadata { key: key.into(), predicate: Predicate::Eq(Scalar::Int(1)) });
    assert_eq!(filter(Some(&dict(r#"{"$eq": 1}"#)), None).unwrap(), key("$eq"));
    assert_eq!(filter(Some(&dict(r#"{"$in": 1}"#)), None).unwrap(), key("$in"));
}

#[test]
fn the_document_can_be_compared_whole() {
    let found = |json: &str| filter(Some(&dict(json)), None).unwrap().unwrap();
    let regex = |text: &str| Filter::Document(DocumentPredicate::Regex(text.into()));
    let not_regex = |text: &str| Filter::Document(DocumentPredicate::NotRegex(text.into()));
    assert_eq!(found(r#"{"chroma:document": "a.b (c)"}"#), regex(r"\Aa\.b \(c\)\z"));
    assert_eq!(found(r#"{"chroma:document": {"$nin": ["a"]}}"#), Filter::And(vec![not_regex(r"\Aa\z")]));
    assert_eq!(found(r#"{"chroma:document": 1}"#), Filter::Or(vec![]));
    assert_eq!(found(r#"{"chroma:document": {"$ne": 1}}"#), Filter::And(vec![]));
    assert_eq!(found(r#"{"chroma:document": {"$gt": 1}}"#), Filter::Or(vec![]));
}

#[test]
fn percent_and_underscore_are_wildcards() {
    check_document(r#"{"$contains": "hello"}"#, DocumentPredicate::Contains("hello".into()));
    check_document(r#"{"$not_contains": "hello"}"#, DocumentPredicate::NotContains("hello".into()));
    check_document(r#"{"$contains": "a_b"}"#, DocumentPredicate::Like("a_b".into()));
    check_document(r#"{"$not_contains": "100%"}"#, DocumentPredicate::NotLike("100%".into()));
}

#[test]
fn a_wrong_where_document_is_refused() {
    let operators = "Expected where document operator to be one of $contains, $and, $or, got";
    let operand = "Expected where document operand value for operator $contains to be a";
    let list = "Expected document value for $and or $or to be a list";
    for (json, text) in [
        (r#"{"$foo": "x"}"#, &*format!("{operators} $foo")),
        (r#"{"$regex": "h.*"}"#, &format!("{operators} $regex")),
        (r#"{"$contains": 1}"#, &format!("{operand} str, got 1")),
        (r#"{"$contains": ["a"]}"#, &format!("{operand} str, got ['a']")),
        (r#"{"$not_contains": ""}"#, &format!("{operand} non-empty str")),
        (r#"{"$and": "x"}"#, &format!("{list} of where document expressions, got x")),
        (
            r#"{"$and": [{"$contains": "a"}]}"#,
            &format!("{list} with at least two where document expressions, got [{{'$contains': 'a'}}]"),
        ),
        (r#"{"$or": [1, 2]}"#, "Expected where document to be a dictionary, got 1"),
        (
            r#"{"$contains": "a", "$not_contains": "b"}"#,
            "Expected where document to have exactly one operator, got {'$contains': 'a', '$not_contains': 'b'}",
        ),
    ] {
        check_document_refused(json, text);
    }
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| {
        (1..depth).fold(r#"{"k": 1}"#.to_owned(), |inner, _| format!(r#"{{"$and": [{inner}, {{"k": 1}}]}}"#))
    };
    let parse = |json: String| {
        let (value, _) = crate::http::v1::python_json::parse(json.as_bytes()).unwrap().into_parts();
        let Json::Dict(dict) = value else { panic!("an object") };
        filter(Some(&dict), None)
    };
    assert!(parse(nested(FILTER_DEPTH_MAX)).is_ok());
    check_error(
        parse(nested(FILTER_DEPTH_MAX + 1)),
        "ValueError",
        "Expected where to be nested at most 64 levels deep",
    );
}
