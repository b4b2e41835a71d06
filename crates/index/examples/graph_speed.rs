//! Recall and speed of the graph index on a data set made by `bench/index/data.py`.
//!
//! `cargo run --release -p huedb-index --example graph_speed -- DIRECTORY/NAME METRIC DIMENSIONS`
use std::path::Path;
use std::time::Instant;

use huedb_index::vector::{
    CurrentThread, Flat, GraphBuilder, GraphIndex, GraphParameters, Kernels, Query, Scope, VectorIndex,
    inverse_norm,
};
use huedb_types::Distance;

fn floats(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).unwrap();
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}

fn cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

fn option<T: std::str::FromStr>(name: &str, default: T) -> T {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let (name, metric, dimensions) = (&args[1], &args[2], args[3].parse::<usize>().unwrap());
    let distance = Distance::parse(metric).unwrap();
    let base = floats(Path::new(&format!("{name}.base.f32")));
    let queries = floats(Path::new(&format!("{name}.query.f32")));
    let truth: Vec<u32> = std::fs::read(format!("{name}.truth.u32"))
        .unwrap()
        .chunks_exact(4)
        .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
        .collect();
    let norms: Vec<f32> = base.chunks_exact(dimensions).map(inverse_norm).collect();
    let flat = Flat::new(dimensions, &base, Some(&norms)).unwrap();
    let parameters = GraphParameters {
        links: option("R", 32),
        candidates: option("L", 200),
        alpha: option("ALPHA", 1.2),
        seed: 1,
    };
    let (start, cpu_start) = (Instant::now(), cpu());
    let builder = GraphBuilder::new(distance, &flat, &|_| false, parameters, &CurrentThread).unwrap();
    let encoded = cpu() - cpu_start;
    builder.insert_all(&CurrentThread, &|| false);
    let graph = builder.finish();
    println!(
        "built in {:.1} s, {:.1} cpu s ({encoded:.1} encoding), {} bytes a row",
        start.elapsed().as_secs_f64(),
        cpu() - cpu_start,
        (graph.links().len() * 4 + graph.codes().len()) / flat.rows() as usize
    );
    println!("effort {}", graph.view().effort());
    let efs = std::env::var("EFS").unwrap_or("10,15,20,30,40,60,80,100,150,200,300,500".into());
    for ef in efs.split(',').map(|v| v.parse::<usize>().unwrap()) {
        let index = GraphIndex::new(flat, graph.view(), ef);
        let mut best = f64::MAX;
        let (mut hits, mut scanned, mut rescored) = (0, 0, 0);
        for _ in 0..option("ROUNDS", 3) {
            (hits, scanned, rescored) = (0, 0, 0);
            let cpu_start = cpu();
            for (query, truth) in queries.chunks_exact(dimensions).zip(truth.chunks_exact(100)) {
                let query = Query::new(Kernels::detect(), distance, query);
                let found = index.search(&query, &Scope::all(10));
                hits += found.neighbours.iter().filter(|n| truth[..10].contains(&n.row)).count();
                scanned += found.scanned_rows;
                rescored += found.rescored_rows;
            }
            best = best.min(cpu() - cpu_start);
        }
        let n = (queries.len() / dimensions) as f64;
        println!(
            "ef {ef:4} recall {:.4} qps {:7.0} us {:6.1} scanned {:6.0} rescored {:4.0}",
            hits as f64 / n / 10.0,
            n / best,
            best / n * 1e6,
            scanned as f64 / n,
            rescored as f64 / n
        );
    }
}
