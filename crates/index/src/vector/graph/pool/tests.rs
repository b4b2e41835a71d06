use super::super::random::Random;
use super::{Pool, Width};

/// Offers one node; whether it is kept.
fn offer(pool: &mut Pool, node: u32, distance: f32) -> bool {
    pool.offer(&[node], &[distance], |_| {});
    pool.nearest().any(|(kept, _)| kept == node)
}

#[test]
fn the_nearest_are_kept_in_order_and_followed_once() {
    let mut pool = Pool::default();
    pool.reset(Width::exactly(3));
    let mut kept = Vec::new();
    pool.offer(&[5, 1, 9, 2, 3], &[2.0, -1.0, 7.0, 0.5, 8.0], |node| kept.push(node));
    assert_eq!(kept[..2], [5, 1]);
    assert_eq!(pool.len(), 3);
    assert_eq!(pool.nearest().collect::<Vec<_>>(), [(1, -1.0), (2, 0.5), (5, 2.0)]);
    assert_eq!([pool.next(), pool.next()], [Some(1), Some(2)]);
    assert!(offer(&mut pool, 7, -3.0));
    assert_eq!([pool.next(), pool.next()], [Some(7), None]);
}

#[test]
fn a_pool_of_any_size_keeps_what_sorting_all_would() {
    let mut random = Random(9);
    for capacity in [1, 2, 31, 32, 33, 34, 100] {
        let mut pool = Pool::default();
        pool.reset(Width::exactly(capacity));
        let mut all = Vec::new();
        for node in 0..300 {
            let distance = random.centred();
            let is_near = all.len() < capacity || distance < all[capacity - 1];
            assert_eq!(offer(&mut pool, node, distance), is_near, "capacity=`{capacity}` node=`{node}`");
            all.push(distance);
            all.sort_by(f32::total_cmp);
            let kept: Vec<f32> = pool.nearest().map(|(_, distance)| distance).collect();
            assert_eq!(kept, all[..all.len().min(capacity)], "capacity=`{capacity}` node=`{node}`");
        }
    }
}

#[test]
fn beyond_the_least_a_pool_keeps_what_is_within_reach() {
    let mut pool = Pool::default();
    pool.reset(Width { least: 2, rank: 1, reach: 3.0, most: 5 });
    let check = |pool: &mut Pool, node, distance, is_kept| {
        assert_eq!(offer(pool, node, distance), is_kept, "node=`{node}`");
    };
    check(&mut pool, 1, 4.0, true);
    // The second nearest however far it is, the third only within three times the nearest.
    check(&mut pool, 2, 50.0, true);
    check(&mut pool, 3, 60.0, false);
    check(&mut pool, 4, 12.0, true);
    check(&mut pool, 5, 12.5, false);
    assert_eq!(pool.nearest().map(|(node, _)| node).collect::<Vec<_>>(), [1, 4]);
    assert!((12.0..12.001).contains(&pool.farthest()));
    // A nearer one shortens the reach.
    check(&mut pool, 6, 1.0, true);
    check(&mut pool, 7, 4.5, false);
    check(&mut pool, 8, 3.0, true);
    check(&mut pool, 9, 2.5, true);
    assert_eq!(pool.nearest().map(|(node, _)| node).collect::<Vec<_>>(), [6, 9, 8]);
    assert_eq!(std::iter::from_fn(|| pool.next()).collect::<Vec<_>>(), [6, 9, 8]);
    check(&mut pool, 10, 0.5, true);
    assert_eq!(pool.nearest().map(|(node, _)| node).collect::<Vec<_>>(), [10, 6]);
    assert_eq!(std::iter::from_fn(|| pool.next()).collect::<Vec<_>>(), [10]);
}

#[test]
fn a_pool_never_keeps_more_than_the_most() {
    let mut pool = Pool::default();
    pool.reset(Width { least: 1, rank: 1, reach: 1e9, most: 3 });
    for node in 0..9 {
        offer(&mut pool, node, 10.0 - node as f32);
    }
    assert_eq!(pool.nearest().collect::<Vec<_>>(), [(8, 2.0), (7, 3.0), (6, 4.0)]);
    assert_eq!(std::iter::from_fn(|| pool.next()).collect::<Vec<_>>(), [8, 7, 6]);
}
