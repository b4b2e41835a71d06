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
    let (scales, matrix) = plane.parts();
    let again = Plane::from_parts(DIMENSIONS, scales.to_vec(), matrix.to_vec());
    assert_eq!(again.as_ref(), Some(&plane));
    assert_eq!(Plane::from_parts(DIMENSIONS, scales.to_vec(), matrix[1..].to_vec()), None);
    assert_eq!(Plane::from_parts(DIMENSIONS, Vec::new(), Vec::new()), None);
}
