use huedb_kernels::{Kernels, f16_to_f32, f32_to_f16};
use huedb_types::Distance;
use proptest::prelude::*;

use super::Vectors;
use crate::vector::tests::{Block, DISTANCES, block};
use crate::vector::{CodedFlat, Codes, Flat, Query, Scope, VectorIndex, inverse_norm};

/// The vectors of a block in 16 bits, and the block that has what these stand for.
fn rounded(block: Block) -> (Vec<u16>, Block) {
    let bits: Vec<u16> = block.vectors.iter().map(|value| f32_to_f16(*value)).collect();
    let vectors: Vec<f32> = bits.iter().map(|bits| f16_to_f32(*bits)).collect();
    let inverse_norms = vectors.chunks_exact(block.dimensions).map(inverse_norm).collect();
    (bits, Block { vectors, inverse_norms, ..block })
}

/// A search finds the same rows at the same distances, to the last bit, whichever way the numbers are kept.
#[track_caller]
fn check_same(bits: &[u16], decoded: &Block, distance: Distance, kernels: Kernels, k: usize) {
    let flat = Flat::of(decoded.dimensions, Vectors::F16(bits), Some(&decoded.inverse_norms)).unwrap();
    let query = Query::new(kernels, distance, &decoded.query);
    let expected = decoded.flat().search(&query, &Scope::all(k));
    assert_eq!(flat.search(&query, &Scope::all(k)), expected, "{distance:?} {kernels:?}");
    let without_norms = Flat::of(decoded.dimensions, Vectors::F16(bits), None).unwrap();
    let as_floats = Flat::new(decoded.dimensions, &decoded.vectors, None).unwrap();
    let [found, also] = [without_norms, as_floats].map(|flat| flat.search(&query, &Scope::all(k)));
    assert_eq!(found, also, "{distance:?} {kernels:?}");
    let codes = Codes::encode(distance, &flat).unwrap();
    assert_eq!(codes, Codes::encode(distance, &decoded.flat()).unwrap(), "{distance:?}");
    let coded = CodedFlat::new(flat, codes.view()).unwrap();
    assert_eq!(
        coded.search(&query, &Scope::all(k)).neighbours,
        expected.neighbours,
        "{distance:?} {kernels:?}"
    );
    if k > 0 {
        // Also where the codes would not be worth it.
        let found = coded.search_codes(&query, &Scope::all(k));
        assert!(
            found.is_none_or(|found| found.neighbours == expected.neighbours),
            "{distance:?} {kernels:?}"
        );
    }
}

proptest! {
    #[test]
    fn rows_in_16_bits_are_searched_as_the_numbers_that_they_stand_for(block in block(), k in 0_usize..40) {
        let (bits, decoded) = rounded(block);
        for kernels in Kernels::all_available() {
            for distance in DISTANCES {
                check_same(&bits, &decoded, distance, kernels, k);
            }
        }
    }
}

#[test]
fn a_block_in_16_bits_gives_out_its_vectors_and_is_refused_unless_it_is_whole() {
    let bits: Vec<u16> = [1.0, -2.5, 0.1, 65_504.0].map(f32_to_f16).to_vec();
    let block = Flat::of(2, Vectors::F16(&bits), None).unwrap();
    assert_eq!((block.rows(), &*block.vector(0)), (2, &[1.0, -2.5][..]));
    assert_eq!(*block.vector(1), [0.099_975_586, 65_504.0]);
    assert!(Flat::of(3, Vectors::F16(&bits), None).is_err());
    assert!(Flat::of(2, Vectors::F16(&bits), Some(&[1.0])).is_err());
    assert_eq!(Vectors::F16(&bits).get(3..5), None);
}
