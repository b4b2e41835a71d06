use std::fmt;
use std::ops::Range;

use huedb_kernels::Kernels;
use huedb_types::Distance;
use proptest::prelude::*;
use roaring::RoaringBitmap;

use super::{CodedFlat, Codes, Flat, Found, Query, Scope, VectorIndex, inverse_norm};
use crate::topk::{Neighbour, SharedBound, TopK};

pub(super) const DISTANCES: [Distance; 3] = [Distance::L2, Distance::Ip, Distance::Cosine];

/// Vectors and a query, made from a seed.
#[derive(Clone)]
pub(super) struct Block {
    /// How it was made, for messages.
    pub(super) made: String,
    pub(super) dimensions: usize,
    pub(super) vectors: Vec<f32>,
    pub(super) inverse_norms: Vec<f32>,
    pub(super) query: Vec<f32>,
}

/// What the values of a block look like.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Uniform,
    /// Few centres and little noise, so that many rows are nearly as near as each other.
    Clustered,
    /// One value everywhere.
    Constant,
    /// Few distinct rows, each many times.
    Duplicates,
    /// Small integers: exact sums and many ties.
    Integers,
    /// Rows of any magnitude that single precision has.
    Magnitudes,
    Tiny,
    Huge,
    /// One row is so large that it drags the mean away.
    OneHuge,
    /// A large common part and a small difference.
    Offset,
    /// One dimension is large in all rows, as in many embedding models.
    Outlier,
    /// Zeros, but for one value in a few rows.
    Zeros,
    /// Infinities, not-a-number, and the smallest numbers among the others.
    Special,
}

const KINDS: [Kind; 13] = [
    Kind::Uniform,
    Kind::Clustered,
    Kind::Constant,
    Kind::Duplicates,
    Kind::Integers,
    Kind::Magnitudes,
    Kind::Tiny,
    Kind::Huge,
    Kind::OneHuge,
    Kind::Offset,
    Kind::Outlier,
    Kind::Zeros,
    Kind::Special,
];

/// A small seeded generator (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Uniform in -1..1.
    fn float(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.made)
    }
}

impl Block {
    /// A block of `rows` rows and a query like them, or equal to one of them.
    pub(super) fn new(kind: Kind, dimensions: usize, rows: usize, seed: u64) -> Self {
        let mut random = Random(seed);
        let mut vectors: Vec<f32> =
            (0..rows).flat_map(|row| vector(kind, dimensions, row, &mut random)).collect();
        let mut query = vector(kind, dimensions, 1, &mut random);
        match random.below(8) {
            0 => query.fill(0.0),
            1..4 if rows > 0 => {
                let row = random.below(rows as u64) as usize;
                query.copy_from_slice(&vectors[row * dimensions..(row + 1) * dimensions]);
            }
            _ => {}
        }
        if let (Kind::Special, true) = (kind, random.below(2) == 0) {
            // Otherwise no query would be finite, and the codes never used.
            query.iter_mut().filter(|value| !value.is_finite()).for_each(|value| *value = 0.25);
        }
        if let Kind::Duplicates = kind {
            for row in 3..rows {
                vectors.copy_within(row % 3 * dimensions..(row % 3 + 1) * dimensions, row * dimensions);
            }
        }
        let inverse_norms = vectors.chunks_exact(dimensions).map(inverse_norm).collect();
        let made = format!("Block::new(Kind::{kind:?}, {dimensions}, {rows}, {seed})");
        Self { made, dimensions, vectors, inverse_norms, query }
    }

    pub(super) fn flat(&self) -> Flat<'_> {
        Flat::new(self.dimensions, &self.vectors, Some(&self.inverse_norms)).unwrap()
    }
}

