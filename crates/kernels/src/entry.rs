//! The functions every level offers, and the macro that makes them from the level's two inner loops.

/// One level's functions.
///
/// Calling one is undefined behaviour unless the CPU has the level's instructions, both operands of a
/// one-row function are equally long, and `rows.len() == query.len() * out.len()` with a query that is not
/// empty for the others.
pub(crate) struct Table {
    pub(crate) dot: unsafe fn(&[f32], &[f32]) -> f32,
    pub(crate) squared_l2: unsafe fn(&[f32], &[f32]) -> f32,
    pub(crate) of_f32: RowKernels<f32>,
    pub(crate) of_f16: RowKernels<u16>,
    pub(crate) of_u8: RowKernels<u8>,
    pub(crate) of_i8: RowKernels<i8>,
    pub(crate) dot_i8: unsafe fn(&[i8], &[i8]) -> i32,
    pub(crate) dot_i8_many: unsafe fn(&[i8], &[i8], &mut [i32]),
    /// Vector, groups, matrix, results: undefined behaviour unless there are a multiple of 16 results, the matrix has
    /// four bytes for each of them in every one of `groups`, and the vector four.
    pub(crate) product_u8: unsafe fn(&[i8], &[u32], *const u8, &mut [i32]),
    /// Numbers, what the largest becomes, codes; returns the scale.
    pub(crate) quantise: unsafe fn(&[f32], f32, &mut [i8]) -> f32,
    /// Query, start of the block, bytes from one row to the next, rows, results: undefined behaviour unless
    /// the block has `query.len() / 2` bytes from the start of every one of `rows`, of which there are as many
    /// as results, and the query has an even length.
    pub(crate) dot_u4_gather: unsafe fn(&[i8], *const u8, usize, &[u32], &mut [i32]),
}

/// One level's functions over rows of one kind of number.
pub(crate) struct RowKernels<T> {
    pub(crate) dot_many: unsafe fn(&[f32], &[T], &mut [f32]),
    pub(crate) squared_l2_many: unsafe fn(&[f32], &[T], &mut [f32]),
    /// Query, start of the block, rows, results, and so for the next: undefined behaviour unless the block has
    /// every one of `rows`, each as long as the query, and there are as many as results.
    pub(crate) dot_gather: unsafe fn(&[f32], *const T, &[u32], &mut [f32]),
    pub(crate) squared_l2_gather: unsafe fn(&[f32], *const T, &[u32], &mut [f32]),
}

/// Stores the results that there is room for: of a whole group at once, since a copy of any other length is a call.
#[inline]
pub(crate) fn store<T: Copy, const GROUP: usize>(out: &mut [T], results: [T; GROUP]) {
    match <&mut [T; GROUP]>::try_from(&mut *out) {
        Ok(out) => *out = results,
        Err(_) => out.copy_from_slice(&results[..out.len()]),
    }
}

