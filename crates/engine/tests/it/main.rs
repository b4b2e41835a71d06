//! Tests of the engine through its public interface, over stores that fail on demand.

mod catalog;
mod crash;
mod faults;
mod model;
mod reads;
mod store;
