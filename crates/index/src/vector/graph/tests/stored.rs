//! The bytes of a graph.

use huedb_types::Distance;
use proptest::prelude::*;

use super::super::{CurrentThread, GraphHead, GraphView};
use super::{Data, build};

#[test]
fn a_head_is_read_as_it_was_written() {
    let data = Data::new(300, 0, 31);
    for distance in [Distance::L2, Distance::Cosine, Distance::Ip] {
        let graph = build(distance, &data.flat(), &CurrentThread);
        assert_eq!(GraphHead::decode(&graph.head().encode()).as_ref(), Ok(graph.head()));
    }
}

#[test]
fn arrays_that_do_not_fit_are_refused() {
    let data = Data::new(300, 0, 32);
    let graph = build(Distance::L2, &data.flat(), &CurrentThread);
    let (head, links, codes) = (graph.head(), graph.links(), graph.codes());
    GraphView::new(head, links, codes).unwrap().check_links().unwrap();
    assert!(GraphView::new(head, &links[1..], codes).is_err());
    assert!(GraphView::new(head, links, &codes[1..]).is_err());
    let mut wrong = links.to_vec();
    wrong[7] = 300;
    assert!(GraphView::new(head, &wrong, codes).unwrap().check_links().is_err());
    let bytes = head.encode();
    assert!((0..bytes.len()).all(|length| GraphHead::decode(&bytes[..length]).is_err()));
    let other_version = [&[1], &bytes[1..]].concat();
    assert!(GraphHead::decode(&other_version).is_err());
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(change in 0_usize..400, value in any::<u8>(), bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = GraphHead::decode(&bytes);
        let data = Data::new(40, 0, 33);
        let mut bytes = build(Distance::L2, &data.flat(), &CurrentThread).head().encode();
        let at = change % bytes.len();
        bytes[at] = value;
        if let Ok(head) = GraphHead::decode(&bytes) {
            let _ = GraphView::new(&head, &[], &[]);
        }
    }
}
