//! What is encoded of a vector: a point whose squared Euclidean distance to others orders as the collection's
//! distance does.
//!
//! Under the Euclidean distance that is the vector itself, under the cosine distance the vector scaled to
//! length one. Under the inner product a row gets one dimension more that brings every row to the same length;
//! a query has nothing there, so the nearest point has the largest product.

use std::borrow::Cow;

use huedb_kernels::Kernels;
use huedb_types::Distance;

use super::VectorRows;
use super::plane::{Plane, PlaneScratch};
use super::random::Random;
use crate::vector::distance::SAFE_INVERSE_NORMS;
use crate::vector::inverse_norm;

/// Rows that are looked at before the others are encoded.
const SAMPLE_ROWS: usize = 4_096;

/// Rows that a plane learnt from others is checked with.
const CHECKED_ROWS: usize = 1_024;

/// Turns vectors into images of a graph.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Imager {
    pub(super) distance: Distance,
    /// Of the vectors.
    pub(super) dimensions: usize,
    /// Subtracted from every image; one value a dimension of the image.
    pub(super) centre: Vec<f32>,
    /// The largest squared length of a vector that has an image, which under the inner product is also the
    /// squared length that all are brought to. A few far longer ones would leave the others no precision.
    pub(super) length: f64,
    /// What is encoded of an image: how it lies in this plane, or all of it.
    pub(super) plane: Option<Plane>,
}

/// Memory of [`Imager::write`].
#[derive(Debug, Default)]
pub(super) struct ImageScratch {
    whole: Vec<f32>,
    plane: PlaneScratch,
    /// What is to be encoded.
    pub(super) image: Vec<f32>,
}

impl Imager {
    /// Learns the centre from rows.
    ///
    /// `None` if they have no image that would do, as when a few numbers are so large that the others vanish.
    pub(super) fn learn(distance: Distance, rows: &dyn VectorRows, random: &mut Random) -> Option<Self> {
        let dimensions = rows.dimensions();
        let step = (rows.rows() as usize).div_ceil(SAMPLE_ROWS).max(1);
        let sample = || (0..rows.rows()).step_by(step).map(|row| rows.vector(row));
        let limit = length_limit(sample())?;
        let length = if distance == Distance::Ip {
            let lengths = (0..rows.rows()).map(|row| squared_length(&rows.vector(row)));
            lengths.filter(|length| *length <= limit).fold(0.0, f64::max)
        } else {
            limit
        };
        let values = dimensions + usize::from(distance == Distance::Ip);
        let mut imager = Self { distance, dimensions, centre: vec![0.0; values], length, plane: None };
        let mut images = Vec::new();
        let mut image = vec![0.0; values];
        for vector in sample() {
            if imager.write_row(&vector, &mut image) {
                images.extend_from_slice(&image);
            }
        }
        imager.centre = mean(&images, values);
        if !imager.centre.iter().all(|value| value.is_finite()) {
            return None;
        }
        images.chunks_exact_mut(values).for_each(|image| imager.subtract_centre(image));
        imager.plane =
            Plane::learn(&images, values, random).map(|plane| plane.with_origin(&imager.centre, &images));
        Some(imager)
    }

    /// Whether ratios of distances between images mean something. Not if rows of different lengths were brought to one
    /// under the inner product: what that takes is far more than what tells rows apart, and no query has it.
    pub(super) fn are_lengths_even(&self) -> bool {
        let added = self.centre.get(self.dimensions).map_or(0.0, |mean| f64::from(*mean));
        added * added <= self.length * ADDED_MAX
    }

    /// Dimensions of what is encoded.
    pub(super) fn coded_dimensions(&self) -> usize {
        self.plane.as_ref().map_or(self.centre.len(), Plane::directions)
    }

    /// Whether the plane, which was learnt from other rows, holds enough of these.
    pub(super) fn suits(&self, rows: &dyn VectorRows) -> bool {
        if self.plane.is_none() {
            return true;
        }
        let step = (rows.rows() as usize).div_ceil(CHECKED_ROWS).max(1);
        let (mut scratch, mut all, mut held) = (ImageScratch::default(), 0.0, 0.0);
        for row in (0..rows.rows()).step_by(step) {
            if let Some(length) = self.write(&rows.vector(row), false, &mut scratch) {
                all += f64::from(length);
                held += f64::from(Kernels::detect().norm_squared(&scratch.image));
            }
        }
        held >= all * Plane::held_enough()
    }

