use std::sync::Arc;

use huedb_types::{CollectionId, Distance, HnswConfiguration, Precision};
use uuid::Uuid;

use super::{decode_collection, encode_collection};
use crate::catalog::CollectionDescriptor;

const DATABASE: Uuid = Uuid::from_u128(7);

fn descriptor(precision: Precision) -> CollectionDescriptor {
    CollectionDescriptor {
        id: CollectionId(Uuid::from_u128(8)),
        name: "docs".to_owned(),
        tenant: String::new(),
        database: String::new(),
        metadata: None,
        hnsw: HnswConfiguration {
            space: Distance::Cosine,
            ef_construction: 100,
            ef_search: 10,
            max_neighbors: 16,
            num_threads: 1,
            resize_factor: 1.2,
            sync_threshold: 1_000,
            batch_size: 100,
        },
        precision,
        v1_configuration: None,
        embedding_function: None,
        schema: Some("{}".to_owned()),
        shape: Arc::default(),
    }
}

#[test]
fn a_collection_is_read_back_as_it_was_written() {
    for precision in Precision::ALL {
        let descriptor = descriptor(precision);
        let row = encode_collection(DATABASE, &descriptor);
        assert_eq!(decode_collection(descriptor.id, &row), Ok((DATABASE, descriptor)));
    }
}

#[test]
fn a_row_without_a_precision_is_that_of_32_bits() {
    let [whole, half] = Precision::ALL.map(|precision| encode_collection(DATABASE, &descriptor(precision)));
    // The precision comes last, so that rows of both differ only in it.
    assert_eq!(half, [whole.as_slice(), &[3], b"f16"].concat());
    let unknown = [whole.as_slice(), &[2], b"i8"].concat();
    assert!(decode_collection(CollectionId(Uuid::nil()), &unknown).is_err());
}
