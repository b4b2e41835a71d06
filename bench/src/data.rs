//! The synthetic data set: clustered unit vectors, documents of 40 words and metadata of five fields, each
//! record a pure function of the seed and its number.

use crate::rng::Rng;

const CLUSTERS: u64 = 2_000;
/// Embeddings of real text vary in far fewer directions than they have numbers.
const LATENT_DIMENSIONS: usize = 48;
/// Spread of a record around its cluster's centre, in units of the spread of the centres.
const SPREAD: f32 = 0.6;
const WORDS_PER_DOCUMENT: usize = 40;
/// With 40 words a document, any one word is in about 1 % of the documents.
const VOCABULARY: u64 = 4_000;

const STREAM_CENTRE: u64 = 1;
const STREAM_PROJECTION: u64 = 2;
const STREAM_VECTOR: u64 = 3;
const STREAM_QUERY: u64 = 4;
const STREAM_FIELDS: u64 = 5;
const STREAM_DOCUMENT: u64 = 6;

/// How much data, and which.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DataSizes {
    pub(crate) records: usize,
    pub(crate) dimensions: usize,
    pub(crate) queries: usize,
    pub(crate) seed: u64,
}

pub(crate) struct Dataset {
    pub(crate) sizes: DataSizes,
    /// Row-major, `records` x `dimensions`.
    pub(crate) vectors: Vec<f32>,
    /// Row-major, `queries` x `dimensions`; drawn like the records but none of them.
    pub(crate) queries: Vec<f32>,
    space: Space,
}

/// The metadata of one record. The number in a field's name is how many values it takes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fields {
    pub(crate) c10: u64,
    pub(crate) c100: u64,
    pub(crate) c1000: u64,
    pub(crate) score: f64,
    pub(crate) src: &'static str,
}

impl Dataset {
    pub(crate) fn generate(sizes: DataSizes) -> Self {
        let space = Space::new(sizes.seed, sizes.dimensions);
        let vectors = fill_rows(sizes.records, sizes.dimensions, |index, row| {
            space.draw(STREAM_VECTOR, index as u64, row);
        });
        let queries = fill_rows(sizes.queries, sizes.dimensions, |index, row| {
            space.draw(STREAM_QUERY, index as u64, row);
        });
        Self { sizes, vectors, queries, space }
    }

    /// The vector of record `index`, which may lie beyond `records`: single adds go on where the bulk ended.
    pub(crate) fn vector(&self, index: u64) -> Vec<f32> {
        let mut row = vec![0.0; self.sizes.dimensions];
        self.space.draw(STREAM_VECTOR, index, &mut row);
        row
    }

    pub(crate) fn query(&self, index: usize) -> &[f32] {
        let start = (index % self.sizes.queries) * self.sizes.dimensions;
        &self.queries[start..start + self.sizes.dimensions]
    }

    pub(crate) fn fields(&self, index: u64) -> Fields {
        let mut rng = Rng::of_item(self.sizes.seed, STREAM_FIELDS, index);
        Fields {
            c10: rng.below(10),
            c100: rng.below(100),
            c1000: rng.below(1_000),
            score: rng.unit(),
            src: ["web", "book", "news", "mail"][rng.below(4) as usize],
        }
    }

    pub(crate) fn document(&self, index: u64) -> String {
        let mut rng = Rng::of_item(self.sizes.seed, STREAM_DOCUMENT, index);
        let mut text = String::with_capacity(WORDS_PER_DOCUMENT * 9);
        for position in 0..WORDS_PER_DOCUMENT {
            if position > 0 {
                text.push(' ');
            }
            push_word(&mut text, rng.below(VOCABULARY));
        }
        text
    }
}

/// Word `number` of the vocabulary: four or five syllables that spell the number, so no word contains
/// another one of the same length, and a search for ` word ` finds that word only.
pub(crate) fn push_word(text: &mut String, number: u64) {
    const CONSONANTS: &[u8; 20] = b"bcdfghjklmnpqrstvwxz";
    const VOWELS: &[u8; 5] = b"aeiou";
    let syllables = if number.is_multiple_of(2) { 4 } else { 5 };
    let mut rest = number;
    for _ in 0..syllables {
        text.push(char::from(CONSONANTS[(rest % 20) as usize]));
        text.push(char::from(VOWELS[(rest / 20 % 5) as usize]));
        rest /= 100;
    }
}

/// Cluster centres in the latent space and the projection from there to the embedding space.
struct Space {
    seed: u64,
    centres: Vec<f32>,
    projection: Vec<f32>,
}

impl Space {
    fn new(seed: u64, dimensions: usize) -> Self {
        let mut centres = vec![0.0; CLUSTERS as usize * LATENT_DIMENSIONS];
        Rng::of_item(seed, STREAM_CENTRE, 0).fill_normal(&mut centres);
        let mut projection = vec![0.0; LATENT_DIMENSIONS * dimensions];
        Rng::of_item(seed, STREAM_PROJECTION, 0).fill_normal(&mut projection);
        Self { seed, centres, projection }
    }

    /// Writes the unit vector number `index` of a stream into `row`.
    fn draw(&self, stream: u64, index: u64, row: &mut [f32]) {
        let mut rng = Rng::of_item(self.seed, stream, index);
        let centre = rng.below(CLUSTERS) as usize * LATENT_DIMENSIONS;
        let mut latent = [0.0; LATENT_DIMENSIONS];
        rng.fill_normal(&mut latent);
        for (value, centre) in latent.iter_mut().zip(&self.centres[centre..]) {
            *value = centre + SPREAD * *value;
        }
        row.fill(0.0);
        for (weight, direction) in latent.iter().zip(self.projection.chunks_exact(row.len())) {
            for (value, component) in row.iter_mut().zip(direction) {
                *value += weight * component;
            }
        }
        let norm = row.iter().map(|value| value * value).sum::<f32>().sqrt();
        for value in row {
            *value /= norm;
        }
    }
}

/// Fills a row-major matrix on all cores; a row depends on its number only.
fn fill_rows(rows: usize, dimensions: usize, fill: impl Fn(usize, &mut [f32]) + Sync) -> Vec<f32> {
    let mut matrix = vec![0.0; rows * dimensions];
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let rows_per_thread = rows.div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        for (part, chunk) in matrix.chunks_mut(rows_per_thread * dimensions).enumerate() {
            let fill = &fill;
            scope.spawn(move || {
                for (offset, row) in chunk.chunks_exact_mut(dimensions).enumerate() {
                    fill(part * rows_per_thread + offset, row);
                }
            });
        }
    });
    matrix
}

#[cfg(test)]
mod tests;
