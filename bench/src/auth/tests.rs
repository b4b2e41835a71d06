use super::{flood, median, modes};

#[test]
fn a_median_is_the_middle() {
    for (numbers, expected) in
        [(vec![3.0], 3.0), (vec![9.0, 1.0, 2.0], 2.0), (vec![4.0, 1.0, 2.0, 100.0], 3.0)]
    {
        assert!((median(numbers.clone()) - expected).abs() < 1e-12, "numbers={numbers:?}");
    }
}

#[test]
fn wrong_logins_all_differ_so_that_no_cache_helps() {
    for mode in [modes::Mode::Basic, modes::Mode::Token] {
        let (first, second) = (mode.wrong_header(1), mode.wrong_header(2));
        assert!(first != second && first != mode.header(), "mode={}", mode.name());
    }
}

#[test]
fn a_connection_comes_from_the_address_that_it_was_given() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let _connection = flood::connect_from(7, &address).unwrap();
    let (_, peer) = listener.accept().unwrap();
    assert_eq!(peer.ip().to_string(), "127.0.1.7");
}
