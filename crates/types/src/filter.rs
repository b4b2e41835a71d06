//! What a query asks of a record besides its distance.
//!
//! Both API generations parse their `where` and `where_document` into this one form.

/// A condition on a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All of them hold; true if there are none.
    And(Vec<Filter>),
    /// At least one holds; false if there are none.
    Or(Vec<Filter>),
    /// A condition on the metadata value under `key`.
    Metadata {
        /// The metadata key.
        key: String,
        /// What must hold of its value.
        predicate: Predicate,
    },
    /// A condition on the document.
    Document(DocumentPredicate),
}

/// A condition on a metadata value.
///
/// Integers and floats compare as numbers with each other; truth values and texts only with their
/// own type. A missing key or another type does not match, except for the three negations
/// (`Ne`, `NotIn`, `NotContains`), which are exact complements of their positive forms.
#[derive(Debug, Clone, PartialEq)]
pub enum Predicate {
    /// Equal to the scalar; a list is equal to no scalar.
    Eq(Scalar),
    /// The complement of `Eq`.
    Ne(Scalar),
    /// A number above.
    Gt(Number),
    /// A number above or equal.
    Ge(Number),
    /// A number below.
    Lt(Number),
    /// A number below or equal.
    Le(Number),
    /// Equal to one of the scalars.
    In(Vec<Scalar>),
    /// The complement of `In`.
    NotIn(Vec<Scalar>),
    /// A list that has the scalar as a member.
    Contains(Scalar),
    /// The complement of `Contains`.
    NotContains(Scalar),
}

/// A metadata value that is not a list.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float, not NaN.
    Float(f64),
    /// A text.
    Str(String),
}

/// A number of either type.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// An integer.
    Int(i64),
    /// A float, not NaN.
    Float(f64),
}

/// A condition on the document. Negations match records without a document.
#[derive(Debug, Clone, PartialEq)]
pub enum DocumentPredicate {
    /// Has the text as a substring; case counts. Every document has the empty text.
    Contains(String),
    /// The complement of `Contains`.
    NotContains(String),
    /// Has a substring that the pattern describes, where `%` stands for any text and `_` for any
    /// one character: what `$contains` of `/api/v1` means.
    Like(String),
    /// The complement of `Like`.
    NotLike(String),
    /// Has a match of the regular expression.
    Regex(String),
    /// The complement of `Regex`.
    NotRegex(String),
}
