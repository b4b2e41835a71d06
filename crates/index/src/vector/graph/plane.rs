//! The directions in which the rows of a block differ most.
//!
//! Embeddings have more dimensions than they use: of 784 or 384 numbers the best 240 directions hold 95 percent of
//! what tells rows apart. A walk waits for memory more than for anything else, so codes hold images as they lie in
//! these directions, the *plane*; the length of the whole image stands beside them, and full vectors have the last
//! word. Inside the plane the directions are mixed at random, so that no number of a code stands out and four bits
//! of each say much.

use huedb_kernels::{CODE_MAX, Kernels, U8_LENGTH_MAX};

use super::random::Random;

/// Of the squared length of rows, so much may lie outside the plane.
const OUTSIDE_MAX: f64 = 0.06;

/// A plane whose directions are more than so many percent of the dimensions would not be worth its cost.
const DIRECTIONS_PERCENT_MAX: usize = 75;

/// Directions are a multiple of this less [`DIRECTIONS_LESS`]: four bits of each with a header of eight bytes then
/// fill cache lines.
const DIRECTIONS_STEP: usize = 128;
const DIRECTIONS_LESS: usize = 16;

/// The first number of directions that is tried; the next are about twice as many.
const DIRECTIONS_FIRST: usize = 2 * DIRECTIONS_STEP - DIRECTIONS_LESS;
const DIRECTIONS_LAST: usize = 8 * DIRECTIONS_STEP - DIRECTIONS_LESS;

/// How often the sample is multiplied into the directions, which turns them to where it is widest.
const ITERATIONS: usize = 2;

/// Dimensions of a direction that lie together.
const GROUP: usize = 4;

/// Bytes of the matrix stand this much above the numbers that they mean.
const OFFSET: u8 = 128;

/// Orthogonal directions of unit length, as bytes with a scale each.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plane {
    /// Of the images.
    dimensions: usize,
    /// Of one direction each.
    scales: Vec<f32>,
    /// [`GROUP`] dimensions of all directions, then the next, as [`Kernels::product_u8`] takes them.
    matrix: Vec<u8>,
    /// Where the centre lies in the plane, if images are projected before it is subtracted.
    origin: Vec<f32>,
}

/// Memory for [`Plane::project`].
#[derive(Debug, Default)]
pub(super) struct PlaneScratch {
    code: Vec<i8>,
    /// Those of the code that are not zero.
    groups: Vec<u32>,
    dots: Vec<i32>,
}

impl Plane {
    /// Learns from centred images, one behind the other; `None` if no plane holds enough of them.
    pub(super) fn learn(images: &[f32], dimensions: usize, random: &mut Random) -> Option<Self> {
        if dimensions > U8_LENGTH_MAX - GROUP {
            return None;
        }
        let most = (dimensions * DIRECTIONS_PERCENT_MAX / 100).min(DIRECTIONS_LAST);
        let sample = Sample::new(images, dimensions);
        let mut tried = DIRECTIONS_FIRST.min(most);
        while (1..=most.min(sample.rows)).contains(&tried) {
            let (directions, held) = sample.directions(tried, random);
            let enough = (1..).map(|lines| lines * DIRECTIONS_STEP - DIRECTIONS_LESS);
            let mut enough = enough.take_while(|count| *count <= tried);
            let outside = |count: usize| 1.0 - held[..count].iter().sum::<f64>() / sample.square;
            if let Some(count) = enough.find(|count| outside(*count) <= OUTSIDE_MAX) {
                return Some(Self::mixed(&directions[..count * dimensions], dimensions, random));
            }
            tried = 2 * tried + DIRECTIONS_LESS;
        }
        None
    }

