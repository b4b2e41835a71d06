//! Planes of images that lie in few dimensions, and of ones that do not.

use huedb_kernels::Kernels;

use super::{Plane, PlaneScratch};
use crate::vector::graph::random::Random;

const DIMENSIONS: usize = 400;

/// Images that go `wide` times as far in the first `used` of some mixed dimensions as in the others.
fn images(rows: usize, used: usize, wide: f32, random: &mut Random) -> Vec<f32> {
    let mixers: Vec<f32> = (0..used * DIMENSIONS).map(|_| random.centred()).collect();
    let mut images = Vec::new();
    for _ in 0..rows {
        let weights: Vec<f32> = (0..used).map(|_| random.centred() * wide / (used as f32).sqrt()).collect();
        for dimension in 0..DIMENSIONS {
            let column = mixers.iter().skip(dimension).step_by(DIMENSIONS);
            let value: f32 = column.zip(&weights).map(|(mixer, weight)| mixer * weight).sum();
            images.push(value + random.centred());
        }
    }
    images
}

#[test]
fn images_of_few_directions_have_a_plane_that_keeps_dot_products() {
    let mut random = Random(5);
    let images = images(600, 20, 20.0, &mut random);
    let plane = Plane::learn(&images, DIMENSIONS, &mut random).expect("20 directions hold nearly all");
    assert_eq!(plane.directions(), 112);
    let mut scratch = PlaneScratch::default();
    let rows: Vec<&[f32]> = images.chunks_exact(DIMENSIONS).take(50).collect();
    let mut projected = Vec::new();
    for row in &rows {
        let mut out = Vec::new();
        plane.project(row, &mut scratch, &mut out);
        projected.push(out);
    }
    let dot = |a: &[f32], b: &[f32]| Kernels::detect().dot(a, b);
    for (at, row) in rows.iter().enumerate() {
        for (other, image) in rows.iter().enumerate() {
            let off = (dot(row, image) - dot(&projected[at], &projected[other])).abs();
            let lengths = (dot(row, row) * dot(image, image)).sqrt();
            assert!(off <= 0.06 * lengths, "rows=`{at}` and `{other}`, off=`{}`", off / lengths);
        }
    }
}

#[test]
fn images_that_differ_in_all_directions_have_none() {
    let mut random = Random(6);
    let images = images(600, 1, 0.0, &mut random);
    assert_eq!(Plane::learn(&images, DIMENSIONS, &mut random), None);
}

#[test]
fn images_without_length_have_none() {
    for rows in [0, 1, 600] {
        let images = vec![0.0; rows * DIMENSIONS];
        assert_eq!(Plane::learn(&images, DIMENSIONS, &mut Random(7)), None, "rows=`{rows}`");
    }
}

#[test]
fn parts_make_the_same_plane_again() {
    let mut random = Random(8);
    let images = images(600, 20, 20.0, &mut random);
    let plane = Plane::learn(&images, DIMENSIONS, &mut random).expect("20 directions hold nearly all");
    for plane in [plane.clone(), plane.with_origin(&[0.0; DIMENSIONS], &[])] {
        let (scales, origin, matrix) = plane.parts();
        let from = |scales: &[f32], origin: &[f32], matrix: &[u8]| {
            Plane::from_parts(DIMENSIONS, (scales.to_vec(), origin.to_vec()), matrix.to_vec())
        };
        assert_eq!(from(scales, origin, matrix).as_ref(), Some(&plane));
        assert_eq!(from(scales, origin, &matrix[1..]), None);
        assert_eq!(from(scales, &scales[1..], matrix), None);
        assert_eq!(from(&scales[..8], &[], &matrix[..DIMENSIONS * 8]), None);
        assert_eq!(from(&[], &[], &[]), None);
    }
}

#[test]
fn zeros_of_images_that_were_not_centred_are_left_out_without_a_difference() {
    let mut random = Random(9);
    let mut images = images(600, 20, 20.0, &mut random);
    // Half of the numbers are zero, as the dark parts of pictures are, and the centre is not.
    for image in images.chunks_exact_mut(DIMENSIONS) {
        image.iter_mut().for_each(|value| *value = value.max(0.0));
    }
    let centre: Vec<f32> =
        (0..DIMENSIONS).map(|at| images.iter().skip(at).step_by(DIMENSIONS).sum::<f32>() / 600.0).collect();
    let centred: Vec<f32> =
        images.iter().zip(centre.iter().cycle()).map(|(value, centre)| value - centre).collect();
    let plane = Plane::learn(&centred, DIMENSIONS, &mut random).expect("a plane");
    let with_origin = plane.clone().with_origin(&centre, &centred);
    assert!(plane.takes_centred() && !with_origin.takes_centred());
    let mut scratch = PlaneScratch::default();
    for (image, centred) in images.chunks_exact(DIMENSIONS).zip(centred.chunks_exact(DIMENSIONS)).take(50) {
        let (mut expected, mut found) = (Vec::new(), Vec::new());
        plane.project(centred, &mut scratch, &mut expected);
        with_origin.project(image, &mut scratch, &mut found);
        let length = Kernels::detect().norm_squared(centred).sqrt();
        for (found, expected) in found.iter().zip(&expected) {
            assert!((found - expected).abs() <= length * 0.005, "{found} {expected} of {length}");
        }
    }
}

#[test]
fn numbers_far_from_zero_are_centred_first() {
    let mut random = Random(10);
    let images = images(600, 20, 20.0, &mut random);
    let plane = Plane::learn(&images, DIMENSIONS, &mut random).expect("20 directions hold nearly all");
    assert!(plane.clone().with_origin(&[100.0; DIMENSIONS], &images).takes_centred());
}
