use std::path::Path;

use super::lane::{Collector, Mode, counted};
use super::quartiles;
use super::sink::Sink;
use crate::api;
use crate::http::Connection;

#[test]
fn quartiles_lie_between_the_numbers() {
    for (numbers, expected) in [
        (vec![3.0], [3.0, 3.0, 3.0]),
        (vec![5.0, 1.0, 3.0, 2.0, 4.0], [2.0, 3.0, 4.0]),
        (vec![4.0, 1.0, 2.0, 3.0], [1.75, 2.5, 3.25]),
    ] {
        let found = quartiles(numbers.clone());
        let is_near = found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-12);
        assert!(is_near, "numbers={numbers:?} found={found:?}");
    }
}

#[test]
fn the_sink_takes_messages_one_after_the_other() {
    let sink = Sink::start().unwrap();
    let address = sink.endpoint.strip_prefix("http://").unwrap();
    let mut connection = Connection::open(address).unwrap();
    for body in [b"first".as_slice(), b"", &vec![7; 200_000]] {
        assert_eq!(api::call(&mut connection, "POST", "/v1/traces", body).unwrap().status, 200);
    }
    let (messages, bytes) = sink.taken();
    assert!(messages == 3 && bytes > 200_005, "messages={messages} bytes={bytes}");
}

#[test]
fn only_a_granularity_names_the_collector() {
    let collector = Collector { endpoint: "http://127.0.0.1:9".to_owned(), protocol: "grpc" };
    for mode in Mode::ALL {
        let command = mode.command(Path::new("huedb"), &collector);
        let names: Vec<_> = command.get_envs().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
        let is_named = names.iter().any(|name| name == "CHROMA_OTEL_COLLECTION_ENDPOINT");
        assert_eq!(is_named, matches!(mode, Mode::Granularity(_)), "mode={mode:?}");
    }
}

#[test]
fn a_count_is_found_by_its_whole_name() {
    let text = "# HELP a_total A\na_total_more 7\na_total{b=\"c\"} 8\na_total 9\n";
    assert_eq!((counted(text, "a_total"), counted(text, "b_total")), (Some(9), None));
}
