//! Kills the server at random moments and compares what it has after the next start with what it had
//! acknowledged; starts two servers on one directory; stops it as an operator does.
//!
//! `HUEDB_CRASH_ROUNDS` sets the number of kills (50), `HUEDB_CRASH_SEED` the seed. The operations of a round
//! follow from the seed; how the threads interleave does not, so a seed repeats a failure often, not always.

mod corruption;
mod http;
mod kill;
mod lifecycle;
mod model;
mod observation;
mod process;
mod random;
mod writer;
