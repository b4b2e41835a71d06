//! One of several builds of the index that take turns: `bench/index/ablate.py` starts all of them and says whose
//! turn it is.

use std::error::Error;
use std::time::Instant;

use huedb_index::vector::{CurrentThread, GraphParameters};
use serde_json::{Value, json};

use super::dataset::Dataset;
use super::graph::{Built, comparisons, rows};
use super::{CANDIDATES, RECALL_ENOUGH, answers, print};

/// Builds the graph and tells what it is. Then, for every line of standard input:
///
/// - `build` builds it once more;
/// - `points` tells recall and comparisons of each number of candidates, until nearly all is found;
/// - `round` answers all queries at each of these numbers and tells the seconds.
pub(crate) fn take(data: &Dataset) -> Result<(), Box<dyn Error>> {
    let inverse_norms = data.inverse_norms();
    let build = || Built::new(data.block(), &inverse_norms, GraphParameters::default(), &CurrentThread);
    let mut built = build();
    print(&about(&built));
    let mut points = Vec::new();
    for line in std::io::stdin().lines() {
        match line?.as_str() {
            "build" => {
                built = build();
                print(&about(&built));
            }
            "points" => {
                points = self::points(data, &built);
                print(&json!({ "points": points.iter().map(|(_, point)| point).collect::<Vec<_>>() }));
            }
            "round" => print(&json!({ "seconds": round(data, &built, &points) })),
            other => return Err(format!("unknown turn {other}").into()),
        }
    }
    Ok(())
}

fn about(built: &Built<'_>) -> Value {
    json!({ "build_seconds": built.seconds, "bytes_per_vector": built.bytes_per_vector() })
}

fn points(data: &Dataset, built: &Built<'_>) -> Vec<(u32, Value)> {
    let mut points = Vec::new();
    for candidates in CANDIDATES {
        let index = built.index(candidates);
        let recall = data.recall(&answers(0..data.query_count(), 1, &|query| {
            rows(&index, data.distance, data.query(query))
        }));
        let (comparisons, _) = comparisons(&index, data);
        points.push((
            candidates,
            json!({ "candidates": candidates, "recall": recall, "comparisons": comparisons }),
        ));
        if recall >= RECALL_ENOUGH {
            break;
        }
    }
    points
}

fn round(data: &Dataset, built: &Built<'_>, points: &[(u32, Value)]) -> Vec<f64> {
    let seconds = |(candidates, _): &(u32, Value)| {
        let index = built.index(*candidates);
        let start = Instant::now();
        answers(0..data.query_count(), 1, &|query| rows(&index, data.distance, data.query(query)));
        start.elapsed().as_secs_f64()
    };
    points.iter().map(seconds).collect()
}

/// The rows in the order in which a walk in breadth along the links meets them: rows that are compared after each
/// other then often lie near each other.
pub(crate) fn in_breadth(data: &Dataset) -> Vec<u32> {
    let inverse_norms = data.inverse_norms();
    let graph = Built::new(data.block(), &inverse_norms, GraphParameters::default(), &CurrentThread).graph;
    let (links, per_row) = (graph.links(), graph.view().links_per_node());
    let mut order = Vec::with_capacity(data.rows());
    let mut met = vec![false; data.rows()];
    let mut next = 0;
    for start in 0..data.rows() as u32 {
        let mut meet = |row: u32, order: &mut Vec<u32>| {
            // In place of a link that a row does not have stands a number that no row has.
            if met.get(row as usize).is_some_and(|met| !met) {
                met[row as usize] = true;
                order.push(row);
            }
        };
        meet(start, &mut order);
        while let Some(row) = order.get(next).copied() {
            next += 1;
            links[row as usize * per_row..][..per_row].iter().for_each(|link| meet(*link, &mut order));
        }
    }
    order
}
