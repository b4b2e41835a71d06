//! The recordings and the list of differences, as the files beside this one have them.

use std::{collections::BTreeMap, fmt};

use serde::Deserialize;
use serde_json::Value;

/// One request and what Chroma answered.
pub(crate) struct Exchange {
    pub(crate) number: u32,
    pub(crate) label: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) content_type: Option<String>,
    pub(crate) body: Option<Vec<u8>>,
    /// `None` if the connection broke without an answer.
    pub(crate) answer: Option<Answer>,
    /// The recorded server was started afresh before this request.
    pub(crate) fresh_server: bool,
}

/// Status and body of an answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
}

/// A line of a recording.
#[derive(Deserialize)]
struct Line {
    n: u32,
    label: String,
    method: String,
    path: String,
    status: Option<u16>,
    #[serde(default)]
    fresh_server: bool,
    /// Absent for JSON, null for no header at all.
    #[serde(default = "json_content_type")]
    content_type: Option<String>,
    body: Option<String>,
    /// A body that is no text.
    body_hex: Option<String>,
    /// A body made of pieces that repeat.
    body_parts: Option<Vec<(String, usize)>>,
    #[serde(default, deserialize_with = "present")]
    response: Option<Value>,
    /// An answer that is not JSON.
    response_text: Option<String>,
    /// Pages of documentation are not part of the recording.
    #[serde(default)]
    response_left_out: bool,
}

#[expect(clippy::unnecessary_wraps, reason = "the default of a field that may be null")]
fn json_content_type() -> Option<String> {
    Some("application/json".to_owned())
}

/// Keeps an answer of `null` apart from no answer.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// The exchanges of a recording, in order.
pub(crate) fn exchanges(recording: &str) -> impl Iterator<Item = Exchange> {
    recording.lines().map(|line| {
        let line: Line = serde_json::from_str(line).unwrap();
        let body = line.body_bytes();
        Exchange {
            number: line.n,
            label: line.label,
            method: line.method,
            path: line.path,
            content_type: body.as_ref().and(line.content_type),
            body,
            answer: line.status.map(|status| Answer {
                status,
                text: match (line.response_text, line.response, line.response_left_out) {
                    (Some(text), _, _) => text,
                    (None, Some(response), _) => response.to_string(),
                    (None, None, left_out) => if left_out { "left out" } else { "" }.to_owned(),
                },
            }),
            fresh_server: line.fresh_server,
        }
    })
}

impl Line {
    fn body_bytes(&self) -> Option<Vec<u8>> {
        if let Some(hex) = &self.body_hex {
            let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
            return Some((0..hex.len()).step_by(2).map(byte).collect());
        }
        if let Some(parts) = &self.body_parts {
            return Some(parts.iter().map(|(text, count)| text.repeat(*count)).collect::<String>().into());
        }
        self.body.as_ref().map(|body| body.clone().into())
    }
}

#[derive(Deserialize)]
struct Difference {
    recording: String,
    exchanges: Vec<u32>,
    reason: String,
}

/// Reasons by the number of the exchange that differs.
pub(crate) fn differences(version: &str) -> BTreeMap<u32, String> {
    let listed: Vec<Difference> = serde_json::from_str(include_str!("../v2-differences.json")).unwrap();
    let mut reasons = BTreeMap::new();
    for difference in listed.into_iter().filter(|difference| difference.recording == version) {
        assert!(!difference.reason.is_empty(), "a difference without a reason");
        for number in difference.exchanges {
            let again = reasons.insert(number, difference.reason.clone());
            assert!(again.is_none(), "{number} is listed twice");
        }
    }
    reasons
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, label, method, path, body, .. } = self;
        let body = String::from_utf8_lossy(body.as_deref().unwrap_or_default()).into_owned();
        write!(f, "{number} [{label}] {method} {path} {}", shortened(&body))
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, shortened(&self.text))
    }
}

/// Enough to see what it is about.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(600) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}
