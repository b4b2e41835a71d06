//! Tests of the engine through its public interface, over stores that fail on demand.

#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod catalog;
mod crash;
mod faults;
mod graph;
mod memory;
mod model;
mod precision;
mod reads;
mod store;
mod watching;
