//! Values as Python prints them, which is how error texts of this generation quote what they refuse.

use std::fmt::Write;

use super::json::Json;

/// `str(value)`: a text stands for itself.
pub(super) fn display(value: &Json) -> String {
    match value {
        Json::Str(text) => text.clone(),
        other => repr(other),
    }
}

/// `repr(value)`.
pub(super) fn repr(value: &Json) -> String {
    let mut out = String::new();
    write_repr(&mut out, value);
    out
}

/// `repr(text)` of a text.
pub(super) fn text_repr(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    write_text(&mut out, text);
    out
}

/// `type(value).__name__`.
pub(super) fn type_name(value: &Json) -> &'static str {
    match value {
        Json::Null => "NoneType",
        Json::Bool(_) => "bool",
        Json::Int(_) | Json::BigInt(_) => "int",
        Json::Float(_) => "float",
        Json::Str(_) => "str",
        Json::List(_) => "list",
        Json::Dict(_) => "dict",
    }
}

fn write_repr(out: &mut String, value: &Json) {
    match value {
        Json::Null => out.push_str("None"),
        Json::Bool(true) => out.push_str("True"),
        Json::Bool(false) => out.push_str("False"),
        Json::Int(value) => write_display(out, value),
        Json::BigInt(digits) => out.push_str(digits),
        Json::Float(value) => write_float(out, *value),
        Json::Str(text) => write_text(out, text),
        Json::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_repr(out, item);
            }
            out.push(']');
        }
        Json::Dict(pairs) => {
            out.push('{');
            for (index, (key, value)) in pairs.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_text(out, key);
                out.push_str(": ");
                write_repr(out, value);
            }
            out.push('}');
        }
    }
}

/// Shortest digits that read back as the same float. Rust and Python switch to exponents at the same
/// magnitudes and differ only in how they write the exponent.
fn write_float(out: &mut String, value: f64) {
    if value.is_nan() {
        return out.push_str("nan");
    }
    let text = format!("{value:?}");
    match text.split_once('e') {
        None => out.push_str(&text),
        Some((mantissa, exponent)) => {
            let (sign, digits) = match exponent.strip_prefix('-') {
                Some(digits) => ('-', digits),
                None => ('+', exponent),
            };
            write_display(out, format_args!("{mantissa}e{sign}{digits:0>2}"));
        }
    }
}

fn write_text(out: &mut String, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            ' '..='~' => out.push(c),
            c if is_printable(c) => out.push(c),
            c if u32::from(c) <= 0xff => write_display(out, format_args!("\\x{:02x}", u32::from(c))),
            c if u32::from(c) <= 0xffff => write_display(out, format_args!("\\u{:04x}", u32::from(c))),
            c => write_display(out, format_args!("\\U{:08x}", u32::from(c))),
        }
    }
    out.push(quote);
}

/// `str.isprintable`, which is the rule of Rust's escapes as well. Combining characters are escaped
/// only at the start of a text, hence the letter before.
fn is_printable(c: char) -> bool {
    let mut text = String::from("a");
    text.push(c);
    text.escape_debug().eq(text.chars())
}

fn write_display(out: &mut String, value: impl std::fmt::Display) {
    // Writing to a text cannot fail.
    let _ = write!(out, "{value}");
}

#[cfg(test)]
mod tests;
