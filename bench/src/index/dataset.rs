//! Data sets as `bench/index/data.py` writes them.

use std::error::Error;
use std::path::Path;

use huedb_index::vector::{FormatChoice, NumberFormat, Vectors, inverse_norm};
use huedb_kernels::Buffer;
use huedb_types::Distance;

use super::K;

/// Vectors under a distance, one behind the other.
#[derive(Clone, Copy)]
pub(crate) struct Block<'a> {
    pub(crate) distance: Distance,
    pub(crate) dimensions: usize,
    pub(crate) vectors: Vectors<'a>,
}

/// Vectors, queries and what is true of them.
pub(crate) struct Dataset {
    pub(crate) name: String,
    pub(crate) dimensions: usize,
    pub(crate) distance: Distance,
    /// In large pages, as codes and links are.
    pub(crate) base: Buffer<f32>,
    /// The same in a smaller format that loses nothing, as a segment keeps them.
    pub(crate) packed: Option<(NumberFormat, Buffer<u8>)>,
    pub(crate) queries: Vec<f32>,
    /// The rows nearest to each query, nearest first.
    pub(crate) truth: Vec<u32>,
    pub(crate) truth_k: usize,
}

impl Dataset {
    pub(crate) fn read(directory: &Path, name: &str) -> Result<Self, Box<dyn Error>> {
        let file = |what: &str| directory.join(format!("{name}.{what}"));
        let shape: serde_json::Value = serde_json::from_slice(&std::fs::read(file("json"))?)?;
        let number = |key: &str| shape[key].as_u64().unwrap_or_default() as usize;
        let metric = shape["metric"].as_str().unwrap_or_default();
        let base = values(&file("base.f32"), f32::from_le_bytes)?;
        let data = Self {
            name: name.to_owned(),
            dimensions: number("dimensions"),
            distance: Distance::parse(metric).ok_or("unknown metric")?,
            base: Buffer::copied(&base),
            packed: None,
            queries: values(&file("query.f32"), f32::from_le_bytes)?,
            truth: values(&file("truth.u32"), u32::from_le_bytes)?,
            truth_k: number("truth_k"),
        };
        Ok(data.packed())
    }

    fn packed(self) -> Self {
        let mut choice = FormatChoice::default();
        choice.see(&self.base);
        let format = choice.smallest();
        let mut bytes = Vec::new();
        if format != NumberFormat::F32 {
            format.encode(&self.base, &mut bytes);
        }
        let packed = (!bytes.is_empty()).then(|| (format, Buffer::copied(&bytes)));
        Self { packed, ..self }
    }

    pub(crate) fn block(&self) -> Block<'_> {
        let packed = self.packed.as_ref().and_then(|(format, bytes)| format.decode(bytes));
        let vectors = packed.unwrap_or(Vectors::F32(&self.base));
        Block { distance: self.distance, dimensions: self.dimensions, vectors }
    }

    /// One over the length of every row.
    pub(crate) fn inverse_norms(&self) -> Vec<f32> {
        inverse_norms(self.dimensions, &self.base)
    }

    pub(crate) fn rows(&self) -> usize {
        self.base.len() / self.dimensions
    }

    /// The same data with row `order[i]` as row `i`.
    pub(crate) fn reordered(mut self, order: &[u32]) -> Self {
        let mut places = vec![0; order.len()];
        let mut base = Buffer::zeroed(self.base.len());
        for ((place, row), vector) in (0..).zip(order).zip(base.chunks_exact_mut(self.dimensions)) {
            places[*row as usize] = place;
            vector.copy_from_slice(&self.base[*row as usize * self.dimensions..][..self.dimensions]);
        }
        self.truth.iter_mut().for_each(|row| *row = places[*row as usize]);
        Self { base, ..self }.packed()
    }

    pub(crate) fn query(&self, number: usize) -> &[f32] {
        &self.queries[number * self.dimensions..][..self.dimensions]
    }

    pub(crate) fn query_count(&self) -> usize {
        self.queries.len() / self.dimensions
    }

    /// The share of the true neighbours among those found.
    pub(crate) fn recall(&self, found: &[Vec<u32>]) -> f64 {
        let truth = self.truth.chunks_exact(self.truth_k).map(|truth| &truth[..K]);
        let hits = found
            .iter()
            .zip(truth)
            .map(|(found, truth)| found.iter().filter(|row| truth.contains(row)).count());
        hits.sum::<usize>() as f64 / (found.len() * K) as f64
    }
}

/// One over the length of every vector.
pub(crate) fn inverse_norms(dimensions: usize, vectors: &[f32]) -> Vec<f32> {
    vectors.chunks_exact(dimensions).map(inverse_norm).collect()
}

fn values<T>(path: &Path, read: impl Fn([u8; 4]) -> T) -> Result<Vec<T>, Box<dyn Error>> {
    let bytes = std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    Ok(bytes.as_chunks::<4>().0.iter().map(|bytes| read(*bytes)).collect())
}
