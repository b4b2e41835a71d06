//! Scans that leave out clusters far from the query.

use huedb_kernels::Kernels;
use huedb_types::Distance;
use roaring::RoaringBitmap;

use super::super::{CurrentThread, Graph, GraphBuilder, GraphIndex, GraphParameters, GraphView};
use super::{DIMENSIONS, Data, K, recall_of};
use crate::vector::graph::random::Random;
use crate::vector::{Flat, Query, Scope, VectorIndex};

const ROWS: usize = 33_000;
/// So many that half of the rows are scanned.
const CANDIDATES: usize = 1_000;

/// A graph whose links are few, for scans do not follow them.
fn build(distance: Distance, flat: &Flat<'_>) -> Graph {
    let parameters = GraphParameters { links: 8, candidates: 16, ..GraphParameters::default() };
    let builder = GraphBuilder::new(distance, flat, &|_| false, parameters, &CurrentThread).unwrap();
    builder.insert_all(&CurrentThread, &|| false);
    builder.finish(flat, &CurrentThread)
}

/// The rows that lie nearest to, or farthest from, the first query.
fn around_a_query(data: &Data, is_near: bool) -> RoaringBitmap {
    let query = Query::new(Kernels::detect(), Distance::L2, &data.queries[..DIMENSIONS]);
    let found = data.flat().search(&query, &Scope::all(ROWS)).neighbours;
    let half = if is_near { &found[..ROWS / 2] } else { &found[ROWS / 2..] };
    half.iter().map(|near| near.row).collect()
}

fn check_filter(graph: &Graph, data: &Data, kind: &str, allowed: &RoaringBitmap) {
    let scope = Scope { allowed: Some(allowed), ..Scope::all(K) };
    let flat = data.flat();
    let index = GraphIndex::new(flat, graph.view(), CANDIDATES);
    let queries = (&*data.queries, Distance::L2);
    let (found, plans) = recall_of(&index, &flat, queries, &scope, Kernels::detect());
    assert!(found >= 0.98, "{kind}: recall=`{found}`");
    assert_eq!(plans, ["cluster scan"].into_iter().collect(), "{kind}");
    let vectors = data.queries.chunks_exact(DIMENSIONS);
    let searches =
        vectors.map(|vector| index.search(&Query::new(Kernels::detect(), Distance::L2, vector), &scope));
    let scanned: u64 = searches.map(|found| found.scanned_rows).sum();
    let all = allowed.len() * (data.queries.len() / DIMENSIONS) as u64;
    assert!(scanned * 4 < all * 3, "{kind}: scanned=`{scanned}` of `{all}`");
}

#[test]
fn scans_of_many_rows_find_nearly_all_in_some_clusters() {
    let data = Data::new(ROWS, 40, 61);
    let graph = build(Distance::L2, &data.flat());
    let mut random = Random(62);
    let at_random: RoaringBitmap = (0..ROWS as u32).filter(|_| random.below(2) == 0).collect();
    check_filter(&graph, &data, "random", &at_random);
    check_filter(&graph, &data, "near", &around_a_query(&data, true));
    check_filter(&graph, &data, "far", &around_a_query(&data, false));
    a_cluster_that_there_is_not_is_damage(&graph);
}

fn a_cluster_that_there_is_not_is_damage(graph: &Graph) {
    let (head, links) = (graph.head(), graph.links());
    let mut codes = graph.codes().to_vec();
    GraphView::new(head, links, &codes).unwrap().check_links().unwrap();
    assert!(GraphView::new(head, links, &codes[..codes.len() - 1]).is_err());
    *codes.last_mut().unwrap() = 255;
    assert!(GraphView::new(head, links, &codes).unwrap().check_links().is_err());
}

#[test]
fn small_graphs_and_lengths_that_hide_distances_have_no_reach() {
    let data = Data::new(2_000, 1, 63);
    let graph = build(Distance::L2, &data.flat());
    assert_eq!(graph.view().clusters().count(), 0);
    assert!(graph.view().calibration().cluster_reach.is_infinite());
    let Data { vectors, .. } = Data::new(ROWS, 0, 64);
    let flat = Flat::new(DIMENSIONS, &vectors, None).unwrap();
    let graph = build(Distance::Ip, &flat);
    assert_eq!(graph.view().clusters().count(), 181);
    assert!(graph.view().calibration().cluster_reach.is_infinite());
}
