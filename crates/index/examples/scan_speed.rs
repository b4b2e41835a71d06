//! Compares the flat scan of full vectors with the exact scan of 8-bit codes, on one thread.
//!
//! `cargo run --release -p huedb-index --example scan_speed [rows] [dimensions]` makes clustered unit
//! vectors: 2,000 centres in 48 latent dimensions, noise around them, and a random projection, with queries
//! from the same distribution. `scan_speed FILE DIMENSIONS` reads little-endian `f32` vectors instead and takes
//! every so many-th of them out as a query.
//!
//! Times are the mean over the queries of the best of five runs. Every answer of the codes is compared with
//! that of the flat scan.

#![allow(clippy::print_stdout, reason = "a program that prints its measurements")]

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use huedb_index::vector::{CodedFlat, Codes, Flat, Found, Query, Scope, VectorIndex, inverse_norm};
use huedb_kernels::Kernels;
use huedb_types::Distance;
use roaring::RoaringBitmap;

const CLUSTERS: usize = 2_000;
const LATENT_DIMENSIONS: usize = 48;
const QUERIES: usize = 100;
const RUNS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, default| arguments.get(at).and_then(|text| text.parse().ok()).unwrap_or(default);
    let dimensions: usize = number(1, 384);
    let (vectors, queries) = match arguments.first() {
        Some(path) if path.parse::<usize>().is_err() => read(path, dimensions)?,
        _ => clustered(number(0, 100_000), dimensions),
    };
    let inverse_norms: Vec<f32> = vectors.chunks_exact(dimensions).map(inverse_norm).collect();
    let flat = Flat::new(dimensions, &vectors, Some(&inverse_norms))?;
    println!("rows=`{}` dimensions=`{dimensions}` queries=`{}`", flat.rows(), queries.len() / dimensions);
    for distance in [Distance::Cosine, Distance::L2, Distance::Ip] {
        let start = Instant::now();
        let codes = Codes::encode(distance, &flat)?;
        let encoding = start.elapsed().as_secs_f64();
        let centred = codes.centre().iter().any(|value| *value != 0.0);
        println!("{}: encoded in {encoding:.2} s, centred=`{centred}`", distance.name());
        let coded = CodedFlat::new(flat, codes.view())?;
        for kernels in Kernels::all_available().into_iter().rev().take(3) {
            for k in [10, 100] {
                compare(&flat, &coded, &queries, (kernels, distance), &Scope::all(k));
            }
        }
        let every_tenth: RoaringBitmap = (0..flat.rows()).step_by(10).collect();
        let scope = Scope { allowed: Some(&every_tenth), ..Scope::all(10) };
        println!("  every tenth row allowed:");
        compare(&flat, &coded, &queries, (Kernels::detect(), distance), &scope);
    }
    Ok(())
}

fn compare(
    flat: &Flat<'_>,
    coded: &CodedFlat<'_>,
    queries: &[f32],
    (kernels, distance): (Kernels, Distance),
    scope: &Scope<'_>,
) {
    let (mut flat_ms, mut coded_ms, mut rescored, mut rescored_max, mut count) = (0.0, 0.0, 0, 0, 0);
    for vector in queries.chunks_exact(flat.dimensions()) {
        let query = Query::new(kernels, distance, vector);
        let (expected, ms) = best_of_runs(|| flat.search(&query, scope));
        flat_ms += ms;
        let (found, ms) = best_of_runs(|| coded.search(&query, scope));
        coded_ms += ms;
        assert_eq!(found.neighbours, expected.neighbours, "the codes must find what the flat scan finds");
        rescored += found.rescored_rows;
        rescored_max = rescored_max.max(found.rescored_rows);
        count += 1;
    }
    let mean = |sum: f64| sum / f64::from(count);
    println!(
        "  {:<12} k=`{:<3}` flat {:>7.3} ms, codes {:>7.3} ms ({:.2}x), rescored mean {:.0}, most {rescored_max}",
        kernels.level().name(),
        scope.k,
        mean(flat_ms),
        mean(coded_ms),
        flat_ms / coded_ms,
        mean(rescored as f64),
    );
}

fn best_of_runs(search: impl Fn() -> Found) -> (Found, f64) {
    let mut best = f64::INFINITY;
    let mut found = Found::default();
    for _ in 0..RUNS {
        let start = Instant::now();
        found = black_box(search());
        best = best.min(start.elapsed().as_secs_f64() * 1e3);
    }
    (found, best)
}

fn read(path: &str, dimensions: usize) -> Result<(Vec<f32>, Vec<f32>), std::io::Error> {
    let bytes = std::fs::read(path)?;
    let values: Vec<f32> = bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let step = (values.len() / dimensions / QUERIES).max(1);
    let (mut vectors, mut queries) = (Vec::new(), Vec::new());
    for (row, vector) in values.chunks_exact(dimensions).enumerate() {
        if row % step == 0 { queries.extend_from_slice(vector) } else { vectors.extend_from_slice(vector) }
    }
    Ok((vectors, queries))
}

fn clustered(rows: usize, dimensions: usize) -> (Vec<f32>, Vec<f32>) {
    let mut random = Random(1);
    let mut normals = |count: usize| -> Vec<f32> { (0..count).map(|_| random.normal()).collect() };
    let centres = normals(CLUSTERS * LATENT_DIMENSIONS);
    let projection = normals(LATENT_DIMENSIONS * dimensions);
    let mut values = Vec::with_capacity((rows + QUERIES) * dimensions);
    for row in 0..rows + QUERIES {
        let centre = &centres[row * 7_919 % CLUSTERS * LATENT_DIMENSIONS..][..LATENT_DIMENSIONS];
        let latent: Vec<f32> =
            centre.iter().zip(normals(LATENT_DIMENSIONS)).map(|(c, n)| c + 0.5 * n).collect();
        let mut vector: Vec<f32> = normals(dimensions).iter().map(|noise| 0.2 * noise).collect();
        for (latent, direction) in latent.iter().zip(projection.chunks_exact(dimensions)) {
            for (value, part) in vector.iter_mut().zip(direction) {
                *value += latent * part;
            }
        }
        let norm = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
        values.extend(vector.iter().map(|value| value / norm));
    }
    let queries = values.split_off(rows * dimensions);
    (values, queries)
}

/// A small seeded generator (splitmix64).
struct Random(u64);

impl Random {
    fn uniform(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 40) as f32 / (1_u32 << 24) as f32
    }

    /// Close to normal: twelve uniform numbers have variance 1.
    fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.uniform()).sum::<f32>() - 6.0
    }
}
