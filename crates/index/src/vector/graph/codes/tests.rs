//! Codes against the images that they stand for.

use huedb_kernels::Kernels;

use super::super::random::Random;
use super::{CodeLayout, CodedImage, GROUP, LINE_BYTES, NodeCodes};

const ROWS: usize = 200;

fn image(dimensions: usize, random: &mut Random) -> Vec<f32> {
    (0..dimensions).map(|_| random.centred()).collect()
}

fn squared_length(image: &[f32]) -> f32 {
    Kernels::detect().norm_squared(image)
}

/// Encodes random images; returns them with the array.
fn encoded(layout: CodeLayout, random: &mut Random) -> (Vec<Vec<f32>>, Vec<u8>) {
    let images: Vec<Vec<f32>> = (0..ROWS).map(|_| image(layout.dimensions, random)).collect();
    let mut bytes = vec![0; layout.bytes()];
    for (first, codes, headers) in layout.parts(&mut bytes, 64) {
        for (at, image) in images[first as usize..].iter().take(64).enumerate() {
            layout.encode(image, squared_length(image), (&mut *codes, &mut *headers), at);
        }
    }
    (images, bytes)
}

#[test]
fn estimates_are_near_the_distances_and_coarse_bounds_below_them() {
    let mut random = Random(71);
    for dimensions in [1, 2, 7, 24, 64, 100, 127, 128, 384, 784] {
        let layout = CodeLayout::new(dimensions, ROWS);
        let (images, bytes) = encoded(layout, &mut random);
        let codes = NodeCodes { bytes: &bytes, layout };
        let query = image(dimensions, &mut random);
        let mut coded = CodedImage::default();
        coded.set(&query, squared_length(&query), &codes);
        let mut above = 0;
        for rows in (0..ROWS as u32).collect::<Vec<_>>().chunks(GROUP) {
            let (mut out, mut again) = ([0.0; GROUP], [0.0; GROUP]);
            let (mut dots, mut bounds) = ([0; GROUP], [0.0; GROUP]);
            codes.distances(Kernels::detect(), &coded, rows, &mut out[..rows.len()]);
            codes.coarse(
                Kernels::detect(),
                &coded,
                rows,
                (&mut dots[..rows.len()], &mut bounds[..rows.len()]),
            );
            codes.fine(Kernels::detect(), &coded, rows, &dots[..rows.len()], &mut again[..rows.len()]);
            assert_eq!(out.map(f32::to_bits), again.map(f32::to_bits), "dimensions=`{dimensions}`");
            for (at, row) in rows.iter().enumerate() {
                let pairs = query.iter().zip(&images[*row as usize]);
                let distance: f64 = pairs.map(|(a, b)| f64::from(a - b).powi(2)).sum();
                let off = (f64::from(out[at]) - distance).abs();
                let limit = 6.0 * f64::from(codes.deviation(&coded, *row)) + 1e-5;
                assert!(off <= limit, "dimensions=`{dimensions}` row=`{row}` off=`{off}` limit=`{limit}`");
                above += usize::from(bounds[at] > out[at]);
            }
        }
        assert!(above * 50 <= ROWS, "dimensions=`{dimensions}`: {above} bounds of {ROWS} are above");
    }
}

#[test]
fn a_row_is_at_its_own_place_and_survives_a_copy() {
    let mut random = Random(72);
    for dimensions in [1, 24, 100, 384] {
        let layout = CodeLayout::new(dimensions, ROWS);
        let (_, bytes) = encoded(layout, &mut random);
        let codes = NodeCodes { bytes: &bytes, layout };
        let other_layout = CodeLayout::new(dimensions, 3);
        let mut other = vec![0; other_layout.bytes()];
        other_layout.copy(&codes, 150, &mut other, 2);
        let other = NodeCodes { bytes: &other, layout: other_layout };
        let (mut coded, mut of_copy) = (CodedImage::default(), CodedImage::default());
        coded.set_row(150, &codes);
        of_copy.set_row(2, &other);
        let (mut out, mut again) = ([0.0], [0.0]);
        codes.distances(Kernels::detect(), &coded, &[150], &mut out);
        other.distances(Kernels::detect(), &of_copy, &[2], &mut again);
        assert_eq!(out.map(f32::to_bits), again.map(f32::to_bits));
        // Of a row and itself only the rounding of its length is left.
        let limit = 6.0 * codes.deviation(&coded, 150) + 1e-5;
        assert!(out[0].abs() <= limit, "dimensions=`{dimensions}` distance=`{}` limit=`{limit}`", out[0]);
    }
}

#[test]
fn rows_take_whole_lines_where_that_wastes_little() {
    for (dimensions, bytes_per_row, is_aligned) in [
        (24, 32, false),
        (64, 72, true),
        (100, 128, true),
        (128, 136, true),
        (384, 392, true),
        (768, 776, true),
        (784, 832, true),
    ] {
        let layout = CodeLayout::new(dimensions, 10);
        assert_eq!(layout.bytes(), 10 * bytes_per_row, "dimensions=`{dimensions}`");
        assert_eq!(layout.stride.is_multiple_of(LINE_BYTES), is_aligned, "dimensions=`{dimensions}`");
    }
}
