use std::cmp::Ordering;

use huedb_types::{DocumentPredicate, Filter, Number, Predicate, Scalar};
use thiserror::Error;

use super::value::{ScalarSet, Value};
use crate::text::{LikePattern, compile_regex};

/// A record as conditions see it.
pub trait RecordView {
    /// Why a stored record could not be read.
    type Error;

    /// The metadata value under `key`, if there is one.
    ///
    /// # Errors
    /// The stored bytes are damaged.
    fn value(&mut self, key: &str) -> Result<Option<Value<'_>>, Self::Error>;

    /// The document, if there is one.
    ///
    /// # Errors
    /// The stored bytes are damaged.
    fn document(&mut self) -> Result<Option<&str>, Self::Error>;
}

/// A filter that can not be evaluated.
#[derive(Debug, Error)]
pub enum FilterError {
    /// The regular expression does not parse or compiles to too much; the text is the parser's.
    #[error("{0}")]
    Regex(#[from] regex::Error),
}

/// A filter made ready to be evaluated many times.
#[derive(Debug)]
pub struct FilterMatcher {
    node: Node,
}

#[derive(Debug)]
enum Node {
    And(Vec<Node>),
    Or(Vec<Node>),
    Metadata { key: String, test: Test, negated: bool },
    Document { test: DocumentTest, negated: bool },
}

#[derive(Debug)]
enum Test {
    Equal(Scalar),
    Order { number: Number, accepts: fn(Ordering) -> bool },
    In(ScalarSet),
    Member(Scalar),
}

#[derive(Debug)]
enum DocumentTest {
    Contains(String),
    Like(LikePattern),
    Regex(regex::Regex),
}

impl FilterMatcher {
    /// Makes `filter` ready.
    ///
    /// # Errors
    /// [`FilterError::Regex`] if a regular expression is wrong or too large.
    pub fn new(filter: &Filter) -> Result<Self, FilterError> {
        Node::new(filter).map(|node| Self { node })
    }

    /// Whether `record` meets the condition.
    ///
    /// # Errors
    /// The record could not be read.
    pub fn matches<R: RecordView>(&self, record: &mut R) -> Result<bool, R::Error> {
        self.node.matches(record)
    }
}

impl Node {
    fn new(filter: &Filter) -> Result<Self, FilterError> {
        let all = |filters: &[Filter]| filters.iter().map(Self::new).collect::<Result<Vec<_>, _>>();
        Ok(match filter {
            Filter::And(filters) => Self::And(all(filters)?),
            Filter::Or(filters) => Self::Or(all(filters)?),
            Filter::Metadata { key, predicate } => {
                let (test, negated) = Test::new(predicate);
                Self::Metadata { key: key.clone(), test, negated }
            }
            Filter::Document(predicate) => {
                let (test, negated) = DocumentTest::new(predicate)?;
                Self::Document { test, negated }
            }
        })
    }

    fn matches<R: RecordView>(&self, record: &mut R) -> Result<bool, R::Error> {
        match self {
            Self::And(nodes) => {
                for node in nodes {
                    if !node.matches(record)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Or(nodes) => {
                for node in nodes {
                    if node.matches(record)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Metadata { key, test, negated } => {
                Ok(record.value(key)?.is_some_and(|value| test.accepts(&value)) != *negated)
            }
            Self::Document { test, negated } => {
                Ok(record.document()?.is_some_and(|document| test.accepts(document)) != *negated)
            }
        }
    }
}

impl Test {
    /// The positive form of `predicate`, and whether it is to be negated.
    fn new(predicate: &Predicate) -> (Self, bool) {
        let order = |number: &Number, accepts| Self::Order { number: *number, accepts };
        match predicate {
            Predicate::Eq(scalar) => (Self::Equal(scalar.clone()), false),
            Predicate::Ne(scalar) => (Self::Equal(scalar.clone()), true),
            Predicate::Gt(number) => (order(number, Ordering::is_gt), false),
            Predicate::Ge(number) => (order(number, Ordering::is_ge), false),
            Predicate::Lt(number) => (order(number, Ordering::is_lt), false),
            Predicate::Le(number) => (order(number, Ordering::is_le), false),
            Predicate::In(scalars) => (Self::In(ScalarSet::new(scalars)), false),
            Predicate::NotIn(scalars) => (Self::In(ScalarSet::new(scalars)), true),
            Predicate::Contains(scalar) => (Self::Member(scalar.clone()), false),
            Predicate::NotContains(scalar) => (Self::Member(scalar.clone()), true),
        }
    }

    fn accepts(&self, value: &Value<'_>) -> bool {
        match self {
            Self::Equal(scalar) => value.equals(scalar),
            Self::Order { number, accepts } => value.compare(*number).is_some_and(accepts),
            Self::In(scalars) => scalars.contains(value),
            Self::Member(scalar) => match value {
                Value::List(members) => members.iter().any(|member| member.equals(scalar)),
                _ => false,
            },
        }
    }
}

impl DocumentTest {
    fn new(predicate: &DocumentPredicate) -> Result<(Self, bool), FilterError> {
        Ok(match predicate {
            DocumentPredicate::Contains(text) => (Self::Contains(text.clone()), false),
            DocumentPredicate::NotContains(text) => (Self::Contains(text.clone()), true),
            DocumentPredicate::Like(pattern) => (Self::Like(LikePattern::new(pattern)), false),
            DocumentPredicate::NotLike(pattern) => (Self::Like(LikePattern::new(pattern)), true),
            DocumentPredicate::Regex(pattern) => (Self::Regex(compile_regex(pattern)?), false),
            DocumentPredicate::NotRegex(pattern) => (Self::Regex(compile_regex(pattern)?), true),
        })
    }

    fn accepts(&self, document: &str) -> bool {
        match self {
            Self::Contains(text) => document.contains(text.as_str()),
            Self::Like(pattern) => pattern.is_contained_in(document),
            Self::Regex(regex) => regex.is_match(document),
        }
    }
}