/// Defines the entry points of a level.
///
/// The module provides `sums::<ROWS, DIFFERENCE, Lanes>(query, starts, ahead) -> [f32; ROWS]`, for rows of every kind
/// of [`Number`](crate::Number), decoded on the way, which gets where `ROWS` rows as long as `query` start and where
/// those that come next do, for prefetching only; `sums_i8::<ROWS>(query, rows) -> [i32; ROWS]`, where `rows`
/// holds `ROWS` rows as long as `query`, and `bias_i8(query) -> i32`, which is subtracted from every sum of `sums_i8`;
/// `sums_u4(query, starts of four rows) -> [i32; 4]`; and for a product of a matrix
/// `first_sums(vector, groups)`, the register that sums start from, `four(values)`, four values of the vector, repeated
/// over a register, `add_products_u8(sums, bytes, four)` and `store_sums(sums, out)`. Every function gets the attributes
/// given, so that the loops are inlined into code that may use the same instructions.
macro_rules! entry_points {
    (f32 rows $rows_f32:literal, $(#[$attribute:meta])*) => {
        $(#[$attribute])*
        pub(crate) unsafe fn dot(a: &[f32], b: &[f32]) -> f32 {
            // SAFETY: the caller keeps the contract of `Table`.
            unsafe { sums::<1, false, f32>(a, [b.as_ptr()], [b.as_ptr()])[0] }
        }

        $(#[$attribute])*
        pub(crate) unsafe fn squared_l2(a: &[f32], b: &[f32]) -> f32 {
            // SAFETY: the caller keeps the contract of `Table`.
            unsafe { sums::<1, true, f32>(a, [b.as_ptr()], [b.as_ptr()])[0] }
        }

        /// The functions over rows of one kind of number.
        pub(crate) const fn row_kernels<T: Lanes>() -> $crate::entry::RowKernels<T> {
            $crate::entry::RowKernels {
                dot_many: sums_many::<false, T>,
                squared_l2_many: sums_many::<true, T>,
                dot_gather: sums_gather::<false, T>,
                squared_l2_gather: sums_gather::<true, T>,
            }
        }

        $(#[$attribute])*
        unsafe fn sums_many<const DIFFERENCE: bool, T: Lanes>(query: &[f32], rows: &[T], out: &mut [f32]) {
            const ROWS: usize = $rows_f32;
            let start = |row: usize| rows.as_ptr().wrapping_add(row * query.len());
            let mut outs = out.chunks_exact_mut(ROWS);
            let mut first = 0;
            for out in outs.by_ref() {
                let starts = std::array::from_fn(|row| start(first + row));
                let ahead = std::array::from_fn(|row| start(first + ROWS + row));
                // SAFETY: there are `ROWS` rows more as long as the query; the CPU has the instructions.
                out.copy_from_slice(&unsafe { sums::<ROWS, DIFFERENCE, T>(query, starts, ahead) });
                first += ROWS;
            }
            for out in outs.into_remainder() {
                // SAFETY: there is one row more as long as the query; the CPU has the instructions.
                *out = unsafe { sums::<1, DIFFERENCE, T>(query, [start(first)], [start(first)])[0] };
                first += 1;
            }
        }

        $(#[$attribute])*
        unsafe fn sums_gather<const DIFFERENCE: bool, T: Lanes>(
            query: &[f32],
            block: *const T,
            rows: &[u32],
            out: &mut [f32],
        ) {
            const ROWS: usize = $rows_f32;
            // A group that is not full repeats its last row.
            let start = |place: usize| {
                block.wrapping_add(rows[place.min(rows.len() - 1)] as usize * query.len())
            };
            for (group, out) in out.chunks_mut(ROWS).enumerate() {
                let first = group * ROWS;
                let starts = std::array::from_fn(|row| start(first + row));
                let ahead = std::array::from_fn(|row| start(first + ROWS + row));
                // SAFETY: the caller guarantees rows as long as the query and the instructions.
                let sums: [f32; ROWS] = unsafe { sums::<ROWS, DIFFERENCE, T>(query, starts, ahead) };
                $crate::entry::store(out, sums);
            }
        }
    };
    (i8 rows $rows_i8:literal, $(#[$attribute:meta])*) => {
        $(#[$attribute])*
        pub(crate) unsafe fn dot_i8(a: &[i8], b: &[i8]) -> i32 {
            // SAFETY: the caller keeps the contract of `Table`.
            unsafe { sums_i8::<1>(a, b)[0].wrapping_sub(bias_i8(a)) }
        }

        $(#[$attribute])*
        pub(crate) unsafe fn dot_i8_many(query: &[i8], rows: &[i8], out: &mut [i32]) {
            const ROWS: usize = $rows_i8;
            // SAFETY: the CPU has the level's instructions.
            let bias = unsafe { bias_i8(query) };
            let mut groups = rows.chunks_exact(query.len() * ROWS);
            let mut outs = out.chunks_exact_mut(ROWS);
            for (group, out) in groups.by_ref().zip(outs.by_ref()) {
                // SAFETY: the group holds `ROWS` rows as long as the query; the CPU has the instructions.
                let sums = unsafe { sums_i8::<ROWS>(query, group) };
                for (out, sum) in out.iter_mut().zip(sums) {
                    *out = sum.wrapping_sub(bias);
                }
            }
            let rest = groups.remainder().chunks_exact(query.len());
            for (row, out) in rest.zip(outs.into_remainder()) {
                // SAFETY: the row is as long as the query; the CPU has the instructions.
                *out = unsafe { sums_i8::<1>(query, row)[0] }.wrapping_sub(bias);
            }
        }
    };
    (u8 product, registers of $lanes:literal, $(#[$attribute:meta])*) => {
        /// The products for the next `REGISTERS` registers of rows, whose bytes lie from `matrix` on, and `step` further
        /// for each group; returns how many rows these are.
        #[inline]
        $(#[$attribute])*
        unsafe fn products_u8<const REGISTERS: usize>(
            vector: &[i8],
            (groups, matrix, step): (&[u32], *const u8, usize),
            out: &mut [i32],
        ) -> usize {
            const LANES: usize = $lanes;
            // SAFETY: the caller keeps the contract of `Table`: four values of the vector and `step` bytes of the matrix
            // for every group, and results for every register.
            unsafe {
                let mut sums = [first_sums(vector, groups); REGISTERS];
                for group in groups {
                    let group = *group as usize;
                    let values = four(vector.as_ptr().add(4 * group));
                    let bytes = matrix.add(group * step);
                    for (at, sum) in sums.iter_mut().enumerate() {
                        *sum = add_products_u8(*sum, bytes.add(at * 4 * LANES), values);
                    }
                }
                for (out, sum) in out.chunks_exact_mut(LANES).zip(sums) {
                    store_sums(sum, out);
                }
            }
            REGISTERS * LANES
        }

        $(#[$attribute])*
        pub(crate) unsafe fn product_u8(vector: &[i8], groups: &[u32], matrix: *const u8, out: &mut [i32]) {
            const LANES: usize = $lanes;
            let (step, mut first) = (4 * out.len(), 0);
            while first < out.len() {
                let from = matrix.wrapping_add(4 * first);
                let out = &mut out[first..];
                // SAFETY: the caller keeps the contract of `Table`, and there are as many registers of results left.
                first += unsafe {
                    match out.len() / LANES {
                        ..4 => products_u8::<1>(vector, (groups, from, step), out),
                        4..7 => products_u8::<4>(vector, (groups, from, step), out),
                        7 => products_u8::<7>(vector, (groups, from, step), out),
                        _ => products_u8::<8>(vector, (groups, from, step), out),
                    }
                };
            }
        }
    };
    (quantise, $(#[$attribute:meta])*) => {
        $(#[$attribute])*
        pub(crate) unsafe fn quantise(values: &[f32], largest: f32, codes: &mut [i8]) -> f32 {
            $crate::quantise::quantise(values, largest, codes)
        }
    };
    (u4 gather, $(#[$attribute:meta])*) => {
        $(#[$attribute])*
        pub(crate) unsafe fn dot_u4_gather(
            query: &[i8],
            block: *const u8,
            stride: usize,
            rows: &[u32],
            out: &mut [i32],
        ) {
            for (rows, out) in rows.chunks(4).zip(out.chunks_mut(4)) {
                // A group that is not full repeats its last row.
                let start = |place: usize| {
                    block.wrapping_add(rows[place.min(rows.len() - 1)] as usize * stride)
                };
                // SAFETY: the caller guarantees `query.len() / 2` bytes at every row and the instructions.
                let sums = unsafe { sums_u4(query, [start(0), start(1), start(2), start(3)]) };
                $crate::entry::store(out, sums);
            }
        }
    };
}

pub(crate) use entry_points;

/// Defines the table of a level that has all of its kernels in its own module.
macro_rules! own_table {
    () => {
        pub(crate) const TABLE: $crate::entry::Table = $crate::entry::Table {
            dot,
            squared_l2,
            of_f32: row_kernels(),
            of_f16: row_kernels(),
            of_u8: row_kernels(),
            of_i8: row_kernels(),
            dot_i8,
            dot_i8_many,
            dot_u4_gather,
            product_u8,
            quantise,
        };
    };
}

pub(crate) use own_table;
