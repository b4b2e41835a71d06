//! The caller's trace context, as the W3C recommendation "Trace Context" writes it into headers.

use axum::http::HeaderMap;

/// Longer lists need not be passed on; a caller's list must not grow our memory.
const TRACESTATE_BYTES_MAX: usize = 512;

/// The span that called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parent {
    pub(crate) trace: u128,
    pub(crate) span: u64,
    pub(crate) is_sampled: bool,
    pub(crate) tracestate: String,
}

impl Parent {
    /// None without a valid `traceparent`; then the request begins a trace of its own.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all("traceparent").iter();
        let (value, None) = (values.next()?, values.next()) else { return None };
        let (trace, span, is_sampled) = parse(value.to_str().ok()?.trim())?;
        Some(Self { trace, span, is_sampled, tracestate: tracestate(headers) })
    }
}

/// `version-trace-span-flags` in lower-case hex. Later versions may append fields.
fn parse(text: &str) -> Option<(u128, u64, bool)> {
    let mut fields = text.split('-');
    let version = hex(fields.next()?, 2)?;
    let trace = hex(fields.next()?, 32)?;
    let span = hex(fields.next()?, 16)?;
    let flags = hex(fields.next()?, 2)?;
    let has_more = fields.next().is_some();
    let is_valid = version != 0xff && trace != 0 && span != 0 && !(version == 0 && has_more);
    is_valid.then_some((trace, span as u64, flags & 1 == 1))
}

fn hex(text: &str, digits: usize) -> Option<u128> {
    let is_hex = text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    (text.len() == digits && is_hex).then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

fn tracestate(headers: &HeaderMap) -> String {
    let mut joined = String::new();
    for value in headers.get_all("tracestate") {
        let Ok(value) = value.to_str() else { return String::new() };
        if !joined.is_empty() {
            joined.push(',');
        }
        joined.push_str(value.trim());
    }
    if joined.len() > TRACESTATE_BYTES_MAX { String::new() } else { joined }
}

#[cfg(test)]
mod tests;
