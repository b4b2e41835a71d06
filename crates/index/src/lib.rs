//! Search algorithms over memory and byte slices.
//!
//! Nothing here reads a file or a clock, starts a thread or waits: the engine brings the bytes and
//! decides where the work runs, so every algorithm can be tested against brute force in a loop.

pub mod metadata;
pub mod text;
pub mod topk;
pub mod vector;