    /// Writes the image of a row, not centred yet; false if it has none.
    fn write_row(&self, vector: &[f32], image: &mut [f32]) -> bool {
        let (own, extra) = image.split_at_mut(self.dimensions);
        if !write_image(self.distance, vector, own) {
            return false;
        }
        if self.distance != Distance::Cosine {
            let length = squared_length(vector);
            if !(length <= self.length) {
                return false;
            }
            extra.fill(f64::max(self.length - length, 0.0).sqrt() as f32);
        }
        true
    }

    /// Writes the image of a query, not centred yet; false if it has none.
    fn write_query(&self, vector: &[f32], image: &mut [f32]) -> bool {
        let (own, extra) = image.split_at_mut(self.dimensions);
        extra.fill(0.0);
        write_image(self.distance, vector, own)
    }

    /// Whether queries go into the plane as they are, without a copy.
    fn takes_queries(&self, plane: &Plane) -> bool {
        self.distance == Distance::L2 && !plane.takes_centred()
    }

    fn subtract_centre(&self, image: &mut [f32]) {
        image.iter_mut().zip(&self.centre).for_each(|(value, centre)| *value -= centre);
    }

    /// Writes what is to be encoded of a row or a query into `scratch.image` and returns the squared length of the
    /// whole image; `None` if it has none.
    pub(super) fn write(&self, vector: &[f32], is_query: bool, scratch: &mut ImageScratch) -> Option<f32> {
        let ImageScratch { whole, plane, image } = scratch;
        if let Some(directions) = self.plane.as_ref().filter(|plane| is_query && self.takes_queries(plane)) {
            directions.project(vector, plane, image);
            let length = Kernels::detect().squared_l2(vector, &self.centre);
            return length.is_finite().then_some(length);
        }
        whole.resize(self.centre.len(), 0.0);
        let known = if is_query { self.write_query(vector, whole) } else { self.write_row(vector, whole) };
        let length = Kernels::detect().squared_l2(whole, &self.centre);
        if self.plane.as_ref().is_none_or(Plane::takes_centred) {
            self.subtract_centre(whole);
        }
        match &self.plane {
            Some(directions) => directions.project(whole, plane, image),
            None => std::mem::swap(whole, image),
        }
        (known && length.is_finite()).then_some(length)
    }
}

/// Writes a vector, scaled to length one under the cosine distance; false if that makes no sense.
fn write_image(distance: Distance, vector: &[f32], image: &mut [f32]) -> bool {
    if distance != Distance::Cosine {
        image.copy_from_slice(vector);
        return true;
    }
    let factor = inverse_norm(vector);
    image.iter_mut().zip(vector).for_each(|(image, value)| *image = value * factor);
    SAFE_INVERSE_NORMS.contains(&factor)
}

/// The mean of vectors that lie one behind the other; zero if there are none.
fn mean(vectors: &[f32], dimensions: usize) -> Vec<f32> {
    let mut sums = vec![0.0; dimensions];
    for vector in vectors.chunks_exact(dimensions) {
        sums.iter_mut().zip(vector).for_each(|(sum, value)| *sum += f64::from(*value));
    }
    let count = f64::max((vectors.len() / dimensions) as f64, 1.0);
    sums.into_iter().map(|sum: f64| (sum / count) as f32).collect()
}

/// The share of the squared length that the dimension added under the inner product may have, if lengths are even.
const ADDED_MAX: f64 = 0.02;

/// How many times the usual squared length is too long for an image.
const TOO_LONG: f64 = 100.0;

fn squared_length(vector: &[f32]) -> f64 {
    vector.iter().map(|value| f64::from(*value).powi(2)).sum()
}

/// The squared length above which vectors get no image, from a sample of them.
fn length_limit<'a>(sample: impl Iterator<Item = Cow<'a, [f32]>>) -> Option<f64> {
    let lengths = sample.map(|vector| squared_length(&vector));
    let mut lengths: Vec<f64> = lengths.filter(|length| length.is_finite()).collect();
    lengths.sort_unstable_by(f64::total_cmp);
    let median = lengths.get(lengths.len() / 2)?;
    Some(median * TOO_LONG)
}
