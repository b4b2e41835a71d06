//! What pydantic, the validator of the first generation, accepts and how it lists what it refuses.
//!
//! Every mistake of a request is collected, in the order of the fields, into the `detail` of one 422.

use serde::Serialize;

use super::json::{Dict, Json, field};

/// Mistakes listed at most: a body of a million wrong items must not make an answer of gigabytes.
const DETAILS_MAX: usize = 1000;

/// Longest text that Python converts to an integer.
const INT_TEXT_MAX: usize = 4300;

/// One mistake, as it stands in the answer.
#[derive(Debug, Serialize)]
pub(super) struct Detail {
    #[serde(rename = "type")]
    kind: &'static str,
    loc: Vec<Loc>,
    msg: &'static str,
    input: Json,
    #[serde(skip_serializing_if = "Option::is_none")]
    ctx: Option<Context>,
}

/// One step to the place of a mistake.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(untagged)]
pub(super) enum Loc {
    Name(&'static str),
    Index(usize),
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Context {
    Error(&'static str),
    Expected(&'static str),
}

/// A rule that a value breaks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Problem {
    kind: &'static str,
    msg: &'static str,
    ctx: Option<Context>,
}

const fn problem(kind: &'static str, msg: &'static str) -> Problem {
    Problem { kind, msg, ctx: None }
}

const MISSING: Problem = problem("missing", "Field required");
const NOT_AN_OBJECT: Problem =
    problem("model_attributes_type", "Input should be a valid dictionary or object to extract fields from");
const NOT_A_STRING: Problem = problem("string_type", "Input should be a valid string");
const NOT_A_LIST: Problem = problem("list_type", "Input should be a valid list");
const NOT_A_DICT: Problem = problem("dict_type", "Input should be a valid dictionary");
const NOT_A_BOOL: Problem = problem("bool_type", "Input should be a valid boolean");
const UNCLEAR_BOOL: Problem =
    problem("bool_parsing", "Input should be a valid boolean, unable to interpret input");
const NOT_AN_INT: Problem = problem("int_type", "Input should be a valid integer");
const UNCLEAR_INT: Problem =
    problem("int_parsing", "Input should be a valid integer, unable to parse string as an integer");
const LONG_INT: Problem =
    problem("int_parsing_size", "Unable to parse input string as an integer, exceeded maximum size");
const FRACTION: Problem =
    problem("int_from_float", "Input should be a valid integer, got a number with a fractional part");
const NOT_FINITE: Problem = problem("finite_number", "Input should be a finite number");

impl Problem {
    /// A text that is none of a fixed set; `msg` and `expected` both list the set.
    pub(super) const fn not_in_enum(msg: &'static str, expected: &'static str) -> Self {
        Self { kind: "enum", msg, ctx: Some(Context::Expected(expected)) }
    }
}

impl Detail {
    fn new(problem: Problem, loc: Vec<Loc>, input: Json) -> Self {
        Self { kind: problem.kind, loc, msg: problem.msg, input, ctx: problem.ctx }
    }

    /// A body that is not JSON, from the character `position` on.
    pub(super) fn json_invalid(error: &'static str, position: usize) -> Self {
        let problem =
            Problem { kind: "json_invalid", msg: "JSON decode error", ctx: Some(Context::Error(error)) };
        Self::new(problem, vec![Loc::Name("body"), Loc::Index(position)], Json::Dict(Dict::new()))
    }

    pub(super) fn missing_body() -> Self {
        Self::new(MISSING, vec![Loc::Name("body")], Json::Null)
    }

    pub(super) fn body_is_no_object(input: Json) -> Self {
        Self::new(NOT_AN_OBJECT, vec![Loc::Name("body")], input)
    }

    /// Whether the answer would quote a number that JSON cannot hold.
    pub(super) fn quotes_non_finite(&self) -> bool {
        self.input.has_non_finite()
    }
}

/// A mistake that has been noted.
#[derive(Debug, PartialEq)]
pub(super) struct Noted;

/// A reader of one value: pydantic's lax mode for one type.
pub(super) type Read<T> = fn(&Json) -> Result<T, Problem>;

/// The fields of one object and the mistakes found in them so far.
pub(super) struct Fields<'a> {
    dict: &'a Dict,
    details: Vec<Detail>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(dict: &'a Dict) -> Self {
        Self { dict, details: Vec::new() }
    }

    /// A field that must be there and must not be null.
    pub(super) fn required<T>(&mut self, name: &'static str, read: Read<T>) -> Result<T, Noted> {
        let value = self.present(name)?;
        self.read(&[Loc::Name("body"), Loc::Name(name)], value, read)
    }

    /// A field that may be absent, but not null.
    pub(super) fn with_default<T>(
        &mut self,
        name: &'static str,
        default: T,
        read: Read<T>,
    ) -> Result<T, Noted> {
        match field(self.dict, name) {
            None => Ok(default),
            Some(value) => self.read(&[Loc::Name("body"), Loc::Name(name)], value, read),
        }
    }

    /// A field that may be absent or null.
    pub(super) fn optional<T>(&mut self, name: &'static str, read: Read<T>) -> Result<Option<T>, Noted> {
        match field(self.dict, name) {
            None | Some(Json::Null) => Ok(None),
            Some(value) => self.read(&[Loc::Name("body"), Loc::Name(name)], value, read).map(Some),
        }
    }

    /// A list that must be there.
    pub(super) fn required_list<T>(&mut self, name: &'static str, read: Read<T>) -> Result<Vec<T>, Noted> {
        let value = self.present(name)?;
        self.list(name, value, read)
    }

    /// A list that may be absent, but not null.
    pub(super) fn list_with_default<T>(
        &mut self,
        name: &'static str,
        default: Vec<T>,
        read: Read<T>,
    ) -> Result<Vec<T>, Noted> {
        match field(self.dict, name) {
            None => Ok(default),
            Some(value) => self.list(name, value, read),
        }
    }

    /// A list that may be absent or null.
    pub(super) fn optional_list<T>(
        &mut self,
        name: &'static str,
        read: Read<T>,
    ) -> Result<Option<Vec<T>>, Noted> {
        match field(self.dict, name) {
            None | Some(Json::Null) => Ok(None),
            Some(value) => self.list(name, value, read).map(Some),
        }
    }

    /// The mistakes; none if the object is valid.
    pub(super) fn into_details(self) -> Vec<Detail> {
        self.details
    }

    fn present(&mut self, name: &'static str) -> Result<&'a Json, Noted> {
        field(self.dict, name).ok_or_else(|| {
            let whole = Json::Dict(self.dict.clone());
            self.note(MISSING, &[Loc::Name("body"), Loc::Name(name)], &whole)
        })
    }

    fn list<T>(&mut self, name: &'static str, value: &Json, read: Read<T>) -> Result<Vec<T>, Noted> {
        let Json::List(items) = value else {
            return Err(self.note(NOT_A_LIST, &[Loc::Name("body"), Loc::Name(name)], value));
        };
        let mut list = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let loc = [Loc::Name("body"), Loc::Name(name), Loc::Index(index)];
            list.extend(self.read(&loc, item, read));
        }
        if list.len() == items.len() { Ok(list) } else { Err(Noted) }
    }

    fn read<T>(&mut self, loc: &[Loc], value: &Json, read: Read<T>) -> Result<T, Noted> {
        read(value).map_err(|problem| self.note(problem, loc, value))
    }

    fn note(&mut self, problem: Problem, loc: &[Loc], input: &Json) -> Noted {
        if self.details.len() < DETAILS_MAX {
            self.details.push(Detail::new(problem, loc.to_vec(), input.clone()));
        }
        Noted
    }
}

/// An integer of the query string. Values beyond 64 bits become the nearest bound.
pub(super) fn query_int(name: &'static str, text: &str) -> Result<i64, Detail> {
    int_from_text(text).map_err(|problem| {
        let loc = vec![Loc::Name("query"), Loc::Name(name)];
        Detail::new(problem, loc, Json::Str(text.to_owned()))
    })
}

pub(super) fn string(value: &Json) -> Result<String, Problem> {
    match value {
        Json::Str(text) => Ok(text.clone()),
        _ => Err(NOT_A_STRING),
    }
}

pub(super) fn dict(value: &Json) -> Result<Dict, Problem> {
    match value {
        Json::Dict(pairs) => Ok(pairs.clone()),
        _ => Err(NOT_A_DICT),
    }
}

/// `read`, or nothing for null.
pub(super) fn nullable<T>(value: &Json, read: Read<T>) -> Result<Option<T>, Problem> {
    match value {
        Json::Null => Ok(None),
        other => read(other).map(Some),
    }
}

pub(super) fn boolean(value: &Json) -> Result<bool, Problem> {
    match value {
        Json::Bool(value) => Ok(*value),
        Json::Int(0) | Json::Float(0.0) => Ok(false),
        Json::Int(1) | Json::Float(1.0) => Ok(true),
        Json::Int(_) => Err(UNCLEAR_BOOL),
        Json::Str(text) => match text.to_ascii_lowercase().as_str() {
            "0" | "off" | "f" | "false" | "n" | "no" => Ok(false),
            "1" | "on" | "t" | "true" | "y" | "yes" => Ok(true),
            _ => Err(UNCLEAR_BOOL),
        },
        _ => Err(NOT_A_BOOL),
    }
}

/// An integer. Values beyond 64 bits become the nearest bound: no count or place is that large.
pub(super) fn integer(value: &Json) -> Result<i64, Problem> {
    match value {
        Json::Bool(value) => Ok(i64::from(*value)),
        Json::Int(value) => Ok(*value),
        Json::BigInt(digits) => Ok(saturated(digits.starts_with('-'))),
        Json::Float(value) if !value.is_finite() => Err(NOT_FINITE),
        Json::Float(value) if value.fract() != 0.0 => Err(FRACTION),
        Json::Float(value) if value.abs() >= 9_223_372_036_854_775_808.0 => Err(LONG_INT),
        Json::Float(value) => Ok(*value as i64),
        Json::Str(text) => int_from_text(text),
        _ => Err(NOT_AN_INT),
    }
}

/// Digits with an optional sign, single underscores between them and a fraction of zeros.
fn int_from_text(text: &str) -> Result<i64, Problem> {
    if text.len() > INT_TEXT_MAX {
        return Err(LONG_INT);
    }
    let text = text.trim();
    let (negative, rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let whole = match rest.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0') => whole,
        Some(_) => return Err(UNCLEAR_INT),
        None => rest,
    };
    let is_group = |group: &str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
    if !whole.split('_').all(is_group) {
        return Err(UNCLEAR_INT);
    }
    let sign = if negative { "-" } else { "" };
    let digits = format!("{sign}{}", whole.replace('_', ""));
    Ok(digits.parse().unwrap_or_else(|_| saturated(negative)))
}

fn saturated(negative: bool) -> i64 {
    if negative { i64::MIN } else { i64::MAX }
}

#[cfg(test)]
mod tests;
