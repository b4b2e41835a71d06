//! Graphs whose codes lie in a plane.

use std::collections::HashSet;

use huedb_kernels::Kernels;
use huedb_types::Distance;

use super::super::extend::BaseGraph;
use super::super::random::Random;
use super::super::{CurrentThread, Graph, GraphBuilder, GraphError, GraphHead, GraphIndex, GraphParameters};
use super::normal;
use crate::vector::{Flat, Query, Scope, VectorIndex};

const DIMENSIONS: usize = 200;
/// Directions in which the vectors go far.
const USED: usize = 16;
const ROWS: usize = 3_000;
const K: usize = 10;

/// Vectors near a flat of few dimensions, which `turn` chooses.
fn vectors(rows: usize, turn: u64, seed: u64) -> Vec<f32> {
    let mut turn = Random(turn);
    let directions: Vec<f32> = (0..USED * DIMENSIONS).map(|_| normal(&mut turn)).collect();
    let mut random = Random(seed);
    let mut vectors = Vec::with_capacity(rows * DIMENSIONS);
    for _ in 0..rows {
        let mut vector: Vec<f32> = (0..DIMENSIONS).map(|_| 0.3 * normal(&mut random)).collect();
        for direction in directions.chunks_exact(DIMENSIONS) {
            let weight = normal(&mut random);
            vector.iter_mut().zip(direction).for_each(|(value, other)| *value += weight * other);
        }
        vectors.extend(vector);
    }
    vectors
}

fn flat(vectors: &[f32]) -> Flat<'_> {
    Flat::new(DIMENSIONS, vectors, None).unwrap()
}

fn build(distance: Distance, vectors: &[f32]) -> Graph {
    let parameters = GraphParameters { candidates: 100, ..GraphParameters::default() };
    let rows = flat(vectors);
    let builder = GraphBuilder::new(distance, &rows, &|_| false, parameters, &CurrentThread).unwrap();
    builder.insert_all(&CurrentThread, &|| false);
    builder.finish(&rows, &CurrentThread)
}

fn recall(graph: &Graph, vectors: &[f32], queries: &[f32]) -> f64 {
    let index = GraphIndex::new(flat(vectors), graph.view(), 100);
    let (mut hits, mut total) = (0, 0);
    for vector in queries.chunks_exact(DIMENSIONS) {
        let query = Query::new(Kernels::detect(), graph.view().distance(), vector);
        let expected = flat(vectors).search(&query, &Scope::all(K)).neighbours;
        let rows: HashSet<u32> = expected.iter().map(|near| near.row).collect();
        let found = index.search(&query, &Scope::all(K)).neighbours;
        for near in &found {
            assert_eq!(near.distance.to_bits(), flat(vectors).distance(&query, near.row).to_bits());
        }
        hits += found.iter().filter(|near| rows.contains(&near.row)).count();
        total += expected.len();
    }
    hits as f64 / total as f64
}

#[test]
fn nearly_all_neighbours_are_found_under_every_distance() {
    let (vectors, queries) = (vectors(ROWS, 1, 2), vectors(50, 1, 3));
    for distance in [Distance::L2, Distance::Cosine, Distance::Ip] {
        let graph = build(distance, &vectors);
        assert!(graph.head().imager.plane.is_some(), "{distance:?}");
        let found = recall(&graph, &vectors, &queries);
        assert!(found >= 0.98, "{distance:?} recall=`{found}`");
        assert_eq!(GraphHead::decode(&graph.head().encode()).as_ref(), Ok(graph.head()));
    }
}

#[test]
fn equal_rows_do_not_hide_others() {
    let mut vectors = vectors(ROWS, 1, 4);
    let same = vectors[..DIMENSIONS].to_vec();
    vectors.chunks_exact_mut(DIMENSIONS).skip(ROWS / 2).for_each(|row| row.copy_from_slice(&same));
    let graph = build(Distance::L2, &vectors);
    let others = &vectors[DIMENSIONS..51 * DIMENSIONS];
    let found = recall(&graph, &vectors, others);
    assert!(found >= 0.95, "recall=`{found}`");
    let index = GraphIndex::new(flat(&vectors), graph.view(), 100);
    let query = Query::new(Kernels::detect(), Distance::L2, &same);
    let at_the_point = index.search(&query, &Scope::all(100)).neighbours;
    assert!(at_the_point.iter().all(|near| near.distance == 0.0));
}

#[test]
fn a_graph_is_extended_only_by_rows_that_its_plane_suits() {
    let base_vectors = vectors(ROWS, 1, 5);
    let base = build(Distance::L2, &base_vectors);
    let moved: Vec<u32> = (0..ROWS as u32).collect();
    let base = BaseGraph { graph: base.view(), moved: &moved };
    for (turn, suits) in [(1, true), (9, false)] {
        let mut all = base_vectors.clone();
        all.extend(vectors(ROWS, turn, 6));
        let rows = flat(&all);
        let parameters = GraphParameters::default();
        let builder = GraphBuilder::extend(&base, &rows, &|_| false, parameters, &CurrentThread);
        match builder {
            Ok(builder) => {
                assert!(suits, "turn=`{turn}`");
                builder.insert_all(&CurrentThread, &|| false);
                let found = recall(&builder.finish(&rows, &CurrentThread), &all, &vectors(30, turn, 7));
                assert!(found >= 0.98, "recall=`{found}`");
            }
            Err(error) => assert_eq!((error, suits), (GraphError::OtherBase, false), "turn=`{turn}`"),
        }
    }
}
