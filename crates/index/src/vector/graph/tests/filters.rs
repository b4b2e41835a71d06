//! Searches among some of the rows.

use huedb_kernels::Kernels;
use huedb_types::Distance;
use roaring::RoaringBitmap;

use super::super::CurrentThread;
use super::{DIMENSIONS, Data, K, build, recall};
use crate::vector::Scope;
use crate::vector::graph::random::Random;

const ROWS: usize = 14_000;

/// The rows with the smallest first coordinate: which pass depends on where they are.
fn correlated(data: &Data, count: usize) -> RoaringBitmap {
    let mut rows: Vec<u32> = (0..ROWS as u32).collect();
    rows.sort_by(|a, b| {
        let first = |row: &u32| data.vectors[*row as usize * DIMENSIONS];
        first(a).total_cmp(&first(b))
    });
    rows[..count].iter().copied().collect()
}

#[test]
fn filters_of_any_width_and_kind_keep_the_recall() {
    let data = Data::new(ROWS, 40, 21);
    let graph = build(Distance::L2, &data.flat(), &CurrentThread);
    let mut plans = std::collections::HashSet::new();
    for per_mille in [990, 950, 800, 500, 400, 100, 10, 1] {
        let mut random = Random(per_mille);
        let at_random: RoaringBitmap =
            (0..ROWS as u32).filter(|_| random.below(1_000) < per_mille as usize).collect();
        for (kind, allowed) in
            [("random", at_random), ("correlated", correlated(&data, ROWS * per_mille as usize / 1_000))]
        {
            let excluded: RoaringBitmap = (0..ROWS as u32).collect::<RoaringBitmap>() - &allowed;
            let scopes = [
                Scope { allowed: Some(&allowed), ..Scope::all(K) },
                Scope { excluded: Some(&excluded), ..Scope::all(K) },
            ];
            for scope in scopes {
                let (found, used) = recall(&graph, &data.flat(), &data.queries, &scope, Kernels::detect());
                assert!(found >= 0.97, "{per_mille} of 1000, {kind}: recall=`{found}` plans=`{used:?}`");
                plans.extend(used);
            }
        }
    }
    assert_eq!(plans, ["graph", "filtered graph", "scan", "flat"].into_iter().collect());
}

#[test]
fn a_filter_that_nothing_passes_finds_nothing() {
    let data = Data::new(1_000, 2, 22);
    let graph = build(Distance::L2, &data.flat(), &CurrentThread);
    let none = RoaringBitmap::new();
    for scope in [
        Scope { allowed: Some(&none), ..Scope::all(K) },
        Scope { rows: 3..3, ..Scope::all(K) },
        Scope { rows: 2_000..3_000, ..Scope::all(K) },
    ] {
        recall(&graph, &data.flat(), &data.queries, &scope, Kernels::detect());
    }
}
