//! Python's reading of JSON: what it accepts, what it calls the mistakes and where it sees them.
//!
//! The server that this generation imitates read every body twice: with Python's own parser, which
//! takes `NaN` and lone surrogates, and then with a strict one, which refuses them in other words.
//! One pass here gives both judgements. It serves the bodies that the fast readers turned away.

use super::json::{Dict, Json, dict_from_pairs};

/// Nesting beyond this is refused like any body that cannot be read. Python's own bound is near 1000;
/// no request needs a tenth of either.
const DEPTH_MAX: usize = 256;

/// Values in one body. A value takes ten times the memory of its shortest text, so a body within its
/// limit of bytes could still exhaust the memory of the server.
pub(super) const VALUES_MAX: usize = 1 << 23;

/// Digits that Python converts to an integer.
const INT_DIGITS_MAX: usize = 4300;

/// A body that Python's parser accepts.
#[derive(Debug)]
pub(super) struct Parsed {
    value: Json,
    refusal: Option<String>,
}

impl Parsed {
    /// The value, and what the strict parser says against it.
    pub(super) fn into_parts(self) -> (Json, Option<String>) {
        (self.value, self.refusal)
    }
}

#[derive(Debug, PartialEq)]
pub(super) enum ParseError {
    /// Not JSON: what was wrong and at which character.
    Syntax { message: &'static str, position: usize },
    /// Not UTF-8, or nested too deeply.
    Unreadable,
    /// More than [`VALUES_MAX`] values.
    TooManyValues,
}

pub(super) fn parse(bytes: &[u8]) -> Result<Parsed, ParseError> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        // Python takes these marks for UTF-16, where the next two bytes are one character.
        return Err(ParseError::Syntax { message: "Expecting value", position: 0 });
    }
    let text = str::from_utf8(bytes).map_err(|_| ParseError::Unreadable)?;
    let mut parser = match text.strip_prefix('\u{feff}') {
        None => Parser { text, at: 0, depth: 0, values: 0, refusal: None },
        Some(text) => {
            let refusal = Some("unexpected character: line 1 column 1 (char 0)".to_owned());
            Parser { text, at: 0, depth: 0, values: 0, refusal }
        }
    };
    match parser.document() {
        Ok(value) => Ok(Parsed { value, refusal: parser.refusal }),
        Err(Fault::Syntax { message, at }) => {
            let position = parser.text[..at].chars().count();
            Err(ParseError::Syntax { message, position })
        }
        Err(Fault::Unreadable) => Err(ParseError::Unreadable),
        Err(Fault::TooManyValues) => Err(ParseError::TooManyValues),
    }
}

struct Parser<'a> {
    text: &'a str,
    /// Byte offset of the next character.
    at: usize,
    depth: usize,
    values: usize,
    refusal: Option<String>,
}

enum Fault {
    Syntax { message: &'static str, at: usize },
    Unreadable,
    TooManyValues,
}

fn fault<T>(message: &'static str, at: usize) -> Result<T, Fault> {
    Err(Fault::Syntax { message, at })
}

impl Parser<'_> {
    fn document(&mut self) -> Result<Json, Fault> {
        self.skip_whitespace();
        let value = self.value()?;
        self.skip_whitespace();
        if self.at < self.text.len() { fault("Extra data", self.at) } else { Ok(value) }
    }

    fn value(&mut self) -> Result<Json, Fault> {
        self.values += 1;
        if self.values > VALUES_MAX {
            return Err(Fault::TooManyValues);
        }
        match self.peek() {
            Some(b'"') => self.string().map(Json::Str),
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.literal(),
        }
    }

    fn nested(&mut self, parse: fn(&mut Self) -> Result<Json, Fault>) -> Result<Json, Fault> {
        if self.depth == DEPTH_MAX {
            return Err(Fault::Unreadable);
        }
        self.depth += 1;
        self.at += 1;
        self.skip_whitespace();
        let value = parse(self)?;
        self.depth -= 1;
        Ok(value)
    }

    /// The rest of an object after its brace.
    fn object(&mut self) -> Result<Json, Fault> {
        let mut pairs = Dict::new();
        if self.eat(b'}') {
            return Ok(Json::Dict(pairs));
        }
        loop {
            if self.peek() != Some(b'"') {
                return fault("Expecting property name enclosed in double quotes", self.at);
            }
            let key = self.string()?;
            self.skip_whitespace();
            if !self.eat(b':') {
                return fault("Expecting ':' delimiter", self.at);
            }
            self.skip_whitespace();
            pairs.push((key, self.value()?));
            self.skip_whitespace();
            if self.eat(b'}') {
                return Ok(Json::Dict(dict_from_pairs(pairs)));
            }
            self.comma()?;
        }
    }

    /// The rest of an array after its bracket.
    fn array(&mut self) -> Result<Json, Fault> {
        let mut items = Vec::new();
        if self.eat(b']') {
            return Ok(Json::List(items));
        }
        loop {
            items.push(self.value()?);
            self.skip_whitespace();
            if self.eat(b']') {
                return Ok(Json::List(items));
            }
            self.comma()?;
        }
    }

    fn comma(&mut self) -> Result<(), Fault> {
        if !self.eat(b',') {
            return fault("Expecting ',' delimiter", self.at);
        }
        self.skip_whitespace();
        Ok(())
    }