    /// The plane of these directions, from other directions in it.
    fn mixed(directions: &[f32], dimensions: usize, random: &mut Random) -> Self {
        let count = directions.len() / dimensions;
        let mut turn: Vec<f32> = (0..count * count).map(|_| random.centred()).collect();
        orthonormalise(&mut turn, count);
        let columns = transposed(directions, dimensions);
        let mut matrix = vec![OFFSET; Self::matrix_bytes(dimensions, count).unwrap_or_default()];
        let mut scales = Vec::with_capacity(count);
        let (mut direction, mut codes) = (vec![0.0; dimensions], vec![0; dimensions]);
        for (row, weights) in turn.chunks_exact(count).enumerate() {
            Kernels::detect().dot_many(weights, &columns, &mut direction);
            scales.push(Kernels::detect().quantise(&direction, CODE_MAX, &mut codes));
            for (group, codes) in codes.chunks(GROUP).enumerate() {
                for (byte, code) in matrix[(group * count + row) * GROUP..].iter_mut().zip(codes) {
                    *byte = code.cast_unsigned().wrapping_add(OFFSET);
                }
            }
        }
        Self { dimensions, scales, matrix, origin: Vec::new() }
    }

    /// The same plane for images from which `centre` was not subtracted, if that costs no precision: where many numbers
    /// are zero as they come, those are left out of the product. `images` are centred ones, for example.
    pub(super) fn with_origin(self, centre: &[f32], images: &[f32]) -> Self {
        let (mut centred, mut as_they_come) = (0.0, 0.0);
        let mut whole = vec![0.0; self.dimensions];
        for image in images.chunks_exact(self.dimensions) {
            centred += rounding(image);
            whole
                .iter_mut()
                .zip(image)
                .zip(centre)
                .for_each(|((whole, value), centre)| *whole = value + centre);
            as_they_come += rounding(&whole);
        }
        if as_they_come > centred {
            return self;
        }
        let along = |(row, scale): (usize, &f32)| {
            let bytes = self.matrix.chunks_exact(GROUP).skip(row).step_by(self.scales.len());
            let numbers = bytes.flatten().map(|byte| f64::from(*byte) - f64::from(OFFSET));
            let dot: f64 = numbers.zip(centre).map(|(number, centre)| number * f64::from(*centre)).sum();
            (dot * f64::from(*scale)) as f32
        };
        let origin = self.scales.iter().enumerate().map(along).collect();
        Self { origin, ..self }
    }

    /// Whether the centre is to be subtracted from images before they are projected.
    pub(super) fn takes_centred(&self) -> bool {
        self.origin.is_empty()
    }

    /// The share of the squared length of other rows that must lie in the plane for it to suit them too.
    pub(super) fn held_enough() -> f64 {
        1.0 - 2.0 * OUTSIDE_MAX
    }

    /// The number of directions.
    pub(super) fn directions(&self) -> usize {
        self.scales.len()
    }

    /// Writes how far `image`, centred if [`Plane::takes_centred`], goes from the centre into each direction.
    pub(super) fn project(&self, image: &[f32], scratch: &mut PlaneScratch, out: &mut Vec<f32>) {
        let PlaneScratch { code, groups, dots } = scratch;
        code.clear();
        code.resize(self.dimensions.next_multiple_of(GROUP), 0);
        dots.resize(self.directions(), 0);
        let kernels = Kernels::detect();
        let scale = kernels.quantise(image, CODE_MAX, &mut code[..self.dimensions]);
        // Every group is written, and counted if it is not zero, since a branch would often be predicted wrong.
        groups.resize(code.len() / GROUP, 0);
        let mut count = 0;
        for (group, values) in (0..).zip(code.as_chunks::<GROUP>().0) {
            groups[count] = group;
            count += usize::from(*values != [0; GROUP]);
        }
        kernels.product_u8(code, &groups[..count], &self.matrix, dots);
        let bias = i32::from(OFFSET) * code.iter().map(|value| i32::from(*value)).sum::<i32>();
        out.clear();
        out.extend(dots.iter().zip(&self.scales).map(|(dot, own)| (*dot - bias) as f32 * own * scale));
        out.iter_mut().zip(&self.origin).for_each(|(value, origin)| *value -= origin);
    }

    /// The numbers to be stored: a scale for each direction, the origin or nothing, and the directions.
    pub(super) fn parts(&self) -> (&[f32], &[f32], &[u8]) {
        (&self.scales, &self.origin, &self.matrix)
    }

    /// The plane of [`Plane::parts`]; `None` if they do not fit images of so many dimensions.
    pub(super) fn from_parts(
        dimensions: usize,
        (scales, origin): (Vec<f32>, Vec<f32>),
        matrix: Vec<u8>,
    ) -> Option<Self> {
        let count = scales.len();
        let fits = Self::matrix_bytes(dimensions, count)? == matrix.len()
            && (1..=dimensions).contains(&count)
            && count.is_multiple_of(DIRECTIONS_LESS)
            && dimensions <= U8_LENGTH_MAX - GROUP
            && (origin.is_empty() || origin.len() == count);
        fits.then_some(Self { dimensions, scales, matrix, origin })
    }

