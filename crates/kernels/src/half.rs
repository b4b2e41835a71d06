//! Numbers of 16 bits (IEEE 754 binary16) as their bits, and what they stand for.
//!
//! One bit of sign, five of exponent, ten of fraction: three decimal digits, up to 65,504.

/// The largest finite number of 16 bits.
pub const F16_MAX: f32 = 65_504.0;

/// `exponent` of an `f32` in its place.
const fn exponent(exponent: u32) -> u32 {
    exponent << 23
}

/// What the exponents of both widths differ by, for equal numbers.
const REBIAS: u32 = exponent(127 - 15);

/// The number that `bits` stand for; every one is an `f32`.
#[inline]
pub fn f16_to_f32(bits: u16) -> f32 {
    let sign = u32::from(bits & 0x8000) << 16;
    let magnitude = u32::from(bits & 0x7FFF) << 13;
    // Without branches, so that compilers make vector code of a loop over this.
    let small = f32::from_bits(magnitude + REBIAS + exponent(1)) - f32::from_bits(REBIAS + exponent(1));
    let value = if magnitude < exponent(1) { small.to_bits() } else { magnitude + REBIAS };
    let is_special = magnitude >= exponent(31);
    let value = if is_special { magnitude | exponent(255) } else { value };
    // Instructions that decode make every not-a-number a quiet one, and so does this.
    let quiet = if magnitude > exponent(31) { 1 << 22 } else { 0 };
    f32::from_bits(sign | value | quiet)
}

/// The bits of the number nearest to `value`, of two equally near ones the even one; infinity from 65,520 on.
#[inline]
pub fn f32_to_f16(value: f32) -> u16 {
    let sign = (value.to_bits() >> 16) as u16 & 0x8000;
    let magnitude = value.to_bits() & 0x7FFF_FFFF;
    let bits = if magnitude > exponent(255) {
        0x7E00 | (magnitude >> 13 & 0x3FF)
    } else if magnitude >= REBIAS + exponent(31) {
        0x7C00
    } else if magnitude >= REBIAS + exponent(1) {
        // What is rounded up beyond the largest number becomes infinity by the carry.
        let half = 0xFFF + (magnitude >> 13 & 1);
        (magnitude - REBIAS + half) >> 13
    } else {
        // The last place of 0.5 is worth as much as that of the small numbers, so the addition rounds to it.
        (f32::from_bits(magnitude) + 0.5).to_bits() - 0.5_f32.to_bits()
    };
    sign | bits as u16
}
