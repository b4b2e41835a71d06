use std::cmp::Ordering;
use std::collections::HashSet;

use huedb_types::{Number, Scalar};

/// A metadata value, borrowed from where it is stored.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// A text.
    Str(&'a str),
    /// A list of one of the above.
    List(Vec<Value<'a>>),
    /// A sparse vector; no condition looks inside.
    Sparse,
}

impl Value<'_> {
    pub(super) fn equals(&self, scalar: &Scalar) -> bool {
        match (self, scalar) {
            (Value::Bool(value), Scalar::Bool(scalar)) => value == scalar,
            (Value::Str(value), Scalar::Str(scalar)) => *value == scalar,
            (_, Scalar::Int(scalar)) => self.compare(Number::Int(*scalar)) == Some(Ordering::Equal),
            (_, Scalar::Float(scalar)) => self.compare(Number::Float(*scalar)) == Some(Ordering::Equal),
            _ => false,
        }
    }

    /// Order against a number; `None` if the value is not one.
    pub(super) fn compare(&self, number: Number) -> Option<Ordering> {
        match (self, number) {
            (Value::Int(value), Number::Int(number)) => Some(value.cmp(&number)),
            (Value::Int(value), Number::Float(number)) => compare_int_float(*value, number),
            (Value::Float(value), Number::Int(number)) => {
                compare_int_float(number, *value).map(Ordering::reverse)
            }
            (Value::Float(value), Number::Float(number)) => value.partial_cmp(&number),
            _ => None,
        }
    }
}

/// Exact order of an integer and a float: converting either could round it onto the other.
fn compare_int_float(int: i64, float: f64) -> Option<Ordering> {
    const INT_END: f64 = 9_223_372_036_854_775_808.0;
    if float.is_nan() {
        None
    } else if float >= INT_END {
        Some(Ordering::Less)
    } else if float < -INT_END {
        Some(Ordering::Greater)
    } else {
        let whole = float.trunc();
        Some(int.cmp(&(whole as i64)).then(0.0_f64.partial_cmp(&(float - whole))?))
    }
}

/// Scalars of an `$in` list, hashed so that its length does not matter.
#[derive(Debug, Default)]
pub(super) struct ScalarSet {
    bools: [bool; 2],
    numbers: HashSet<NumberKey>,
    strs: HashSet<String>,
}

/// A number such that equal integers and floats are one key.
#[derive(Debug, PartialEq, Eq, Hash)]
enum NumberKey {
    Int(i64),
    FloatBits(u64),
}

impl NumberKey {
    fn of_float(value: f64) -> Self {
        let int = value as i64;
        if compare_int_float(int, value) == Some(Ordering::Equal) {
            Self::Int(int)
        } else {
            Self::FloatBits(value.to_bits())
        }
    }
}

impl ScalarSet {
    pub(super) fn new(scalars: &[Scalar]) -> Self {
        let mut set = Self::default();
        for scalar in scalars {
            match scalar {
                Scalar::Bool(value) => set.bools[usize::from(*value)] = true,
                Scalar::Int(value) => drop(set.numbers.insert(NumberKey::Int(*value))),
                Scalar::Float(value) => drop(set.numbers.insert(NumberKey::of_float(*value))),
                Scalar::Str(value) => drop(set.strs.insert(value.clone())),
            }
        }
        set
    }

    pub(super) fn contains(&self, value: &Value<'_>) -> bool {
        match value {
            Value::Bool(value) => self.bools[usize::from(*value)],
            Value::Int(value) => self.numbers.contains(&NumberKey::Int(*value)),
            Value::Float(value) => self.numbers.contains(&NumberKey::of_float(*value)),
            Value::Str(value) => self.strs.contains(*value),
            Value::List(_) | Value::Sparse => false,
        }
    }
}
