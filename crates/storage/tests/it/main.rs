//! What the storage crate promises, tested through its public interface.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod blob_contract;
mod blob_local;
mod committer;
mod kv_contract;
mod kv_disk;
mod kv_model;
mod lock_process;
mod power_loss;
mod segment;