    /// The length of the matrix of so many directions.
    pub(super) fn matrix_bytes(dimensions: usize, directions: usize) -> Option<usize> {
        dimensions.checked_next_multiple_of(GROUP)?.checked_mul(directions)
    }
}

/// How much is lost when an image is rounded to codes, for comparison: zeros lose nothing.
fn rounding(image: &[f32]) -> f64 {
    let largest = image.iter().fold(0.0, |largest: f64, value| largest.max(f64::from(value.abs())));
    largest * largest * image.iter().filter(|value| **value != 0.0).count() as f64
}

/// Images to learn from.
struct Sample<'a> {
    rows: usize,
    dimensions: usize,
    images: &'a [f32],
    columns: Vec<f32>,
    /// The sum of their squared lengths.
    square: f64,
}

impl<'a> Sample<'a> {
    fn new(images: &'a [f32], dimensions: usize) -> Self {
        let square = images.iter().map(|value| f64::from(*value).powi(2)).sum();
        let columns = transposed(images, dimensions);
        Self { rows: images.len() / dimensions, dimensions, images, columns, square }
    }

    /// `count` directions in which the images differ most, and the squared length that they have in each, largest
    /// first. By orthogonal iteration from some of the images.
    fn directions(&self, count: usize, random: &mut Random) -> (Vec<f32>, Vec<f64>) {
        let kernels = Kernels::detect();
        let mut order: Vec<usize> = (0..self.rows).collect();
        random.shuffle(&mut order);
        let image = |row: &usize| &self.images[row * self.dimensions..][..self.dimensions];
        let mut directions: Vec<f32> = order[..count].iter().flat_map(image).copied().collect();
        orthonormalise(&mut directions, self.dimensions);
        let mut along = vec![0.0; self.rows];
        for _ in 0..ITERATIONS {
            for direction in directions.chunks_exact_mut(self.dimensions) {
                kernels.dot_many(direction, self.images, &mut along);
                kernels.dot_many(&along, &self.columns, direction);
            }
            orthonormalise(&mut directions, self.dimensions);
        }
        let mut held: Vec<(f64, &[f32])> = Vec::with_capacity(count);
        for direction in directions.chunks_exact(self.dimensions) {
            kernels.dot_many(direction, self.images, &mut along);
            held.push((along.iter().map(|value| f64::from(*value).powi(2)).sum(), direction));
        }
        held.sort_by(|a, b| b.0.total_cmp(&a.0));
        let sorted = held.iter().flat_map(|(_, direction)| direction.iter().copied()).collect();
        (sorted, held.iter().map(|(held, _)| *held).collect())
    }
}

/// The values of a matrix, column by column.
fn transposed(rows: &[f32], columns: usize) -> Vec<f32> {
    (0..columns).flat_map(|column| rows.iter().skip(column).step_by(columns).copied()).collect()
}

/// Makes rows orthogonal to those before them and of unit length; one that lies in the plane of those before it
/// becomes zero. Each is treated twice, since single precision leaves something the first time.
fn orthonormalise(rows: &mut [f32], dimensions: usize) {
    let kernels = Kernels::detect();
    let mut along = vec![0.0; rows.len() / dimensions];
    for row in 0..rows.len() / dimensions {
        let (before, rest) = rows.split_at_mut(row * dimensions);
        let current = &mut rest[..dimensions];
        let length = kernels.norm_squared(current).sqrt();
        for _ in 0..2 {
            let along = &mut along[..row];
            kernels.dot_many(current, before, along);
            for (other, share) in before.chunks_exact(dimensions).zip(&*along) {
                current.iter_mut().zip(other).for_each(|(value, other)| *value -= share * other);
            }
        }
        let left = kernels.norm_squared(current).sqrt();
        let factor = if left > length * 1e-4 { 1.0 / left } else { 0.0 };
        current.iter_mut().for_each(|value| *value *= factor);
    }
}

#[cfg(test)]
mod tests;
