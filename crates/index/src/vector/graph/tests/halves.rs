//! Graphs over vectors in 16 bits.

use huedb_kernels::{Kernels, f16_to_f32, f32_to_f16};
use huedb_types::Distance;

use super::{CurrentThread, DIMENSIONS, Data, K, build, recall};
use crate::vector::{Flat, Scope, Vectors};

#[test]
fn a_graph_over_16_bits_is_that_of_the_numbers_they_stand_for() {
    let data = Data::new(3_000, 50, 8);
    let bits: Vec<u16> = data.vectors.iter().map(|value| f32_to_f16(*value)).collect();
    let decoded: Vec<f32> = bits.iter().map(|bits| f16_to_f32(*bits)).collect();
    let halves = Flat::of(DIMENSIONS, Vectors::F16(&bits), None).unwrap();
    for distance in [Distance::L2, Distance::Cosine, Distance::Ip] {
        let graph = build(distance, &halves, &CurrentThread);
        let expected = build(distance, &Flat::new(DIMENSIONS, &decoded, None).unwrap(), &CurrentThread);
        assert_eq!(graph.head(), expected.head(), "{distance:?}");
        assert_eq!((graph.links(), graph.codes()), (expected.links(), expected.codes()), "{distance:?}");
        for kernels in Kernels::all_available() {
            let (found, _) = recall(&graph, &halves, &data.queries, &Scope::all(K), kernels);
            assert!(found >= 0.98, "{distance:?} {kernels:?} recall=`{found}`");
        }
    }
}
