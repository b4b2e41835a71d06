use proptest::prelude::*;

use super::FormatChoice;
use super::NumberFormat::{self, F16, F32, I8, U8};

fn smallest(values: &[f32]) -> NumberFormat {
    let mut choice = FormatChoice::default();
    values.chunks(2).for_each(|values| choice.see(values));
    choice.smallest()
}

#[track_caller]
fn check(values: &[f32], expected: NumberFormat) {
    let format = smallest(values);
    assert_eq!(format, expected, "{values:?}");
    let mut bytes = Vec::new();
    format.encode(values, &mut bytes);
    assert_eq!(bytes.len(), values.len() * format.number_bytes());
    let back = format.decode(&bytes).unwrap();
    let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&back.decoded()), bits(values), "{format:?}");
    assert_eq!((back.len(), back.number_bytes()), (values.len(), format.number_bytes()));
}

#[test]
fn the_smallest_format_is_taken_that_holds_every_number_to_the_last_bit() {
    let cases: [(&[f32], NumberFormat); 18] = [
        (&[], U8),
        (&[0.0, 255.0, 17.0], U8),
        (&[0.0, -1.0], I8),
        (&[-128.0, 127.0], I8),
        (&[-0.0], F16),
        (&[-1.0, 128.0], F16),
        (&[-1.0, 255.0], F16),
        (&[200.0, -1.0], F16),
        (&[-129.0], F16),
        (&[256.0], F16),
        (&[0.5, 65_504.0], F16),
        (&[f32::INFINITY, -f32::INFINITY], F16),
        (&[0.1], F32),
        (&[65_505.0], F32),
        (&[1.0, 2.0, 1e-30], F32),
        (&[f32::from_bits(1)], F32),
        (&[f32::from_bits(0x7FC0_0001)], F32),
        (&[1e30, 0.0], F32),
    ];
    for (values, expected) in cases {
        check(values, expected);
    }
}

#[test]
fn bytes_that_are_no_whole_number_of_numbers_are_refused() {
    let aligned = [0_u32; 2];
    let bytes: &[u8] = bytemuck::cast_slice(&aligned);
    assert!(F32.decode(&bytes[..7]).is_none() && F32.decode(&bytes[1..5]).is_none());
    assert!(F16.decode(&bytes[..3]).is_none());
    assert!(U8.decode(&bytes[1..]).is_some());
}

proptest! {
    #[test]
    fn numbers_come_back_from_the_format_that_is_taken_for_them(
        bits in prop::collection::vec(any::<u32>(), 0..4), integers in prop::collection::vec(-200_i16..300, 0..20),
    ) {
        let mut values: Vec<f32> = bits.into_iter().map(f32::from_bits).collect();
        values.extend(integers.into_iter().map(f32::from));
        let format = smallest(&values);
        check(&values, format);
        let whole: Vec<f32> = values.into_iter().filter(|value| value.fract() == 0.0 && value.abs() < 300.0).collect();
        let (least, most) = whole.iter().fold((0.0, 0.0), |(l, m), v| (v.min(l), v.max(m)));
        let is_negative_zero = whole.iter().any(|value| *value == 0.0 && value.is_sign_negative());
        let expected = if is_negative_zero { F16 } else if least >= 0.0 && most < 256.0 { U8 } else if least >= -128.0 && most < 128.0 { I8 } else { F16 };
        prop_assert_eq!(smallest(&whole), expected);
    }
}
