//! Sending traces and metrics to a collector by the OpenTelemetry protocol, over gRPC or HTTP.
//!
//! The protocol is a few dozen protobuf fields in one unary call, and hyper speaks the HTTP below it
//! already, so this is written out: the usual crates would bring twenty packages, three of them in a
//! second version, and a span processor that does not count what it drops. The tests decode with the
//! official definitions.
//!
//! `queue` takes finished spans from requests and never makes them wait, `export` is the task that
//! empties it, `message` and `protobuf` write the bytes, `client` and `endpoint` know the wire.

pub(crate) mod client;
pub(crate) mod endpoint;
pub(crate) mod export;
pub(crate) mod message;
mod protobuf;
pub(crate) mod queue;
mod roots;

#[cfg(test)]
pub(crate) mod receiver;
