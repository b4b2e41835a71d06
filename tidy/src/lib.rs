//! The project rules that a machine can check live in `tests/`.
