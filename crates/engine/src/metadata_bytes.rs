//! Metadata as bytes: the one form in which the log, memtables and segments keep it.
//!
//! Keys ascend, so two equal maps have equal bytes, and one key is found without decoding the rest.

use huedb_index::metadata::Value;
use huedb_types::{Metadata, MetadataValue, SparseVector};

use crate::codec::{DecodeError, Decoder, Encoder};

const BOOL_FALSE: u8 = 0;
const BOOL_TRUE: u8 = 1;
const INT: u8 = 2;
const FLOAT: u8 = 3;
const STR: u8 = 4;
const BOOL_ARRAY: u8 = 5;
const INT_ARRAY: u8 = 6;
const FLOAT_ARRAY: u8 = 7;
const STR_ARRAY: u8 = 8;
const SPARSE: u8 = 9;

/// Encodes `metadata`; nothing for an empty map.
pub(crate) fn encode(metadata: &Metadata) -> Vec<u8> {
    let mut out = Encoder::default();
    for (key, value) in metadata {
        out.str(key);
        encode_value(&mut out, value);
    }
    out.finish()
}

fn encode_value(out: &mut Encoder, value: &MetadataValue) {
    match value {
        MetadataValue::Bool(value) => out.u8(if *value { BOOL_TRUE } else { BOOL_FALSE }),
        MetadataValue::Int(value) => {
            out.u8(INT);
            out.i64(*value);
        }
        MetadataValue::Float(value) => {
            out.u8(FLOAT);
            out.f64(*value);
        }
        MetadataValue::Str(value) => {
            out.u8(STR);
            out.str(value);
        }
        MetadataValue::BoolArray(values) => {
            list(out, BOOL_ARRAY, values, |out, value| out.u8(u8::from(*value)))
        }
        MetadataValue::IntArray(values) => list(out, INT_ARRAY, values, |out, value| out.i64(*value)),
        MetadataValue::FloatArray(values) => list(out, FLOAT_ARRAY, values, |out, value| out.f64(*value)),
        MetadataValue::StrArray(values) => list(out, STR_ARRAY, values, |out, value| out.str(value)),
        MetadataValue::Sparse(sparse) => {
            list(out, SPARSE, &sparse.indices, |out, index| out.u32(*index));
            out.f32s(&sparse.values);
            out.option(sparse.tokens.as_ref(), |out, tokens| {
                out.len(tokens.len());
                tokens.iter().for_each(|token| out.str(token));
            });
        }
    }
}

fn list<T>(out: &mut Encoder, tag: u8, values: &[T], mut encode: impl FnMut(&mut Encoder, &T)) {
    out.u8(tag);
    out.len(values.len());
    for value in values {
        encode(out, value);
    }
}

/// Decodes what [`encode`] made.
pub(crate) fn decode(bytes: &[u8]) -> Result<Metadata, DecodeError> {
    let mut input = Decoder::new(bytes);
    let mut metadata = Metadata::new();
    while !input.is_empty() {
        let key = input.string()?;
        let value = decode_value(&mut input)?;
        metadata.insert(key, value);
    }
    Ok(metadata)
}

fn decode_value(input: &mut Decoder<'_>) -> Result<MetadataValue, DecodeError> {
    Ok(match input.u8()? {
        BOOL_FALSE => MetadataValue::Bool(false),
        BOOL_TRUE => MetadataValue::Bool(true),
        INT => MetadataValue::Int(input.i64()?),
        FLOAT => MetadataValue::Float(input.f64()?),
        STR => MetadataValue::Str(input.string()?),
        BOOL_ARRAY => MetadataValue::BoolArray(items(input, |input| Ok(input.u8()? != 0))?),
        INT_ARRAY => MetadataValue::IntArray(items(input, Decoder::i64)?),
        FLOAT_ARRAY => MetadataValue::FloatArray(items(input, Decoder::f64)?),
        STR_ARRAY => MetadataValue::StrArray(items(input, Decoder::string)?),
        SPARSE => MetadataValue::Sparse(SparseVector {
            indices: items(input, Decoder::u32)?,
            values: input.f32s()?,
            tokens: input.option(|input| items(input, Decoder::string))?,
        }),
        _ => return Err(input.error("a metadata type")),
    })
}

fn items<'a, T>(
    input: &mut Decoder<'a>,
    mut decode: impl FnMut(&mut Decoder<'a>) -> Result<T, DecodeError>,
) -> Result<Vec<T>, DecodeError> {
    let len = input.len()?;
    // Grows as items are read: a damaged length must not reserve memory for items that are not there.
    let mut items = Vec::new();
    for _ in 0..len {
        items.push(decode(input)?);
    }
    Ok(items)
}

/// The value under `key`, without decoding the other keys; `None` if it is missing.
pub(crate) fn find<'a>(bytes: &'a [u8], key: &str) -> Result<Option<Value<'a>>, DecodeError> {
    let mut input = Decoder::new(bytes);
    while !input.is_empty() {
        let found = input.bytes()?;
        match found.cmp(key.as_bytes()) {
            std::cmp::Ordering::Less => skip_value(&mut input)?,
            std::cmp::Ordering::Equal => return view_value(&mut input).map(Some),
            std::cmp::Ordering::Greater => return Ok(None),
        }
    }
    Ok(None)
}

fn skip_value(input: &mut Decoder<'_>) -> Result<(), DecodeError> {
    match input.u8()? {
        BOOL_FALSE | BOOL_TRUE => {}
        INT | FLOAT => drop(input.take(8, "a number")?),
        STR => drop(input.bytes()?),
        BOOL_ARRAY => skip_items(input, 1)?,
        INT_ARRAY | FLOAT_ARRAY => skip_items(input, 8)?,
        STR_ARRAY => skip_strings(input)?,
        SPARSE => {
            skip_items(input, 4)?;
            skip_items(input, 4)?;
            input.option(skip_strings)?;
        }
        _ => return Err(input.error("a metadata type")),
    }
    Ok(())
}

fn skip_items(input: &mut Decoder<'_>, size: usize) -> Result<(), DecodeError> {
    let len = input.len()?;
    let bytes = len.checked_mul(size).ok_or_else(|| input.error("a list"))?;
    input.take(bytes, "a list").map(drop)
}

fn skip_strings(input: &mut Decoder<'_>) -> Result<(), DecodeError> {
    for _ in 0..input.len()? {
        input.bytes()?;
    }
    Ok(())
}

fn view_value<'a>(input: &mut Decoder<'a>) -> Result<Value<'a>, DecodeError> {
    Ok(match input.u8()? {
        BOOL_FALSE => Value::Bool(false),
        BOOL_TRUE => Value::Bool(true),
        INT => Value::Int(input.i64()?),
        FLOAT => Value::Float(input.f64()?),
        STR => Value::Str(input.str()?),
        BOOL_ARRAY => Value::List(items(input, |input| Ok(Value::Bool(input.u8()? != 0)))?),
        INT_ARRAY => Value::List(items(input, |input| input.i64().map(Value::Int))?),
        FLOAT_ARRAY => Value::List(items(input, |input| input.f64().map(Value::Float))?),
        STR_ARRAY => Value::List(items(input, |input| input.str().map(Value::Str))?),
        SPARSE => Value::Sparse,
        _ => return Err(input.error("a metadata type")),
    })
}

#[cfg(test)]
mod tests;
