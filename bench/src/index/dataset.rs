//! Data sets as `bench/index/data.py` writes them.

use std::error::Error;
use std::path::Path;

use huedb_kernels::Buffer;
use huedb_types::Distance;

use super::K;

/// Vectors, queries and what is true of them.
pub(crate) struct Dataset {
    pub(crate) name: String,
    pub(crate) dimensions: usize,
    pub(crate) distance: Distance,
    /// In large pages, as codes and links are.
    pub(crate) base: Buffer<f32>,
    pub(crate) queries: Vec<f32>,
    truth: Vec<u32>,
    truth_k: usize,
}

impl Dataset {
    pub(crate) fn read(directory: &Path, name: &str) -> Result<Self, Box<dyn Error>> {
        let file = |what: &str| directory.join(format!("{name}.{what}"));
        let shape: serde_json::Value = serde_json::from_slice(&std::fs::read(file("json"))?)?;
        let number = |key: &str| shape[key].as_u64().unwrap_or_default() as usize;
        let metric = shape["metric"].as_str().unwrap_or_default();
        Ok(Self {
            name: name.to_owned(),
            dimensions: number("dimensions"),
            distance: Distance::parse(metric).ok_or("unknown metric")?,
            base: Buffer::copied(&values(&file("base.f32"), f32::from_le_bytes)?),
            queries: values(&file("query.f32"), f32::from_le_bytes)?,
            truth: values(&file("truth.u32"), u32::from_le_bytes)?,
            truth_k: number("truth_k"),
        })
    }

    pub(crate) fn rows(&self) -> usize {
        self.base.len() / self.dimensions
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

fn values<T>(path: &Path, read: impl Fn([u8; 4]) -> T) -> Result<Vec<T>, Box<dyn Error>> {
    let bytes = std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    Ok(bytes.as_chunks::<4>().0.iter().map(|bytes| read(*bytes)).collect())
}
