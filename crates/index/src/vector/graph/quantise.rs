//! Numbers as 8-bit codes with a scale.
//!
//! In single precision, which leaves far less error than 8 bits do: a query is encoded before it is compared with
//! anything, so this is in the way of every search.

/// The largest code; -128 is left out so that the range is symmetric.
pub(super) const CODE_MAX: f32 = 127.0;

/// Writes the codes of `values`, the largest of which gets `largest`, and returns their scale; numbers too small to
/// be divided by become zeros.
pub(super) fn quantise(values: &[f32], largest: f32, codes: &mut [i8]) -> f32 {
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
fn largest_magnitude(values: &[f32]) -> f32 {
    let mut largest = [0.0; 16];
    let (chunks, rest) = values.as_chunks::<16>();
    for values in chunks.iter().map(<[f32; 16]>::as_slice).chain([rest]) {
        for (largest, value) in largest.iter_mut().zip(values) {
            *largest = if value.abs() > *largest { value.abs() } else { *largest };
        }
    }
    largest.into_iter().fold(0.0, f32::max)
}

#[cfg(test)]
mod tests;
