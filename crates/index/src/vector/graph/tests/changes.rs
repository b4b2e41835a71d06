//! Graphs that go from compaction to compaction.

use huedb_kernels::Kernels;
use huedb_types::Distance;
use roaring::RoaringBitmap;

use super::super::{BaseGraph, CurrentThread, Graph, GraphBuilder, GraphError};
use super::{DIMENSIONS, Data, K, build, parameters, recall};
use crate::vector::graph::random::Random;
use crate::vector::{Flat, Scope};

/// What a compaction does: the rows that stay, then new ones.
fn compacted(base: &Graph, vectors: &[f32], dead: &RoaringBitmap, new: &[f32]) -> (Graph, Vec<f32>) {
    let mut rows = Vec::new();
    let mut moved = Vec::new();
    for (row, vector) in (0..).zip(vectors.chunks_exact(DIMENSIONS)) {
        if dead.contains(row) {
            moved.push(BaseGraph::DROPPED);
        } else {
            moved.push((rows.len() / DIMENSIONS) as u32);
            rows.extend_from_slice(vector);
        }
    }
    rows.extend_from_slice(new);
    let flat = Flat::new(DIMENSIONS, &rows, None).unwrap();
    let base = BaseGraph { graph: base.view(), moved: &moved };
    let builder = GraphBuilder::extend(&base, &flat, &|_| false, parameters(), &CurrentThread).unwrap();
    let kept = moved.iter().filter(|to| **to != BaseGraph::DROPPED).count() as u64;
    assert_eq!(builder.progress(), (kept, u64::from(crate::vector::VectorIndex::rows(&flat))));
    builder.insert_all(&CurrentThread, &|| false);
    (builder.finish(&flat, &CurrentThread), rows)
}

fn some_rows(random: &mut Random, rows: usize, percent: usize) -> RoaringBitmap {
    (0..rows as u32).filter(|_| random.below(100) < percent).collect()
}

#[test]
fn deletes_and_rounds_of_upserts_cost_no_recall() {
    let data = Data::new(4_000, 60, 11);
    let mut random = Random(12);
    let mut vectors = data.vectors.clone();
    let mut graph = build(Distance::L2, &data.flat(), &CurrentThread);
    let dead = some_rows(&mut random, 4_000, 50);
    let scope = Scope { excluded: Some(&dead), ..Scope::all(K) };
    let (found, _) = recall(&graph, &data.flat(), &data.queries, &scope, Kernels::detect());
    assert!(found >= 0.98, "with half of the rows as tombstones, recall=`{found}`");
    (graph, vectors) = compacted(&graph, &vectors, &dead, &[]);
    for round in 0..10 {
        let dead = some_rows(&mut random, vectors.len() / DIMENSIONS, 20);
        let new = Data::new(dead.len() as usize, 0, 11).vectors;
        (graph, vectors) = compacted(&graph, &vectors, &dead, &new);
        graph.view().check_links().unwrap();
        let flat = Flat::new(DIMENSIONS, &vectors, None).unwrap();
        let (found, _) = recall(&graph, &flat, &data.queries, &Scope::all(K), Kernels::detect());
        assert!(found >= 0.98, "round=`{round}` recall=`{found}`");
    }
    let flat = Flat::new(DIMENSIONS, &vectors, None).unwrap();
    let fresh = build(Distance::L2, &flat, &CurrentThread);
    let [kept, fresh] = [&graph, &fresh]
        .map(|graph| recall(graph, &flat, &data.queries, &Scope::all(K), Kernels::detect()).0);
    assert!(kept >= fresh - 0.01, "kept=`{kept}` fresh=`{fresh}`");
}

#[test]
fn a_graph_of_other_vectors_is_not_extended() {
    let data = Data::new(500, 0, 13);
    let graph = build(Distance::L2, &data.flat(), &CurrentThread);
    let extend = |dimensions: usize, moved: &[u32]| {
        let flat = Flat::new(dimensions, &data.vectors, None).unwrap();
        let base = BaseGraph { graph: graph.view(), moved };
        GraphBuilder::extend(&base, &flat, &|_| false, parameters(), &CurrentThread).err()
    };
    let moved: Vec<u32> = (0..500).collect();
    assert_eq!(extend(DIMENSIONS, &moved), None);
    assert_eq!(extend(DIMENSIONS / 2, &moved), Some(GraphError::OtherBase));
    assert_eq!(extend(DIMENSIONS, &moved[1..]), Some(GraphError::OtherBase));
    assert_eq!(extend(DIMENSIONS, &[vec![500], moved[1..].to_vec()].concat()), Some(GraphError::OtherBase));
}

#[test]
fn nothing_makes_no_graph() {
    let none = Flat::new(DIMENSIONS, &[], None).unwrap();
    let error = GraphBuilder::new(Distance::L2, &none, &|_| false, parameters(), &CurrentThread).err();
    assert_eq!(error, Some(GraphError::Unsuitable));
}
