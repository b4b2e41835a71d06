//! The recording and the list of differences, as the files beside this one have them.

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
    pub(crate) answer: Answer,
}

/// Status and body of an answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
}

/// A line of the recording.
#[derive(Deserialize)]
struct Line {
    n: u32,
    label: String,
    method: String,
    path: String,
    status: u16,
    /// Absent for JSON.
    content_type: Option<String>,
    body: Option<String>,
    /// A body that is no text.
    body_hex: Option<String>,
    /// A body made of pieces that repeat.
    body_parts: Option<Vec<(String, usize)>>,
    #[serde(default)]
    response: Value,
    /// An answer that is not JSON.
    response_text: Option<String>,
}

/// The exchanges of the recording, in order.
pub(crate) fn exchanges() -> impl Iterator<Item = Exchange> {
    include_str!("../v1-0.5.13.jsonl").lines().map(|line| {
        let line: Line = serde_json::from_str(line).unwrap();
        let body = line.body_bytes();
        let json = "application/json".to_owned();
        Exchange {
            number: line.n,
            label: line.label,
            method: line.method,
            path: line.path,
            content_type: body.as_ref().map(|_| line.content_type.unwrap_or(json)),
            body,
            answer: Answer {
                status: line.status,
                text: line.response_text.unwrap_or_else(|| line.response.to_string()),
            },
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
    exchanges: Vec<u32>,
    reason: String,
}

/// Reasons by the number of the exchange that differs.
pub(crate) fn differences() -> BTreeMap<u32, String> {
    let listed: Vec<Difference> = serde_json::from_str(include_str!("../v1-differences.json")).unwrap();
    let mut reasons = BTreeMap::new();
    for difference in listed {
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
