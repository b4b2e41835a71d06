//! Distance kernels with run-time CPU dispatch.
//!
//! A [`Kernels`] value is one set of inner loops for one instruction-set [`Level`]. It is chosen once, by
//! [`Kernels::detect`] or [`Kernels::with_level`], and passed to whoever computes distances; it is `Copy`
//! and holds nothing but the level and a pointer to a static table of functions.
//!
//! Guarantees that callers build on:
//! - A `*_many` kernel gives, row by row, **bit for bit** what the one-row kernel of the same level gives.
//! - `f32` sums of different levels differ only by the order of additions and by fused multiply-add: every
//!   level stays within `(n + 8) * 2^-24` of the exact sum, relative to the sum of the terms' magnitudes.
//!   For dot products with underflow, add `n * 2^-149`.
//! - `i8` and `u8` results are exact, and equal on all levels, over the whole range -128..=127.
//! - Rows of any [`Number`] give **bit for bit** what the decoded rows give on the same level.
//! - No alignment is needed. Not-a-number and infinities go through as IEEE 754 says.
//!
//! Nearly all `unsafe` code of the project lives in this crate. It reads no environment variables and
//! has no dependencies.

mod buffer;
mod entry;
mod half;
mod level;
mod scalar;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod avx512_vnni;
#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(target_arch = "aarch64")]
mod neon_dot;

mod kernels;
mod number;
mod prefetch;
mod quantise;

pub use buffer::{Buffer, Plain};
pub use half::{F16_MAX, f16_to_f32, f32_to_f16};
pub use kernels::{I8_LENGTH_MAX, Kernels, U4_LENGTH_MAX, U8_LENGTH_MAX};
pub use level::Level;
pub use number::Number;
pub use prefetch::{prefetch, prefetch_start};
pub use quantise::CODE_MAX;
