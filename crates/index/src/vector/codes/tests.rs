use huedb_kernels::{I8_LENGTH_MAX, Kernels};
use huedb_types::Distance;
use proptest::prelude::*;

use super::estimate::CodedQuery;
use super::{BlockCodes, CodedFlat, Codes};
use crate::vector::tests::{Block, DISTANCES, Kind, block};
use crate::vector::{Flat, Query, Scope, VectorIndex};

/// Whatever is excluded is farther than the bound, and every distance lies between its bounds.
#[track_caller]
fn check_bounds(block: &Block, distance: Distance) {
    let flat = block.flat();
    let codes = Codes::encode(distance, &flat).unwrap();
    let view = codes.view();
    let kernels = Kernels::detect();
    let query = Query::new(kernels, distance, &block.query);
    let Some(coded) = CodedQuery::new(&query, &view) else {
        return;
    };
    let dots = |codes: &[i8]| -> Vec<i32> {
        view.codes.chunks_exact(view.stride).map(|code| kernels.dot_i8(codes, code)).collect()
    };
    let (coarse, fine) = (dots(&coded.coarse.codes), dots(&coded.fine.codes));
    let distances: Vec<f32> = (0..flat.rows()).map(|row| flat.distance(&query, row)).collect();
    let mut survivors = Vec::new();
    for (row, found) in distances.iter().enumerate() {
        let bounds = coded.bounds(&view, row as u32, [coarse[row], fine[row]]);
        let within = bounds.lower <= *found && *found <= bounds.upper;
        assert!(
            within || (bounds.lower == f32::NEG_INFINITY && bounds.upper.is_nan()),
            "{distance:?} row=`{row}` distance=`{found}` {bounds:?}"
        );
        coded.survivors(&view, (0, &coarse), *found, &mut survivors);
        for (other, distance) in (0..).zip(&distances) {
            assert!(
                *distance > *found || survivors.contains(&other),
                "row `{other}` at `{distance}` was excluded by the bound `{found}`"
            );
        }
    }
    coded.survivors(&view, (0, &coarse), f32::NAN, &mut survivors);
    assert_eq!(survivors.len(), distances.len(), "no bound excludes nothing");
}

proptest! {
    #[test]
    fn bounds_hold_for_the_distance_that_is_returned(block in block()) {
        let rows = block.inverse_norms.len().min(100);
        let block = Block {
            vectors: block.vectors[..rows * block.dimensions].to_vec(),
            inverse_norms: block.inverse_norms[..rows].to_vec(),
            ..block
        };
        for distance in DISTANCES {
            check_bounds(&block, distance);
        }
    }
}

#[test]
fn bounds_are_tight_where_codes_are_good() {
    let block = Block::new(Kind::Uniform, 384, 100, 3);
    let flat = block.flat();
    let codes = Codes::encode(Distance::Cosine, &flat).unwrap();
    let view = codes.view();
    let query = Query::new(Kernels::detect(), Distance::Cosine, &block.query);
    let coded = CodedQuery::new(&query, &view).unwrap();
    for row in 0..flat.rows() {
        let code = &view.codes[row as usize * view.stride..][..view.stride];
        let dots = [&coded.coarse, &coded.fine].map(|part| Kernels::detect().dot_i8(&part.codes, code));
        let bounds = coded.bounds(&view, row, dots);
        assert!(bounds.upper - bounds.lower < 0.03, "row=`{row}` {bounds:?}");
    }
}

#[test]
fn codes_are_padded_with_zeros_to_whole_cache_lines() {
    for (dimensions, stride) in [(1, 64), (63, 64), (64, 64), (65, 128), (384, 384)] {
        let block = Block::new(Kind::Uniform, dimensions, 5, 1);
        let codes = Codes::encode(Distance::L2, &block.flat()).unwrap();
        assert_eq!(codes.codes().len(), 5 * stride);
        for code in codes.codes().chunks_exact(stride) {
            assert!(code[..dimensions].iter().any(|value| value.unsigned_abs() == 127));
            assert!(code[dimensions..].iter().all(|value| *value == 0));
        }
        assert_eq!((codes.headers().len(), codes.centre().len()), (15, dimensions));
    }
}

#[test]
fn stored_arrays_make_the_same_codes_again() {
    let block = Block::new(Kind::Clustered, 70, 50, 1);
    let codes = Codes::encode(Distance::Cosine, &block.flat()).unwrap();
    let arrays = (codes.codes(), codes.headers(), codes.centre());
    let stored = BlockCodes::new(Distance::Cosine, 70, 50, arrays).unwrap();
    let query = Query::new(Kernels::detect(), Distance::Cosine, &block.query);
    let [owned, borrowed] = [codes.view(), stored]
        .map(|view| CodedFlat::new(block.flat(), view).unwrap().search(&query, &Scope::all(5)));
    assert_eq!(owned, borrowed);
}

#[test]
fn arrays_of_other_lengths_are_refused() {
    let block = Block::new(Kind::Uniform, 70, 50, 1);
    let codes = Codes::encode(Distance::L2, &block.flat()).unwrap();
    let (bytes, headers, centre) = (codes.codes(), codes.headers(), codes.centre());
    let is_refused =
        |dimensions, rows, arrays| BlockCodes::new(Distance::L2, dimensions, rows, arrays).is_err();
    assert!(!is_refused(70, 50, (bytes, headers, centre)));
    assert!(is_refused(70, 49, (bytes, headers, centre)));
    assert!(is_refused(71, 50, (bytes, headers, centre)));
    assert!(is_refused(70, 50, (&bytes[1..], headers, centre)));
    assert!(is_refused(70, 50, (bytes, &headers[1..], centre)));
    assert!(is_refused(70, 50, (bytes, headers, &centre[1..])));
    assert!(is_refused(usize::MAX, 50, (bytes, headers, centre)));
    let other = Block::new(Kind::Uniform, 70, 51, 1);
    assert!(CodedFlat::new(other.flat(), codes.view()).is_err());
}

#[test]
fn codes_for_another_distance_are_not_used() {
    let block = Block::new(Kind::Uniform, 70, 500, 1);
    let codes = Codes::encode(Distance::L2, &block.flat()).unwrap();
    let coded = CodedFlat::new(block.flat(), codes.view()).unwrap();
    let query = Query::new(Kernels::detect(), Distance::Ip, &block.query);
    assert_eq!(coded.search(&query, &Scope::all(5)), block.flat().search(&query, &Scope::all(5)));
}

#[test]
fn vectors_with_more_dimensions_than_byte_sums_allow_have_no_codes() {
    let values = vec![0.5; I8_LENGTH_MAX];
    let block = |dimensions| Flat::new(dimensions, &values[..dimensions], None).unwrap();
    let longest = I8_LENGTH_MAX / 64 * 64;
    assert!(Codes::encode(Distance::L2, &block(longest)).is_ok());
    assert!(Codes::encode(Distance::L2, &block(longest + 1)).is_err());
}
