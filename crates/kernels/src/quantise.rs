//! Numbers as 8-bit codes, in plain loops: every level compiles them for its own instructions.

/// The largest code; -128 is left out so that the range is symmetric.
pub const CODE_MAX: f32 = 127.0;

/// Writes the codes of `values`, the largest of which gets `largest`, and returns their scale; numbers too small to
/// be divided by become zeros.
#[inline(always)]
#[allow(clippy::inline_always, reason = "must be compiled with the instructions of the level that calls it")]
pub(crate) fn quantise(values: &[f32], largest: f32, codes: &mut [i8]) -> f32 {
    // Added to a small number, it leaves no bits for a fraction and the integer in the lowest ones. Rounding
    // instructions are not part of the x86-64 base line.
    const ROUND: f32 = (3_u32 << 22) as f32;
    let scale = largest_magnitude(values) / largest;
    let inverse = 1.0 / scale;
    let inverse = if inverse.is_finite() { inverse } else { 0.0 };
    for (code, value) in codes.iter_mut().zip(values) {
        *code = ((value * inverse).clamp(-CODE_MAX, CODE_MAX) + ROUND).to_bits() as i8;
    }
    scale
}

/// The largest of the values without their signs, with sixteen running results.
#[inline(always)]
#[allow(clippy::inline_always, reason = "must be compiled with the instructions of the level that calls it")]
fn largest_magnitude(values: &[f32]) -> f32 {
    let mut largest = [0.0; 16];
    let (chunks, rest) = values.as_chunks::<16>();
    let larger = |largest: f32, value: f32| if value.abs() > largest { value.abs() } else { largest };
    for values in chunks {
        for lane in 0..16 {
            largest[lane] = larger(largest[lane], values[lane]);
        }
    }
    largest.iter().chain(rest).copied().fold(0.0, larger)
}