fn vector(kind: Kind, dimensions: usize, row: usize, random: &mut Random) -> Vec<f32> {
    let magnitude = match kind {
        Kind::Magnitudes => (random.below(252) as f32 - 126.0).exp2(),
        Kind::Tiny => 1e-30,
        Kind::Huge => 1e30,
        Kind::OneHuge if row == 0 => 1e20,
        _ => 1.0,
    };
    let centre = random.below(4);
    let special = [f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::MAX, f32::MIN, 1e-45, -0.0];
    let value = |at: usize| match kind {
        Kind::Constant => 0.1,
        Kind::Clustered => Random(centre * 1_000 + at as u64).float() + 0.02 * random.float(),
        Kind::Integers => random.below(5) as f32 - 2.0,
        Kind::Offset => 1_000.0 + 0.01 * random.float(),
        Kind::Outlier if at == 0 => 5.0 + 0.1 * random.float(),
        Kind::Outlier => 0.1 * random.float(),
        Kind::Zeros if row % 8 != 1 || at > 0 => 0.0,
        Kind::Special if random.below(200) == 0 => special[random.below(7) as usize],
        _ => random.float() * magnitude,
    };
    (0..dimensions).map(value).collect()
}

pub(super) fn block() -> impl Strategy<Value = Block> {
    let dimensions = prop_oneof![1_usize..8, 8_usize..200, prop::sample::select(vec![63, 64, 65, 128])];
    let rows = prop_oneof![1 => 0_usize..20, 3 => 20_usize..900];
    (prop::sample::select(KINDS.to_vec()), dimensions, rows, any::<u64>())
        .prop_map(|(kind, dimensions, rows, seed)| Block::new(kind, dimensions, rows, seed))
}

/// The distance by its definition, in double precision.
fn exact(distance: Distance, a: &[f32], b: &[f32]) -> f64 {
    let sum = |term: fn(f64, f64) -> f64, a: &[f32], b: &[f32]| -> f64 {
        a.iter().zip(b).map(|(x, y)| term(f64::from(*x), f64::from(*y))).sum()
    };
    let norm = |a: &[f32]| sum(|x, y| x * y, a, a).sqrt() + 1e-30;
    match distance {
        Distance::L2 => sum(|x, y| (x - y) * (x - y), a, b),
        Distance::Ip => 1.0 - sum(|x, y| x * y, a, b),
        Distance::Cosine => {
            let distance = 1.0 - sum(|x, y| x * y, a, b) / (norm(a) * norm(b));
            if distance < 0.0 { 0.0 } else { distance }
        }
    }
}

/// How far a returned distance may be from the definition.
fn error_max(distance: Distance, a: &[f32], b: &[f32], exact: f64) -> f64 {
    let relative = (a.len() as f64 + 16.0) * (-24.0_f64).exp2();
    let magnitude = match distance {
        Distance::L2 => exact,
        Distance::Ip => 1.0 + a.iter().zip(b).map(|(x, y)| f64::from(x * y).abs()).sum::<f64>(),
        Distance::Cosine => 1.0,
    };
    magnitude * relative + a.len() as f64 * (-149.0_f64).exp2()
}

/// Every row's distance is what the definition says, and the nearest are the head of the sorted rows.
#[track_caller]
fn check_flat(block: &Block, distance: Distance, kernels: Kernels) {
    let flat = block.flat();
    let query = Query::new(kernels, distance, &block.query);
    let mut neighbours = Vec::new();
    for (row, vector) in (0..).zip(block.vectors.chunks_exact(block.dimensions)) {
        let found = flat.distance(&query, row);
        let expected = exact(distance, vector, &block.query);
        let error_max = error_max(distance, vector, &block.query, expected);
        let is_close = (f64::from(found) - expected).abs() <= error_max;
        let is_same_special =
            found.total_cmp(&(expected as f32)).is_eq() || (found.is_nan() && expected.is_nan());
        assert!(
            is_close || is_same_special,
            "{distance:?} {kernels:?} row=`{row}` found=`{found}` expected=`{expected}`"
        );
        neighbours.push(Neighbour::new(row, found));
    }
    neighbours.sort_unstable();
    let found = flat.search(&query, &Scope::all(usize::MAX));
    assert_eq!(found.neighbours, neighbours, "{distance:?} {kernels:?}");
    assert_eq!(found.scanned_rows, neighbours.len() as u64);
}

