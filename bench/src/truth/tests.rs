use super::nearest;
use crate::data::{DataSizes, Dataset};

#[track_caller]
fn check(k: usize, accept: impl Fn(usize) -> bool + Sync) {
    let data = Dataset::generate(DataSizes { records: 700, dimensions: 37, queries: 9, seed: 3 });
    let found = nearest(&data, k, &accept);
    assert_eq!(found.len(), 9);
    for (number, neighbours) in found.iter().enumerate() {
        let mut all: Vec<(f64, usize)> = (0..700)
            .filter(|&index| accept(index))
            .map(|index| {
                let row = &data.vectors[index * 37..(index + 1) * 37];
                let dot: f64 =
                    data.query(number).iter().zip(row).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
                (1.0 - dot, index)
            })
            .collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        all.truncate(k);
        let expected: Vec<usize> = all.iter().map(|pair| pair.1).collect();
        let indexes: Vec<usize> = neighbours.iter().map(|neighbour| neighbour.index).collect();
        assert_eq!(indexes, expected, "query=`{number}`");
    }
}

#[test]
fn the_nearest_records_are_those_of_a_full_sort() {
    check(10, |_| true);
}

#[test]
fn a_filter_leaves_only_accepted_records() {
    check(10, |index| index % 7 == 0);
}

#[test]
fn fewer_accepted_records_than_k_are_all_returned() {
    check(10, |index| index < 4);
}
