//! The graph against brute force, on seeded data.

mod calibrate;
mod changes;
mod clusters;
mod filters;
mod halves;
mod planes;
mod stored;

use std::collections::HashSet;

use huedb_kernels::Kernels;
use huedb_types::Distance;

use super::random::Random;
use super::{CurrentThread, Graph, GraphBuilder, GraphIndex, GraphParameters, Workers};
use crate::vector::{Flat, Query, Scope, SearchPlan, VectorIndex};

const DIMENSIONS: usize = 24;
const K: usize = 10;
/// Few enough for some filters of the tests to be walked.
const CANDIDATES: usize = 50;

/// Vectors in clusters, and queries of the same kind.
struct Data {
    vectors: Vec<f32>,
    queries: Vec<f32>,
}

fn normal(random: &mut Random) -> f32 {
    (0..12).map(|_| (random.next() >> 40) as f32 / (1_u64 << 24) as f32).sum::<f32>() - 6.0
}

impl Data {
    fn new(rows: usize, queries: usize, seed: u64) -> Self {
        let mut random = Random(seed);
        let centres: Vec<f32> = (0..60 * DIMENSIONS).map(|_| 2.0 * normal(&mut random)).collect();
        let mut vectors = |count: usize| -> Vec<f32> {
            let vector = |_| {
                let centre = random.below(60);
                let around = &centres[centre * DIMENSIONS..][..DIMENSIONS];
                around.iter().map(|value| value + normal(&mut random)).collect::<Vec<f32>>()
            };
            (0..count).flat_map(vector).collect()
        };
        Self { vectors: vectors(rows), queries: vectors(queries) }
    }

    fn flat(&self) -> Flat<'_> {
        Flat::new(DIMENSIONS, &self.vectors, None).unwrap()
    }
}

fn parameters() -> GraphParameters {
    GraphParameters { candidates: 100, ..GraphParameters::default() }
}

fn build(distance: Distance, flat: &Flat<'_>, workers: &dyn Workers) -> Graph {
    let builder = GraphBuilder::new(distance, flat, &|_| false, parameters(), workers).unwrap();
    builder.insert_all(workers, &|| false);
    builder.finish(flat, workers)
}

/// The share of the true neighbours that are found; panics unless the distances are the true ones and as many
/// rows come back as there are.
fn recall(
    graph: &Graph,
    flat: &Flat<'_>,
    queries: &[f32],
    scope: &Scope<'_>,
    kernels: Kernels,
) -> (f64, HashSet<&'static str>) {
    let index = GraphIndex::new(*flat, graph.view(), CANDIDATES);
    recall_of(&index, flat, (queries, graph.view().distance()), scope, kernels)
}

fn recall_of(
    index: &GraphIndex<'_>,
    flat: &Flat<'_>,
    (queries, distance): (&[f32], Distance),
    scope: &Scope<'_>,
    kernels: Kernels,
) -> (f64, HashSet<&'static str>) {
    let (mut hits, mut total) = (0, 0);
    let mut plans = HashSet::new();
    for vector in queries.chunks_exact(DIMENSIONS) {
        let query = Query::new(kernels, distance, vector);
        let expected = flat.search(&query, scope).neighbours;
        let found = index.search(&query, scope);
        assert_eq!(found.neighbours.len(), expected.len());
        for near in &found.neighbours {
            assert_eq!(near.distance.to_bits(), flat.distance(&query, near.row).to_bits());
            assert!(scope.selects(near.row));
        }
        let rows: HashSet<u32> = expected.iter().map(|near| near.row).collect();
        hits += found.neighbours.iter().filter(|near| rows.contains(&near.row)).count();
        total += expected.len();
        plans.insert(found.plan.name());
    }
    (hits as f64 / total as f64, plans)
}

#[test]
fn nearly_all_neighbours_are_found_under_every_distance_on_every_cpu_level() {
    let data = Data::new(4_000, 50, 1);
    for distance in [Distance::L2, Distance::Cosine, Distance::Ip] {
        let graph = build(distance, &data.flat(), &CurrentThread);
        for kernels in Kernels::all_available() {
            let (found, plans) = recall(&graph, &data.flat(), &data.queries, &Scope::all(K), kernels);
            assert!(found >= 0.98, "{distance:?} {kernels:?} recall=`{found}`");
            assert_eq!(plans, HashSet::from([SearchPlan::Graph.name()]));
        }
    }
}

