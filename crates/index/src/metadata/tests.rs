use std::collections::BTreeMap;
use std::convert::Infallible;

use huedb_types::{DocumentPredicate, Filter, Number, Predicate, Scalar};

use super::{FilterMatcher, RecordView, Value};

#[derive(Default, Clone)]
struct TestRecord {
    values: BTreeMap<&'static str, Value<'static>>,
    document: Option<&'static str>,
}

impl RecordView for TestRecord {
    type Error = Infallible;

    fn value(&mut self, key: &str) -> Result<Option<Value<'_>>, Infallible> {
        Ok(self.values.get(key).cloned())
    }

    fn document(&mut self) -> Result<Option<&str>, Infallible> {
        Ok(self.document)
    }
}

fn record(values: &[(&'static str, Value<'static>)]) -> TestRecord {
    TestRecord { values: values.iter().cloned().collect(), document: None }
}

fn on_k(predicate: Predicate) -> Filter {
    Filter::Metadata { key: "k".into(), predicate }
}

fn matches(filter: &Filter, record: &TestRecord) -> bool {
    FilterMatcher::new(filter).unwrap().matches(&mut record.clone()).unwrap()
}

/// The ten records of the contract's truth table, by the name of their value.
fn table() -> Vec<(&'static str, TestRecord)> {
    vec![
        ("1", record(&[("k", Value::Int(1))])),
        ("2", record(&[("k", Value::Int(2))])),
        ("1.0", record(&[("k", Value::Float(1.0))])),
        ("1.5", record(&[("k", Value::Float(1.5))])),
        ("abc", record(&[("k", Value::Str("abc"))])),
        ("true", record(&[("k", Value::Bool(true))])),
        ("false", record(&[("k", Value::Bool(false))])),
        ("none", record(&[])),
        ("3", record(&[("k", Value::Int(3)), ("o", Value::Str("x"))])),
        ("'1'", record(&[("k", Value::Str("1"))])),
        ("[1, 2]", record(&[("k", Value::List(vec![Value::Int(1), Value::Int(2)]))])),
    ]
}

#[track_caller]
fn check(filter: &Filter, expected: &[&str]) {
    let found: Vec<_> =
        table().into_iter().filter(|(_, record)| matches(filter, record)).map(|(name, _)| name).collect();
    assert_eq!(found, expected, "filter={filter:?}");
}

#[test]
fn integers_and_floats_compare_as_numbers_and_nothing_else_does() {
    check(&on_k(Predicate::Eq(Scalar::Int(1))), &["1", "1.0"]);
    check(&on_k(Predicate::Eq(Scalar::Float(1.0))), &["1", "1.0"]);
    check(&on_k(Predicate::Gt(Number::Int(1))), &["2", "1.5", "3"]);
    check(&on_k(Predicate::Le(Number::Float(1.5))), &["1", "1.0", "1.5"]);
    check(&on_k(Predicate::Eq(Scalar::Bool(true))), &["true"]);
    check(&on_k(Predicate::Eq(Scalar::Str("1".into()))), &["'1'"]);
}

#[test]
fn negations_are_exact_complements() {
    let without = |names: &[&str]| {
        table().into_iter().map(|(name, _)| name).filter(|name| !names.contains(name)).collect::<Vec<_>>()
    };
    check(&on_k(Predicate::Ne(Scalar::Int(1))), &without(&["1", "1.0"]));
    check(&on_k(Predicate::NotIn(vec![Scalar::Str("abc".into())])), &without(&["abc"]));
    check(&on_k(Predicate::NotContains(Scalar::Int(1))), &without(&["[1, 2]"]));
}

#[test]
fn lists_are_asked_by_membership_only() {
    check(&on_k(Predicate::Contains(Scalar::Int(2))), &["[1, 2]"]);
    check(&on_k(Predicate::Contains(Scalar::Float(2.0))), &["[1, 2]"]);
    check(&on_k(Predicate::Contains(Scalar::Str("abc".into()))), &[]);
    check(&on_k(Predicate::In(vec![Scalar::Int(1), Scalar::Float(1.5)])), &["1", "1.0", "1.5"]);
}

#[test]
fn empty_and_is_true_and_empty_or_is_false() {
    assert!(matches(&Filter::And(vec![]), &TestRecord::default()));
    assert!(!matches(&Filter::Or(vec![]), &TestRecord::default()));
}

#[test]
fn an_integer_is_never_rounded_onto_a_float() {
    let big = record(&[("k", Value::Int(9_007_199_254_740_993))]);
    assert!(!matches(&on_k(Predicate::Eq(Scalar::Float(9_007_199_254_740_992.0))), &big));
    assert!(matches(&on_k(Predicate::Gt(Number::Float(9_007_199_254_740_992.0))), &big));
    assert!(!matches(&on_k(Predicate::In(vec![Scalar::Float(9_007_199_254_740_992.0)])), &big));
    let top = record(&[("k", Value::Int(i64::MAX))]);
    assert!(matches(&on_k(Predicate::Lt(Number::Float(9.3e18))), &top));
    let negative = record(&[("k", Value::Int(-1))]);
    assert!(matches(&on_k(Predicate::Gt(Number::Float(-1.5))), &negative));
    assert!(matches(&on_k(Predicate::Lt(Number::Float(-0.5))), &negative));
}

#[test]
fn document_negations_match_records_without_a_document() {
    let with = TestRecord { document: Some("Hello 100%"), ..TestRecord::default() };
    let without = TestRecord::default();
    let document = |predicate| Filter::Document(predicate);
    let contains = document(DocumentPredicate::Contains("100%".into()));
    assert!(matches(&contains, &with) && !matches(&contains, &without));
    let all = document(DocumentPredicate::Contains(String::new()));
    assert!(matches(&all, &with) && !matches(&all, &without));
    let negated = document(DocumentPredicate::NotContains("hello".into()));
    assert!(matches(&negated, &with) && matches(&negated, &without));
    assert!(matches(&document(DocumentPredicate::Regex("(?i)hello [0-9]+".into())), &with));
    assert!(matches(&document(DocumentPredicate::NotRegex("^x".into())), &without));
}
