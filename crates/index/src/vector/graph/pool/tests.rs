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
