//! The bodies and paths of `/api/v2`, written as Chroma's Python client writes them.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::Result;
use crate::data::Dataset;
use crate::http::{Answer, Connection, write_request};

const DATABASE: &str = "/api/v2/tenants/default_tenant/databases/default_database";

/// How a vector travels in `add`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Little-endian f32 in base64, as the client of 1.5.9 sends.
    Base64,
    /// JSON numbers, each f32 widened to f64, as older clients send.
    Numbers,
}

/// The paths of one collection's routes.
#[derive(Clone)]
pub(crate) struct Collection {
    root: String,
}

impl Collection {
    /// Deletes the collection of that name, if there is one, and creates it empty with cosine distance.
    pub(crate) fn create(connection: &mut Connection, name: &str) -> Result<Self> {
        let delete = call(connection, "DELETE", &format!("{DATABASE}/collections/{name}"), b"")?;
        if delete.status != 200 && delete.status != 404 {
            return Err(failure("delete collection", &delete));
        }
        let body = json!({"name": name, "configuration": {"hnsw": {"space": "cosine"}}}).to_string();
        let answer = call(connection, "POST", &format!("{DATABASE}/collections"), body.as_bytes())?;
        Self::from_answer("create collection", &answer)
    }

    /// The collection of that name, which must exist.
    pub(crate) fn open(connection: &mut Connection, name: &str) -> Result<Self> {
        let answer = call(connection, "GET", &format!("{DATABASE}/collections/{name}"), b"")?;
        Self::from_answer("get collection", &answer)
    }

    fn from_answer(what: &str, answer: &Answer) -> Result<Self> {
        if answer.status != 200 {
            return Err(failure(what, answer));
        }
        let collection: Value = serde_json::from_slice(&answer.body)?;
        let id = collection["id"].as_str().ok_or("the collection has no id")?;
        Ok(Self { root: format!("{DATABASE}/collections/{id}") })
    }

    pub(crate) fn post(&self, out: &mut Vec<u8>, route: &str, body: &str) {
        write_request(out, "POST", &format!("{}/{route}", self.root), body.as_bytes());
    }

    pub(crate) fn count(&self, out: &mut Vec<u8>) {
        write_request(out, "GET", &format!("{}/count", self.root), b"");
    }
}

/// The request that does nothing: what a server needs for HTTP alone.
pub(crate) fn heartbeat(out: &mut Vec<u8>) {
    write_request(out, "GET", "/api/v2/heartbeat", b"");
}

/// Sends one request outside of any measurement.
pub(crate) fn call(connection: &mut Connection, method: &str, path: &str, body: &[u8]) -> Result<Answer> {
    let mut request = Vec::new();
    write_request(&mut request, method, path, body);
    connection.send(&request)
}

pub(crate) fn failure(what: &str, answer: &Answer) -> Box<dyn std::error::Error + Send + Sync> {
    let text = String::from_utf8_lossy(&answer.body);
    let start: String = text.chars().take(300).collect();
    format!("{what} was answered {}: {start}", answer.status).into()
}

/// The id of record `index`.
pub(crate) fn id(index: u64) -> String {
    format!("record-{index:08}")
}

/// The record number in an id made by [`id`].
pub(crate) fn index_of(id: &str) -> Option<usize> {
    id.strip_prefix("record-")?.parse().ok()
}

/// The body of an `add` of the records `range`, with documents and metadata.
pub(crate) fn add_body(data: &Dataset, range: std::ops::Range<u64>, encoding: Encoding) -> String {
    let mut body = String::from("{\"ids\":[");
    join(&mut body, range.clone(), |body, index| write_to(body, format_args!("\"{}\"", id(index))));
    body.push_str("],\"embeddings\":[");
    join(&mut body, range.clone(), |body, index| push_vector(body, &data.vector(index), encoding));
    body.push_str("],\"metadatas\":[");
    join(&mut body, range.clone(), |body, index| {
        let fields = data.fields(index);
        write_to(
            body,
            format_args!(
                "{{\"c10\":{},\"c100\":{},\"c1000\":{},\"score\":{:?},\"src\":\"{}\"}}",
                fields.c10, fields.c100, fields.c1000, fields.score, fields.src
            ),
        );
    });
    body.push_str("],\"documents\":[");
    join(&mut body, range, |body, index| write_to(body, format_args!("\"{}\"", data.document(index))));
    body.push_str("],\"uris\":null}");
    body
}

/// The body of a `query` of one vector; `conditions` is a JSON fragment such as `"where":{"c10":3},`.
pub(crate) fn query_body(vector: &[f32], k: usize, conditions: &str) -> String {
    let mut body = format!("{{{conditions}\"n_results\":{k},\"query_embeddings\":[");
    push_vector(&mut body, vector, Encoding::Numbers);
    body.push_str("]}");
    body
}

fn push_vector(body: &mut String, vector: &[f32], encoding: Encoding) {
    match encoding {
        Encoding::Base64 => {
            let bytes: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
            body.push('"');
            STANDARD.encode_string(bytes, body);
            body.push('"');
        }
        Encoding::Numbers => {
            body.push('[');
            join(body, vector, |body, value| write_to(body, format_args!("{:?}", f64::from(*value))));
            body.push(']');
        }
    }
}

fn join<T>(body: &mut String, items: impl IntoIterator<Item = T>, push: impl Fn(&mut String, T)) {
    for (position, item) in items.into_iter().enumerate() {
        if position > 0 {
            body.push(',');
        }
        push(body, item);
    }
}

fn write_to(body: &mut String, text: std::fmt::Arguments<'_>) {
    #[expect(clippy::expect_used, reason = "writing to a String cannot fail")]
    body.write_fmt(text).expect("a String takes any text");
}

#[cfg(test)]
mod tests;