/// What the codes find is what the flat scan finds, to the last bit.
#[track_caller]
fn check_codes(block: &Block, distance: Distance, kernels: Kernels, scope: &Scope<'_>) -> Found {
    let flat = block.flat();
    let codes = Codes::encode(distance, &flat).unwrap();
    let coded = CodedFlat::new(flat, codes.view()).unwrap();
    let query = Query::new(kernels, distance, &block.query);
    let found = coded.search(&query, scope);
    let expected = flat.search(&query, scope);
    assert_eq!(found.neighbours, expected.neighbours, "{distance:?} {kernels:?} {scope:?}");
    assert_eq!(found.scanned_rows, expected.scanned_rows);
    if scope.k > 0 {
        // Also where the codes would not be worth it.
        let found = coded.search_codes(&query, scope);
        assert!(found.is_none_or(|found| found.neighbours == expected.neighbours), "{distance:?} {scope:?}");
    }
    found
}

/// Ranges searched one after the other with a shared bound, merged.
fn search_in_ranges(
    index: &dyn VectorIndex,
    query: &Query<'_>,
    k: usize,
    ranges: &[Range<u32>],
) -> Vec<Neighbour> {
    let bound = SharedBound::new();
    let mut merged = TopK::new(k);
    for rows in ranges {
        let scope = Scope { rows: rows.clone(), bound: Some(&bound), ..Scope::all(k) };
        for neighbour in index.search(query, &scope).neighbours {
            merged.push(neighbour.row, neighbour.distance);
        }
    }
    merged.into_sorted()
}

