//! Data sets as `data.py` writes them.

use std::error::Error;
use std::path::Path;

use crate::K;

/// Vectors, queries and the nearest rows of each query.
pub(crate) struct Dataset {
    pub(crate) dimensions: usize,
    pub(crate) base: Vec<f32>,
    pub(crate) queries: Vec<f32>,
    truth: Vec<u32>,
    truth_k: usize,
}

impl Dataset {
    pub(crate) fn read(directory: &Path, name: &str) -> Result<Self, Box<dyn Error>> {
        let file = |what: &str| directory.join(format!("{name}.{what}"));
        let shape: serde_json::Value = serde_json::from_slice(&std::fs::read(file("json"))?)?;
        let number = |key: &str| -> Result<usize, String> {
            shape[key]
                .as_u64()
                .filter(|number| *number > 0)
                .map(|number| number as usize)
                .ok_or(format!("no {key}"))
        };
        let dimensions = number("dimensions")?;
        let mut base = values(&file("base.f32"), f32::from_le_bytes)?;
        let mut queries = values(&file("query.f32"), f32::from_le_bytes)?;
        if shape["metric"] == "cosine" {
            // On vectors of length one the squared Euclidean distance has the same order.
            base.chunks_exact_mut(dimensions).for_each(normalise);
            queries.chunks_exact_mut(dimensions).for_each(normalise);
        }
        let truth = values(&file("truth.u32"), u32::from_le_bytes)?;
        Ok(Self { dimensions, base, queries, truth, truth_k: number("truth_k")? })
    }

    pub(crate) fn query_count(&self) -> usize {
        self.queries.len() / self.dimensions
    }

    /// The share of the true neighbours among those found.
    pub(crate) fn recall(&self, found: &[[u32; K]]) -> f64 {
        let truth = self.truth.chunks_exact(self.truth_k).map(|truth| &truth[..K]);
        let hits = found
            .iter()
            .zip(truth)
            .map(|(found, truth)| truth.iter().filter(|row| found.contains(row)).count());
        hits.sum::<usize>() as f64 / (found.len() * K) as f64
    }
}

fn normalise(vector: &mut [f32]) {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|value| *value /= length);
}

fn values<T>(path: &Path, read: impl Fn([u8; 4]) -> T) -> Result<Vec<T>, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    Ok(bytes.as_chunks::<4>().0.iter().map(|bytes| read(*bytes)).collect())
}
