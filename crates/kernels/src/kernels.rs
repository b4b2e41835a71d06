//! The public face: lengths are checked here, once, before any vector code runs.

#![allow(unsafe_code, reason = "calls the level's functions, whose contract is checked here")]

use std::fmt;
use std::sync::OnceLock;

use crate::entry::Table;
use crate::{Level, Number, scalar};

/// The longest `i8` operand: the sum of so many products of -128 and -128 still fits into an `i32`.
pub const I8_LENGTH_MAX: usize = 131_071;

/// The longest query of [`Kernels::dot_u4_gather`]: the sum of so many products of -128 and 15 still fits into
/// an `i32`.
pub const U4_LENGTH_MAX: usize = 1_118_480;

/// The longest vector of [`Kernels::product_u8`]: the sum of so many products of -128 and 255 still fits into an
/// `i32`.
pub const U8_LENGTH_MAX: usize = 65_792;

/// The kernels of one [`Level`] that this CPU can run.
///
/// Distances computed with one value are reproducible to the last bit; those of two levels may differ in
/// their last bits, so one process should use one level.
#[derive(Clone, Copy)]
pub struct Kernels {
    level: Level,
    table: &'static Table,
}

impl Kernels {
    /// The kernels of the fastest level of this CPU, found out at the first call.
    pub fn detect() -> Self {
        static DETECTED: OnceLock<Kernels> = OnceLock::new();
        *DETECTED.get_or_init(|| {
            let fastest = Self::all_available().pop();
            fastest.unwrap_or(Self { level: Level::Scalar, table: &scalar::TABLE })
        })
    }

    /// The kernels of `level`, or `None` if this CPU cannot run it.
    pub fn with_level(level: Level) -> Option<Self> {
        let table = table(level).filter(|_| level.is_available())?;
        Some(Self { level, table })
    }

    /// The kernels of every level of this CPU, from the slowest to the fastest.
    pub fn all_available() -> Vec<Self> {
        Level::ALL.into_iter().filter_map(Self::with_level).collect()
    }

    /// The level of these kernels.
    pub fn level(self) -> Level {
        self.level
    }

    /// The dot product of two vectors; 0 if they are empty.
    ///
    /// # Panics
    /// If the lengths differ.
    #[inline]
    pub fn dot(self, a: &[f32], b: &[f32]) -> f32 {
        assert_eq!(a.len(), b.len(), "operands must be equally long");
        // SAFETY: the CPU has the level (`with_level` checked it), and the operands are equally long.
        unsafe { (self.table.dot)(a, b) }
    }

    /// The squared Euclidean distance of two vectors; 0 if they are empty.
    ///
    /// # Panics
    /// If the lengths differ.
    #[inline]
    pub fn squared_l2(self, a: &[f32], b: &[f32]) -> f32 {
        assert_eq!(a.len(), b.len(), "operands must be equally long");
        // SAFETY: the CPU has the level (`with_level` checked it), and the operands are equally long.
        unsafe { (self.table.squared_l2)(a, b) }
    }

    /// The squared Euclidean norm of a vector.
    #[inline]
    pub fn norm_squared(self, a: &[f32]) -> f32 {
        self.dot(a, a)
    }

    /// The dot products of `query` with `out.len()` rows that lie one behind the other in `rows`, each
    /// equal to what [`Kernels::dot`] gives for the row's decoded numbers.
    ///
    /// # Panics
    /// Unless `rows.len() == query.len() * out.len()`.
    #[inline]
    pub fn dot_many<T: Number>(self, query: &[f32], rows: &[T], out: &mut [f32]) {
        check_rows(query.len(), rows.len(), out.len());
        if query.is_empty() {
            return out.fill(0.0);
        }
        // SAFETY: the CPU has the level, the query is not empty, and the lengths were checked above.
        unsafe { (T::row_kernels(self.table).dot_many)(query, rows, out) }
    }