/// Rows in clumps, as filters and deletions make them.
fn bitmap() -> impl Strategy<Value = Option<RoaringBitmap>> {
    let clumps = prop::collection::vec((0_u32..900, 1_u32..120), 0..12);
    prop::option::of(
        clumps.prop_map(|clumps| {
            clumps.into_iter().flat_map(|(start, length)| start..start + length).collect()
        }),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn distances_are_those_of_the_definition_and_the_nearest_come_first(block in block()) {
        for kernels in Kernels::all_available() {
            for distance in DISTANCES {
                check_flat(&block, distance, kernels);
            }
        }
    }

    #[test]
    fn codes_find_exactly_what_the_flat_scan_finds(block in block(), k in 0_usize..40) {
        for kernels in Kernels::all_available() {
            for distance in DISTANCES {
                check_codes(&block, distance, kernels, &Scope::all(k));
            }
        }
    }

    #[test]
    fn codes_find_the_same_under_filters_and_tombstones(
        block in block(),
        allowed in bitmap(),
        excluded in bitmap(),
        (start, length) in (0_u32..300, 0_u32..900),
        k in 0_usize..20,
    ) {
        let scope = Scope {
            rows: start..start + length,
            allowed: allowed.as_ref(),
            excluded: excluded.as_ref(),
            ..Scope::all(k)
        };
        for distance in DISTANCES {
            check_codes(&block, distance, Kernels::detect(), &scope);
        }
    }

    #[test]
    fn ranges_searched_apart_with_a_shared_bound_give_the_same(block in block(), k in 0_usize..20, cut in 0_u32..900) {
        for distance in DISTANCES {
            let flat = block.flat();
            let codes = Codes::encode(distance, &flat).unwrap();
            let coded = CodedFlat::new(flat, codes.view()).unwrap();
            let query = Query::new(Kernels::detect(), distance, &block.query);
            let expected = flat.search(&query, &Scope::all(k)).neighbours;
            for ranges in [[0..cut, cut..u32::MAX], [cut..u32::MAX, 0..cut]] {
                prop_assert_eq!(&search_in_ranges(&flat, &query, k, &ranges), &expected);
                prop_assert_eq!(&search_in_ranges(&coded, &query, k, &ranges), &expected);
            }
        }
    }
}

#[track_caller]
fn check_distance(distance: Distance, a: &[f32], b: &[f32], expected: f32) {
    for kernels in Kernels::all_available() {
        for inverse_norms in [None, Some([inverse_norm(a)])] {
            let flat = Flat::new(a.len(), a, inverse_norms.as_ref().map(<[f32; 1]>::as_slice)).unwrap();
            let found = flat.distance(&Query::new(kernels, distance, b), 0);
            assert_eq!(
                found.to_bits(),
                expected.to_bits(),
                "{distance:?} {kernels:?} {a:?} {b:?} found=`{found}`"
            );
        }
    }
}

#[test]
fn distances_of_known_vectors_are_exact() {
    check_distance(Distance::L2, &[1.0, 2.0, 3.0], &[1.0, 0.0, 0.0], 13.0);
    check_distance(Distance::Ip, &[1.0, 2.0, 3.0], &[1.0, 1.0, 1.0], -5.0);
    check_distance(Distance::Cosine, &[1.0, 0.0], &[0.0, 2.0], 1.0);
    check_distance(Distance::Cosine, &[1.0, 0.0], &[-3.0, 0.0], 2.0);
    check_distance(Distance::Cosine, &[2.0, 0.0], &[3.0, 0.0], 0.0);
}

#[test]
fn a_zero_vector_has_cosine_distance_one_to_everything() {
    check_distance(Distance::Cosine, &[0.0, 0.0], &[1.0, 2.0], 1.0);
    check_distance(Distance::Cosine, &[1.0, 2.0], &[0.0, 0.0], 1.0);
    check_distance(Distance::Cosine, &[0.0, 0.0], &[0.0, 0.0], 1.0);
}

#[test]
fn the_cosine_distance_survives_norms_whose_squares_overflow_or_vanish() {
    check_distance(Distance::Cosine, &[3e30, 4e30], &[3e30, 4e30], 0.0);
    check_distance(Distance::Cosine, &[3e30, 4e30], &[-3e-20, -4e-20], 2.0);
    check_distance(Distance::Cosine, &[1e-20, 0.0], &[1e-25, 0.0], 1e-5);
}

#[test]
fn sums_that_overflow_on_the_way_come_out_right() {
    check_distance(Distance::Ip, &[1e30, -1e30, 2.0], &[1e30, 1e30, 3.0], -5.0);
    check_distance(Distance::L2, &[1e30], &[-1e30], f32::INFINITY);
}

#[test]
fn codes_read_few_full_vectors_where_rows_differ() {
    for distance in DISTANCES {
        for kind in [Kind::Uniform, Kind::Outlier] {
            let block = Block::new(kind, 100, 20_000, 7);
            let found = check_codes(&block, distance, Kernels::detect(), &Scope::all(10));
            let rescored_rows = found.rescored_rows;
            assert!(rescored_rows < 50, "{kind:?} {distance:?} rescored_rows=`{rescored_rows}`");
        }
    }
}

#[test]
fn codes_are_given_up_where_all_rows_are_as_near_as_each_other() {
    for distance in DISTANCES {
        let block = Block::new(Kind::Constant, 100, 20_000, 7);
        let found = check_codes(&block, distance, Kernels::detect(), &Scope::all(10));
        assert_eq!(found.rescored_rows, 20_000, "{distance:?}");
    }
}

#[test]
fn a_query_for_nearly_all_rows_reads_no_codes() {
    let block = Block::new(Kind::Uniform, 8, 1_000, 7);
    let found = check_codes(&block, Distance::L2, Kernels::detect(), &Scope::all(1 << 31));
    assert_eq!((found.neighbours.len(), found.rescored_rows), (1_000, 1_000));
}

#[test]
fn blocks_that_are_not_whole_are_refused() {
    let values = [0.0; 12];
    assert!(Flat::new(0, &values, None).is_err());
    assert!(Flat::new(5, &values, None).is_err());
    assert!(Flat::new(4, &values, Some(&values[..2])).is_err());
    assert_eq!(Flat::new(4, &values, Some(&values[..3])).map(|flat| flat.rows()), Ok(3));
    assert_eq!(Flat::new(4, &[], None).map(|flat| flat.rows()), Ok(0));
}
