//! What a graph finds out about its searches.

use huedb_types::Distance;

use super::super::CurrentThread;
use super::{DIMENSIONS, Data, build};
use crate::vector::{Flat, inverse_norm};

#[test]
fn distances_tell_hard_queries_unless_lengths_hide_them() {
    let data = Data::new(2_000, 0, 51);
    let even: Vec<f32> = data
        .vectors
        .chunks_exact(DIMENSIONS)
        .flat_map(|vector| vector.iter().map(|value| value * inverse_norm(vector)))
        .collect();
    let even = Flat::new(DIMENSIONS, &even, None).unwrap();
    let check = |distance, flat: &Flat<'_>, do_tell| {
        let spread = build(distance, flat, &CurrentThread).view().calibration().spread;
        assert_eq!(spread > 0.0, do_tell, "{distance:?} spread=`{spread}`");
    };
    check(Distance::L2, &data.flat(), true);
    check(Distance::Cosine, &data.flat(), true);
    check(Distance::Ip, &data.flat(), false);
    check(Distance::Ip, &even, true);
}