    /// The squared Euclidean distances of `query` to `out.len()` rows that lie one behind the other in
    /// `rows`, each equal to what [`Kernels::squared_l2`] gives for the row's decoded numbers.
    ///
    /// # Panics
    /// Unless `rows.len() == query.len() * out.len()`.
    #[inline]
    pub fn squared_l2_many<T: Number>(self, query: &[f32], rows: &[T], out: &mut [f32]) {
        check_rows(query.len(), rows.len(), out.len());
        if query.is_empty() {
            return out.fill(0.0);
        }
        // SAFETY: the CPU has the level, the query is not empty, and the lengths were checked above.
        unsafe { (T::row_kernels(self.table).squared_l2_many)(query, rows, out) }
    }

    /// The dot products of `query` with some rows of a block, rows as long as the query that lie one behind the
    /// other, each equal to what [`Kernels::dot_many`] gives. Rows are brought into the cache one group ahead.
    ///
    /// # Panics
    /// Unless the block has every row and `out` one place a row.
    #[inline]
    pub fn dot_gather<T: Number>(self, query: &[f32], block: &[T], rows: &[u32], out: &mut [f32]) {
        check_gathered(query.len(), block.len(), rows, out.len());
        // SAFETY: the CPU has the level, and the rows were checked above.
        unsafe { (T::row_kernels(self.table).dot_gather)(query, block.as_ptr(), rows, out) }
    }

    /// The squared Euclidean distances of `query` to some rows of a block, as [`Kernels::dot_gather`].
    ///
    /// # Panics
    /// Unless the block has every row and `out` one place a row.
    #[inline]
    pub fn squared_l2_gather<T: Number>(self, query: &[f32], block: &[T], rows: &[u32], out: &mut [f32]) {
        check_gathered(query.len(), block.len(), rows, out.len());
        // SAFETY: the CPU has the level, and the rows were checked above.
        unsafe { (T::row_kernels(self.table).squared_l2_gather)(query, block.as_ptr(), rows, out) }
    }

    /// The exact dot product of two 8-bit vectors, over the whole range -128..=127.
    ///
    /// # Panics
    /// If the lengths differ or are above [`I8_LENGTH_MAX`].
    #[inline]
    pub fn dot_i8(self, a: &[i8], b: &[i8]) -> i32 {
        assert_eq!(a.len(), b.len(), "operands must be equally long");
        assert!(a.len() <= I8_LENGTH_MAX, "operands are too long for 32-bit sums");
        // SAFETY: the CPU has the level (`with_level` checked it), and the operands are equally long.
        unsafe { (self.table.dot_i8)(a, b) }
    }

    /// The exact dot products of `query` with `out.len()` 8-bit rows that lie one behind the other in
    /// `rows`. Rows padded with zeros to a multiple of 64 bytes are fastest; the query is then padded alike.
    ///
    /// # Panics
    /// Unless `rows.len() == query.len() * out.len()`, or if the query is longer than [`I8_LENGTH_MAX`].
    #[inline]
    pub fn dot_i8_many(self, query: &[i8], rows: &[i8], out: &mut [i32]) {
        check_rows(query.len(), rows.len(), out.len());
        assert!(query.len() <= I8_LENGTH_MAX, "operands are too long for 32-bit sums");
        if query.is_empty() {
            return out.fill(0);
        }
        // SAFETY: the CPU has the level, the query is not empty, and the lengths were checked above.
        unsafe { (self.table.dot_i8_many)(query, rows, out) }
    }

    /// The exact dot products of `query` with some rows of a block: row `r` is the bytes from `r * stride`
    /// on, half as many as the query has. The lower four bits of these bytes, taken as unsigned, stand against
    /// the first half of the query, the upper ones against the second.
    ///
    /// # Panics
    /// Unless the block has every row whole and `out` one place a row, or if the query's length is odd or above
    /// [`U4_LENGTH_MAX`].
    #[inline]
    pub fn dot_u4_gather(self, query: &[i8], block: &[u8], stride: usize, rows: &[u32], out: &mut [i32]) {
        assert_eq!(rows.len(), out.len(), "out must have one place for every row");
        assert!(query.len() <= U4_LENGTH_MAX, "operands are too long for 32-bit sums");
        assert!(query.len().is_multiple_of(2), "every byte of a row needs two values of the query");
        let end = end_of_last(rows, stride, query.len() / 2);
        assert!(end.is_some_and(|end| end <= block.len()), "the block must have the rows");
        // SAFETY: the CPU has the level, there is one result a row, and the last row ends inside the block.
        unsafe { (self.table.dot_u4_gather)(query, block.as_ptr(), stride, rows, out) }
    }

