//! Keys and values in the key-value store.
//!
//! The first byte of a key says what it is: `c` catalog, `n` shape of a collection, `m` manifest
//! of a collection, `w` log entry. Each value starts with the version of its format.

use std::sync::Arc;

use huedb_storage::kv::KEY_BYTES_MAX;
use huedb_types::{
    CollectionId, Distance, HnswConfiguration, Precision, SeqNo, limits::TENANT_NAME_BYTES_MAX,
};
use uuid::Uuid;

use super::{CollectionDescriptor, Database};
use crate::codec::{DecodeError, Decoder, Encoder};
use crate::metadata_bytes;

/// Version of every row.
pub(crate) const ROW_VERSION: u8 = 1;

pub(crate) const TENANTS: &[u8] = b"ct";
pub(crate) const DATABASES: &[u8] = b"cd";
pub(crate) const COLLECTIONS: &[u8] = b"cc";
pub(crate) const SHAPES: &[u8] = b"n";
pub(crate) const MANIFESTS: &[u8] = b"m";
pub(crate) const LOG: &[u8] = b"w";

const _: () = assert!(TENANTS.len() + TENANT_NAME_BYTES_MAX == KEY_BYTES_MAX, "a tenant's name is in a key");

fn key(prefix: &[u8], id: &[u8]) -> Vec<u8> {
    [prefix, id].concat()
}

pub(crate) fn tenant_key(name: &str) -> Vec<u8> {
    key(TENANTS, name.as_bytes())
}

pub(crate) fn database_key(id: Uuid) -> Vec<u8> {
    key(DATABASES, id.as_bytes())
}

pub(crate) fn collection_key(id: CollectionId) -> Vec<u8> {
    key(COLLECTIONS, id.as_bytes())
}

pub(crate) fn shape_key(id: CollectionId) -> Vec<u8> {
    key(SHAPES, id.as_bytes())
}

pub(crate) fn manifest_key(id: CollectionId) -> Vec<u8> {
    key(MANIFESTS, id.as_bytes())
}

/// Log entries of a collection, in the order of their writes.
pub(crate) fn log_prefix(id: CollectionId) -> Vec<u8> {
    key(LOG, id.as_bytes())
}

pub(crate) fn log_key(id: CollectionId, seq: SeqNo) -> Vec<u8> {
    [LOG, id.as_bytes(), &seq.0.to_be_bytes()].concat()
}

/// Collection and position of a log key.
pub(crate) fn parse_log_key(key: &[u8]) -> Option<(CollectionId, SeqNo)> {
    let (id, seq) = key.strip_prefix(LOG)?.split_first_chunk::<16>()?;
    let seq = u64::from_be_bytes(seq.try_into().ok()?);
    Some((CollectionId(Uuid::from_bytes(*id)), SeqNo(seq)))
}

/// The collection of a key that is `prefix` and an id.
pub(crate) fn parse_collection_key(prefix: &[u8], key: &[u8]) -> Option<CollectionId> {
    Some(CollectionId(Uuid::from_bytes(key.strip_prefix(prefix)?.try_into().ok()?)))
}

/// Starts a value with the version.
pub(crate) fn versioned() -> Encoder {
    let mut out = Encoder::default();
    out.u8(ROW_VERSION);
    out
}

/// Reads the version that [`versioned`] wrote.
pub(crate) fn check_version(input: &mut Decoder<'_>) -> Result<(), DecodeError> {
    if input.u8()? == ROW_VERSION { Ok(()) } else { Err(input.error("a row of this version")) }
}

pub(crate) fn encode_database(database: &Database) -> Vec<u8> {
    let mut out = versioned();
    out.str(&database.tenant);
    out.str(&database.name);
    out.finish()
}

pub(crate) fn decode_database(id: &[u8], value: &[u8]) -> Result<Database, DecodeError> {
    let mut input = Decoder::new(value);
    check_version(&mut input)?;
    let id = Uuid::from_slice(id).map_err(|_| input.error("a database id"))?;
    let database = Database { id, tenant: input.string()?, name: input.string()? };
    input.finish()?;
    Ok(database)
}

/// The row of a collection; `database` is the id of the one it is in.
pub(crate) fn encode_collection(database: Uuid, descriptor: &CollectionDescriptor) -> Vec<u8> {
    let mut out = versioned();
    out.bytes(database.as_bytes());
    out.str(&descriptor.name);
    out.option(descriptor.metadata.as_ref(), |out, metadata| out.bytes(&metadata_bytes::encode(metadata)));
    encode_hnsw(&mut out, &descriptor.hnsw);
    out.option(descriptor.v1_configuration.as_deref(), Encoder::str);
    out.option(descriptor.embedding_function.as_deref(), Encoder::str);
    out.option(descriptor.schema.as_deref(), Encoder::str);
    // Left out where it says nothing, as in all rows from before there was a choice.
    if descriptor.precision != Precision::default() {
        out.str(descriptor.precision.name());
    }
    out.finish()
}

fn encode_hnsw(out: &mut Encoder, hnsw: &HnswConfiguration) {
    out.str(hnsw.space.name());
    out.u32(hnsw.ef_construction);
    out.u32(hnsw.ef_search);
    out.u32(hnsw.max_neighbors);
    out.u32(hnsw.num_threads);
    out.f64(hnsw.resize_factor);
    out.u32(hnsw.sync_threshold);
    out.u32(hnsw.batch_size);
}

fn decode_precision(input: &mut Decoder<'_>) -> Result<Precision, DecodeError> {
    if input.is_empty() {
        return Ok(Precision::default());
    }
    Precision::parse(input.str()?).ok_or_else(|| input.error("a precision"))
}

fn decode_hnsw(input: &mut Decoder<'_>) -> Result<HnswConfiguration, DecodeError> {
    Ok(HnswConfiguration {
        space: Distance::parse(input.str()?).ok_or_else(|| input.error("a distance"))?,
        ef_construction: input.u32()?,
        ef_search: input.u32()?,
        max_neighbors: input.u32()?,
        num_threads: input.u32()?,
        resize_factor: input.f64()?,
        sync_threshold: input.u32()?,
        batch_size: input.u32()?,
    })
}

/// The database id and the descriptor of a collection's row, names of tenant and database left empty.
pub(crate) fn decode_collection(
    id: CollectionId,
    value: &[u8],
) -> Result<(Uuid, CollectionDescriptor), DecodeError> {
    let mut input = Decoder::new(value);
    check_version(&mut input)?;
    let database = Uuid::from_slice(input.bytes()?).map_err(|_| input.error("a database id"))?;
    let descriptor = CollectionDescriptor {
        id,
        tenant: String::new(),
        database: String::new(),
        name: input.string()?,
        metadata: input.option(|input| metadata_bytes::decode(input.bytes()?))?,
        hnsw: decode_hnsw(&mut input)?,
        v1_configuration: input.option(Decoder::string)?,
        embedding_function: input.option(Decoder::string)?,
        schema: input.option(Decoder::string)?,
        precision: decode_precision(&mut input)?,
        shape: Arc::default(),
    };
    input.finish()?;
    Ok((database, descriptor))
}

#[cfg(test)]
mod tests;
