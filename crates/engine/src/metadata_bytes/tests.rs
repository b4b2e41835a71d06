use huedb_index::metadata::Value;
use huedb_types::{Metadata, MetadataValue, SparseVector};
use proptest::prelude::*;

use super::{decode, encode, find};

fn value() -> impl Strategy<Value = MetadataValue> {
    prop_oneof![
        any::<bool>().prop_map(MetadataValue::Bool),
        any::<i64>().prop_map(MetadataValue::Int),
        (-1e300..1e300_f64).prop_map(MetadataValue::Float),
        ".*".prop_map(MetadataValue::Str),
        proptest::collection::vec(any::<bool>(), 0..4).prop_map(MetadataValue::BoolArray),
        proptest::collection::vec(any::<i64>(), 0..4).prop_map(MetadataValue::IntArray),
        proptest::collection::vec(-1e9..1e9_f64, 0..4).prop_map(MetadataValue::FloatArray),
        proptest::collection::vec(".{0,5}", 0..4).prop_map(MetadataValue::StrArray),
        (proptest::collection::vec(any::<u32>(), 0..3), proptest::option::of(Just(vec!["t".to_owned()])))
            .prop_map(|(indices, tokens)| {
                let values = vec![0.5; indices.len()];
                MetadataValue::Sparse(SparseVector { indices, values, tokens })
            }),
    ]
}

fn metadata() -> impl Strategy<Value = Metadata> {
    proptest::collection::btree_map(".{0,6}", value(), 0..6)
}

proptest! {
    #[test]
    fn decoding_gives_back_what_was_encoded(metadata in metadata()) {
        prop_assert_eq!(decode(&encode(&metadata)).unwrap(), metadata);
    }

    #[test]
    fn every_key_is_found_and_no_other(metadata in metadata(), other in ".{0,6}") {
        let bytes = encode(&metadata);
        for (key, value) in &metadata {
            let found = find(&bytes, key).unwrap().expect("the key is there");
            match (value, found) {
                (MetadataValue::Int(expected), Value::Int(found)) => prop_assert_eq!(*expected, found),
                (MetadataValue::Str(expected), Value::Str(found)) => prop_assert_eq!(expected, found),
                (MetadataValue::StrArray(expected), Value::List(found)) => prop_assert_eq!(expected.len(), found.len()),
                _ => {}
            }
        }
        prop_assert_eq!(find(&bytes, &other).unwrap().is_some(), metadata.contains_key(&other));
    }

    #[test]
    fn damaged_bytes_are_an_error_and_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let _ = decode(&bytes);
        let _ = find(&bytes, "k");
    }
}