    /// The exact product of a matrix and a vector. The matrix lies in groups of four columns: four bytes of the first
    /// row, taken as unsigned, four of the second and so on, then the next group. Only `groups` are multiplied;
    /// whoever leaves out those where the vector is zero gets the same sums sooner.
    ///
    /// # Panics
    /// Unless there are a multiple of 16 rows, which are the places of `out`, the matrix and the vector have every
    /// one of `groups`, and these are no more than [`U8_LENGTH_MAX`] columns.
    #[inline]
    pub fn product_u8(self, vector: &[i8], groups: &[u32], matrix: &[u8], out: &mut [i32]) {
        assert!(out.len().is_multiple_of(16), "there must be a multiple of 16 rows");
        assert!(groups.len() <= U8_LENGTH_MAX / 4, "the vector is too long for 32-bit sums");
        let fits = |length, step| end_of_last(groups, step, step).is_some_and(|end| end <= length);
        let fits = groups.is_empty() || fits(vector.len(), 4) && fits(matrix.len(), 4 * out.len());
        assert!(fits, "matrix and vector must have the groups");
        // SAFETY: the CPU has the level, and the rest was checked above.
        unsafe { (self.table.product_u8)(vector, groups, matrix.as_ptr(), out) }
    }

    /// Writes the 8-bit codes of `values`, the largest of which gets `largest`, at most
    /// [`CODE_MAX`](crate::CODE_MAX), and returns their scale.
    /// Numbers too small to be divided by become zeros. The same on every level.
    ///
    /// # Panics
    /// Unless there are as many codes as values.
    #[inline]
    pub fn quantise(self, values: &[f32], largest: f32, codes: &mut [i8]) -> f32 {
        assert_eq!(values.len(), codes.len(), "there must be one code for every value");
        // SAFETY: the CPU has the level.
        unsafe { (self.table.quantise)(values, largest, codes) }
    }
}

impl fmt::Debug for Kernels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Kernels").field(&self.level).finish()
    }
}

#[inline]
fn check_rows(query: usize, rows: usize, out: usize) {
    assert_eq!(Some(rows), query.checked_mul(out), "rows must hold one row for every place in out");
}

#[inline]
fn check_gathered(query: usize, block: usize, rows: &[u32], out: usize) {
    assert_eq!(rows.len(), out, "out must have one place for every row");
    let end = end_of_last(rows, query, query);
    assert!(rows.is_empty() || end.is_some_and(|end| end <= block), "the block must have the rows");
}

/// Where the last of `rows` ends in its block; `None` if no block is so long.
#[inline]
fn end_of_last(rows: &[u32], stride: usize, length: usize) -> Option<usize> {
    let last = rows.iter().fold(0, |last, row| last.max(*row)) as usize;
    last.checked_mul(stride)?.checked_add(length)
}

/// The level's functions, if this build has them.
fn table(level: Level) -> Option<&'static Table> {
    match level {
        Level::Scalar => Some(&scalar::TABLE),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => Some(&crate::avx2::TABLE),
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => Some(&crate::avx512::TABLE),
        #[cfg(target_arch = "x86_64")]
        Level::Avx512Vnni => Some(&crate::avx512_vnni::TABLE),
        #[cfg(target_arch = "aarch64")]
        Level::Neon => Some(&crate::neon::TABLE),
        #[cfg(target_arch = "aarch64")]
        Level::NeonDot => Some(&crate::neon_dot::TABLE),
        #[allow(unreachable_patterns, reason = "the levels of other architectures")]
        _ => None,
    }
}