#[test]
fn one_thread_and_one_seed_make_one_graph() {
    let data = Data::new(1_500, 0, 2);
    let [one, two] = [(); 2].map(|()| build(Distance::L2, &data.flat(), &CurrentThread));
    assert_eq!(one.head(), two.head());
    assert_eq!((one.links(), one.codes()), (two.links(), two.codes()));
}

struct Threads(usize);

impl Workers for Threads {
    fn run(&self, work: &(dyn Fn() + Sync)) {
        std::thread::scope(|scope| (0..self.0).for_each(|_| drop(scope.spawn(work))));
    }
}

#[test]
fn several_threads_build_as_good_a_graph() {
    let data = Data::new(4_000, 50, 3);
    let graph = build(Distance::L2, &data.flat(), &Threads(4));
    graph.view().check_links().unwrap();
    let (found, _) = recall(&graph, &data.flat(), &data.queries, &Scope::all(K), Kernels::detect());
    assert!(found >= 0.98, "recall=`{found}`");
}

#[test]
fn any_number_of_neighbours_can_be_asked_for() {
    let data = Data::new(2_000, 3, 4);
    let graph = build(Distance::L2, &data.flat(), &CurrentThread);
    for k in [0, 1, 100, 1_999, 2_000, 5_000, usize::MAX] {
        let (found, _) = recall(&graph, &data.flat(), &data.queries, &Scope::all(k), Kernels::detect());
        assert!(found >= 0.98 || k == 0, "k=`{k}` recall=`{found}`");
    }
}

#[test]
fn rows_that_are_all_the_same_are_found_and_hide_no_others() {
    let mut data = Data::new(3_000, 50, 5);
    let same = data.vectors[..DIMENSIONS].to_vec();
    for row in data.vectors.chunks_exact_mut(DIMENSIONS).skip(1_500) {
        row.copy_from_slice(&same);
    }
    let graph = build(Distance::L2, &data.flat(), &CurrentThread);
    let (found, _) = recall(&graph, &data.flat(), &data.queries, &Scope::all(K), Kernels::detect());
    let index = GraphIndex::new(data.flat(), graph.view(), 100);
    let query = Query::new(Kernels::detect(), Distance::L2, &same);
    let at_the_point = index.search(&query, &Scope::all(100)).neighbours;
    assert!(at_the_point.iter().all(|near| near.distance == 0.0));
    // Queries whose neighbours are among the equal rows have 1,500 answers for ten places.
    assert!(found >= 0.9, "recall=`{found}`");
}

#[test]
fn vectors_without_an_image_are_found_all_the_same() {
    let mut data = Data::new(1_000, 1, 6);
    data.vectors[5 * DIMENSIONS] = f32::MAX;
    data.vectors[5 * DIMENSIONS + 1] = f32::MAX;
    data.vectors[7 * DIMENSIONS..8 * DIMENSIONS].fill(0.0);
    let zero = [0.0; DIMENSIONS];
    for distance in [Distance::L2, Distance::Cosine, Distance::Ip] {
        let graph = build(distance, &data.flat(), &CurrentThread);
        let (found, _) = recall(&graph, &data.flat(), &data.queries, &Scope::all(K), Kernels::detect());
        assert!(found >= 0.9, "{distance:?} recall=`{found}`");
        recall(&graph, &data.flat(), &zero, &Scope::all(K), Kernels::detect());
        recall(&graph, &data.flat(), &[f32::NAN; DIMENSIONS], &Scope::all(K), Kernels::detect());
    }
    assert_eq!(build(Distance::Cosine, &data.flat(), &CurrentThread).head().strays, [5, 7]);
    assert_eq!(build(Distance::L2, &data.flat(), &CurrentThread).head().strays, [5]);
}

#[test]
fn a_query_under_another_distance_is_answered_without_the_graph() {
    let data = Data::new(1_000, 1, 7);
    let graph = build(Distance::L2, &data.flat(), &CurrentThread);
    let index = GraphIndex::new(data.flat(), graph.view(), 100);
    let query = Query::new(Kernels::detect(), Distance::Ip, &data.queries);
    assert_eq!(index.search(&query, &Scope::all(3)), data.flat().search(&query, &Scope::all(3)));
}
