//! Prints what each kernel of each level of this CPU does a second, for rows in the cache and in memory.
//!
//! `cargo run --release -p huedb-kernels --example kernel_speed [dimensions ...]`
//!
//! One thread, best of several passes over contiguous rows. "one" calls the one-row kernel in a loop,
//! "many" the blocked one. GB/s counts the bytes of the rows only.

#![allow(clippy::print_stdout, reason = "a program that prints its measurements")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use huedb_kernels::Kernels;

const CACHED_BYTES: usize = 512 << 10;
const MEMORY_BYTES: usize = 1 << 30;
/// Rows that one call of a blocked kernel gets, as a scan does it.
const ROWS_PER_CALL: usize = 256;
const TIME_PER_CASE: Duration = Duration::from_millis(400);

fn main() {
    let mut dimensions: Vec<usize> = std::env::args().skip(1).filter_map(|arg| arg.parse().ok()).collect();
    if dimensions.is_empty() {
        dimensions = vec![100, 384, 768, 1536];
    }
    let floats: Vec<f32> = (0..MEMORY_BYTES / 4).map(|i| (i % 1_021) as f32 / 1_021.0 - 0.5).collect();
    let bytes: Vec<i8> = (0..MEMORY_BYTES).map(|i| (i % 251) as i8).collect();
    println!(
        "{:>5} {:<12} {:<16} {:>10} {:>8} {:>10} {:>8}",
        "d", "level", "kernel", "cache ns", "GB/s", "memory ns", "GB/s"
    );
    for d in dimensions {
        for kernels in Kernels::all_available() {
            let name = kernels.level().name();
            report(d, name, "dot one", 4, |rows| one(d, &floats, rows, |a, b| kernels.dot(a, b)));
            report(d, name, "dot many", 4, |rows| {
                many(d, &floats, rows, 0.0, |q, x, out| kernels.dot_many(q, x, out));
            });
            report(d, name, "squared_l2 many", 4, |rows| {
                many(d, &floats, rows, 0.0, |q, x, out| kernels.squared_l2_many(q, x, out));
            });
            let d = d.next_multiple_of(64);
            report(d, name, "dot_i8 one", 1, |rows| one(d, &bytes, rows, |a, b| kernels.dot_i8(a, b)));
            report(d, name, "dot_i8 many", 1, |rows| {
                many(d, &bytes, rows, 0, |q, x, out| kernels.dot_i8_many(q, x, out));
            });
        }
    }
}

/// Prints one line: `pass(rows)` goes over that many rows.
fn report(dimensions: usize, level: &str, kernel: &str, value_bytes: usize, pass: impl Fn(usize)) {
    let row_bytes = dimensions * value_bytes;
    let [cached, memory] =
        [CACHED_BYTES, MEMORY_BYTES].map(|bytes| best_ns_per_row(bytes / row_bytes, &pass));
    println!(
        "{dimensions:>5} {level:<12} {kernel:<16} {cached:>10.2} {:>8.1} {memory:>10.2} {:>8.1}",
        row_bytes as f64 / cached,
        row_bytes as f64 / memory
    );
}

fn best_ns_per_row(rows: usize, pass: impl Fn(usize)) -> f64 {
    let start = Instant::now();
    let mut best = f64::INFINITY;
    while start.elapsed() < TIME_PER_CASE {
        let pass_start = Instant::now();
        pass(rows);
        best = best.min(pass_start.elapsed().as_nanos() as f64 / rows as f64);
    }
    best
}

fn one<T, R>(dimensions: usize, values: &[T], rows: usize, kernel: impl Fn(&[T], &[T]) -> R) {
    let query = &values[..dimensions];
    for row in values.chunks_exact(dimensions).take(rows) {
        black_box(kernel(query, row));
    }
}

fn many<T, R: Copy>(
    dimensions: usize,
    values: &[T],
    rows: usize,
    zero: R,
    kernel: impl Fn(&[T], &[T], &mut [R]),
) {
    let query = &values[..dimensions];
    let mut out = [zero; ROWS_PER_CALL];
    for block in values[..rows * dimensions].chunks(dimensions * ROWS_PER_CALL) {
        let out = &mut out[..block.len() / dimensions];
        kernel(query, block, out);
        black_box(&out);
    }
}
