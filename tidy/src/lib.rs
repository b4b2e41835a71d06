//! The project's rules that a machine can keep, one module a rule.
//!
//! Every check is a function from text to a list of problems, so that the unit tests beside it can
//! show it a broken example. `tests/it/main.rs` applies all of them to this repository; `make tidy`
//! runs it and lists what was checked. The rules themselves are explained in `CONTRIBUTING.md`.

pub mod arrows;
pub mod bill;
pub mod cargo;
pub mod licence;
pub mod links;
pub mod packages;
pub mod patches;
pub mod python;
pub mod rust;
pub mod sizes;
pub mod tree;
pub mod words;