    fn literal(&mut self) -> Result<Json, Fault> {
        for (word, value) in [
            ("null", Json::Null),
            ("true", Json::Bool(true)),
            ("false", Json::Bool(false)),
            ("NaN", Json::Float(f64::NAN)),
            ("Infinity", Json::Float(f64::INFINITY)),
        ] {
            if self.text[self.at..].starts_with(word) {
                if matches!(value, Json::Float(_)) {
                    self.refuse("unexpected character", self.at);
                }
                self.at += word.len();
                return Ok(value);
            }
        }
        fault("Expecting value", self.at)
    }

    fn number(&mut self) -> Result<Json, Fault> {
        let start = self.at;
        self.eat(b'-');
        if self.text[self.at..].starts_with("Infinity") && self.at > start {
            self.refuse("no digit after minus sign", self.at);
            self.at += "Infinity".len();
            return Ok(Json::Float(f64::NEG_INFINITY));
        }
        if !self.eat(b'0') && self.digits() == 0 {
            return fault("Expecting value", start);
        }
        let is_float = self.fraction() | self.exponent();
        let text = &self.text[start..self.at];
        if is_float {
            return Ok(Json::Float(self.float(start)));
        }
        match text.parse() {
            Ok(value) => Ok(Json::Int(value)),
            Err(_) if text.len() > INT_DIGITS_MAX => Err(Fault::Unreadable),
            Err(_) => {
                let digits = text.to_owned();
                // The strict parser has no integers of this size and reads them as it reads fractions.
                self.float(start);
                Ok(Json::BigInt(digits))
            }
        }
    }

    fn float(&mut self, start: usize) -> f64 {
        // The grammar above is a part of the one that `parse` takes.
        let value: f64 = self.text[start..self.at].parse().unwrap_or(f64::NAN);
        if value.is_infinite() {
            self.refuse("number is infinity when parsed as double", start);
        }
        value
    }

    fn fraction(&mut self) -> bool {
        let start = self.at;
        let found = self.eat(b'.') && self.digits() > 0;
        if !found {
            self.at = start;
        }
        found
    }

    fn exponent(&mut self) -> bool {
        let start = self.at;
        let found = (self.eat(b'e') || self.eat(b'E')) && {
            let _ = self.eat(b'+') || self.eat(b'-');
            self.digits() > 0
        };
        if !found {
            self.at = start;
        }
        found
    }

    fn digits(&mut self) -> usize {
        let digits = self.text.as_bytes()[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += digits;
        digits
    }

    fn string(&mut self) -> Result<String, Fault> {
        let start = self.at;
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let plain =
                rest.iter().take_while(|&&byte| byte >= 0x20 && byte != b'"' && byte != b'\\').count();
            out.push_str(&self.text[self.at..self.at + plain]);
            self.at += plain;
            match self.peek() {
                None => return fault("Unterminated string starting at", start),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => out.push(self.escape(start)?),
                Some(_) => return fault("Invalid control character at", self.at),
            }
        }
    }

    /// One escape of the string that started at `start`. What is no character of its own becomes the
    /// replacement character: the strict parser has refused the body then.
    fn escape(&mut self, start: usize) -> Result<char, Fault> {
        let backslash = self.at;
        self.at += 1;
        let c = match self.peek() {
            None => return fault("Unterminated string starting at", start),
            Some(b'u') => return self.unicode_escape(backslash),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(_) => return fault("Invalid \\escape", backslash),
        };
        self.at += 1;
        Ok(c)
    }

    fn unicode_escape(&mut self, backslash: usize) -> Result<char, Fault> {
        let first = self.hex4()?;
        if let Some(c) = char::from_u32(first) {
            return Ok(c);
        }
        if first >= 0xdc00 {
            self.refuse("invalid high surrogate in string", backslash);
            return Ok(char::REPLACEMENT_CHARACTER);
        }
        let after = self.at;
        if !self.text[after..].starts_with("\\u") {
            self.refuse("no low surrogate in string", after);
            return Ok(char::REPLACEMENT_CHARACTER);
        }
        self.at += 1;
        let second = self.hex4()?;
        if !(0xdc00..0xe000).contains(&second) {
            self.refuse("invalid low surrogate in string", after);
            self.at = after;
            return Ok(char::REPLACEMENT_CHARACTER);
        }
        let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// Four digits after the `u` at the current place, and something after them.
    fn hex4(&mut self) -> Result<u32, Fault> {
        let start = self.at + 1;
        let digits = self.text.as_bytes().get(start..start + 4);
        let digits = digits.filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        match digits {
            Some(_) if start + 4 < self.text.len() => {
                self.at = start + 4;
                Ok(u32::from_str_radix(&self.text[start..self.at], 16).unwrap_or(0))
            }
            _ => fault("Invalid \\uXXXX escape", self.at),
        }
    }

    /// Notes what the strict parser says; it stops at its first complaint.
    fn refuse(&mut self, what: &str, at: usize) {
        if self.refusal.is_none() {
            let before = &self.text[..at];
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or(before).chars().count() + 1;
            let position = before.chars().count();
            self.refusal = Some(format!("{what}: line {line} column {column} (char {position})"));
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn skip_whitespace(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests;
