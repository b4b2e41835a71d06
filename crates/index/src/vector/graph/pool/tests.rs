use super::super::random::Random;
use super::Pool;

#[test]
fn the_nearest_are_kept_in_order_and_followed_once() {
    let mut pool = Pool::default();
    pool.reset(3);
    for (node, distance) in [(5, 2.0), (1, -1.0), (9, 7.0), (2, 0.5), (3, 8.0)] {
        pool.insert(node, distance);
    }
    assert_eq!(pool.len(), 3);
    assert_eq!(pool.nearest().collect::<Vec<_>>(), [(1, -1.0), (2, 0.5), (5, 2.0)]);
    assert_eq!([pool.next(), pool.next()], [Some(1), Some(2)]);
    assert!(pool.insert(7, -3.0));
    assert_eq!([pool.next(), pool.next()], [Some(7), None]);
}

#[test]
fn a_pool_of_any_size_keeps_what_sorting_all_would() {
    let mut random = Random(9);
    for capacity in [1, 2, 31, 32, 33, 34, 100] {
        let mut pool = Pool::default();
        pool.reset(capacity);
        let mut all = Vec::new();
        for node in 0..300 {
            let distance = random.centred();
            let is_near = all.len() < capacity || distance < all[capacity - 1];
            assert_eq!(pool.insert(node, distance), is_near, "capacity=`{capacity}` node=`{node}`");
            all.push(distance);
            all.sort_by(f32::total_cmp);
            let kept: Vec<f32> = pool.nearest().map(|(_, distance)| distance).collect();
            assert_eq!(kept, all[..all.len().min(capacity)], "capacity=`{capacity}` node=`{node}`");
        }
    }
}
