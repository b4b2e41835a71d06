//! Log entries: what one request changed, resolved down to whole records.
//!
//! An entry says what is there afterwards, never what was asked for, so replaying it does not depend
//! on the state it is replayed onto and may be done twice.

use huedb_types::{DocId, Record};

use crate::catalog::rows::{ROW_VERSION, check_version};
use crate::codec::{DecodeError, Decoder, Encoder};
use crate::metadata_bytes;

const PUT: u8 = 1;
const DELETE: u8 = 2;

/// One change to a collection.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Change {
    /// The record is now this.
    Put { doc_id: DocId, record: Record },
    /// The record is gone.
    Delete { id: String },
}

pub(crate) fn encode(changes: &[Change]) -> Vec<u8> {
    let mut out = Encoder::with_capacity(changes.iter().map(encoded_bytes).sum());
    out.u8(ROW_VERSION);
    out.len(changes.len());
    for change in changes {
        match change {
            Change::Put { doc_id, record } => {
                out.u8(PUT);
                out.u32(doc_id.0);
                encode_record(&mut out, record);
            }
            Change::Delete { id } => {
                out.u8(DELETE);
                out.str(id);
            }
        }
    }
    out.finish()
}

fn encoded_bytes(change: &Change) -> usize {
    match change {
        Change::Delete { id } => id.len() + 8,
        Change::Put { record, .. } => {
            let text = record.document.as_ref().map_or(0, String::len) + record.id.len();
            64 + text + record.embedding.as_ref().map_or(0, |embedding| embedding.len() * 4)
        }
    }
}

fn encode_record(out: &mut Encoder, record: &Record) {
    out.str(&record.id);
    out.option(record.embedding.as_deref(), Encoder::f32s);
    out.option(record.document.as_deref(), Encoder::str);
    out.option(record.uri.as_deref(), Encoder::str);
    out.bytes(&metadata_bytes::encode(&record.metadata));
}

pub(crate) fn decode(entry: &[u8]) -> Result<Vec<Change>, DecodeError> {
    let mut input = Decoder::new(entry);
    check_version(&mut input)?;
    let mut changes = Vec::new();
    for _ in 0..input.len()? {
        changes.push(match input.u8()? {
            PUT => Change::Put { doc_id: DocId(input.u32()?), record: decode_record(&mut input)? },
            DELETE => Change::Delete { id: input.string()? },
            _ => return Err(input.error("a change")),
        });
    }
    input.finish()?;
    Ok(changes)
}

fn decode_record(input: &mut Decoder<'_>) -> Result<Record, DecodeError> {
    Ok(Record {
        id: input.string()?,
        embedding: input.option(Decoder::f32s)?,
        document: input.option(Decoder::string)?,
        uri: input.option(Decoder::string)?,
        metadata: metadata_bytes::decode(input.bytes()?)?,
    })
}

#[cfg(test)]
mod tests;
