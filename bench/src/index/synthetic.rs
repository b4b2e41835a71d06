//! Vectors made from a seed, as many as wanted: clusters whose rows vary in some directions each.

use super::rng::Rng;

const SEED: u64 = 42;
const CLUSTERS: u64 = 4_000;
/// All clusters together vary in so many directions, so that codes cannot leave any dimension out.
const DIRECTIONS: usize = 256;
const DIRECTIONS_PER_CLUSTER: usize = 24;
/// Of a row around its cluster's centre along one direction; centres lie 1 apart in every dimension.
const SPREAD: f32 = 0.15;

const STREAM_CENTRE: u64 = 1;
const STREAM_DIRECTION: u64 = 2;
const STREAM_ROW: u64 = 3;
const STREAM_QUERY: u64 = 4;

/// Rows and queries, each a pure function of its number.
pub(crate) struct Synthetic {
    pub(crate) dimensions: usize,
    centres: Vec<f32>,
    directions: Vec<f32>,
}

impl Synthetic {
    pub(crate) fn new(dimensions: usize) -> Self {
        let mut centres = vec![0.0; CLUSTERS as usize * dimensions];
        Rng::of_item(SEED, STREAM_CENTRE, 0).fill_normal(&mut centres);
        let mut directions = vec![0.0; DIRECTIONS * dimensions];
        Rng::of_item(SEED, STREAM_DIRECTION, 0).fill_normal(&mut directions);
        Self { dimensions, centres, directions }
    }

    pub(crate) fn row(&self, number: u64) -> Vec<f32> {
        self.draw(Rng::of_item(SEED, STREAM_ROW, number))
    }

    /// Drawn like the rows but none of them.
    pub(crate) fn query(&self, number: u64) -> Vec<f32> {
        self.draw(Rng::of_item(SEED, STREAM_QUERY, number))
    }

    fn draw(&self, mut rng: Rng) -> Vec<f32> {
        let cluster = rng.below(CLUSTERS) as usize;
        let mut vector = self.centres[cluster * self.dimensions..][..self.dimensions].to_vec();
        let mut weights = [0.0; DIRECTIONS_PER_CLUSTER];
        rng.fill_normal(&mut weights);
        for (number, weight) in weights.iter().enumerate() {
            let direction = (cluster * 7 + number * 11) % DIRECTIONS;
            let direction = &self.directions[direction * self.dimensions..][..self.dimensions];
            vector.iter_mut().zip(direction).for_each(|(value, step)| *value += SPREAD * weight * step);
        }
        vector
    }
}
