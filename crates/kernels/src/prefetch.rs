//! Hints that bring memory into the cache before it is needed.

#![allow(unsafe_code, reason = "prefetch instructions take raw addresses")]

use std::mem::{size_of, size_of_val};

const CACHE_LINE_BYTES: usize = 64;

/// Asks the CPU to bring `values` into its cache, and returns at once. Only a hint: it reads nothing, and
/// does nothing on an architecture without such an instruction.
///
/// Worth it for rows that are read in no order: a scan's rows are prefetched by the `*_many` kernels.
#[inline]
pub fn prefetch<T>(values: &[T]) {
    let start = values.as_ptr().cast::<u8>();
    let mut at = 0;
    while at < size_of_val(values) {
        prefetch_line(start.wrapping_add(at));
        at += CACHE_LINE_BYTES;
    }
}

/// [`prefetch`] for the first lines of a long row: once these are read, the CPU by itself goes on to the
/// others. For rows of 1.5 KiB read in no order this took half the time that prefetching whole rows took.
#[inline]
pub fn prefetch_start<T>(values: &[T]) {
    const LINES: usize = 4;
    let values_per_line = (CACHE_LINE_BYTES / size_of::<T>().max(1)).max(1);
    prefetch(&values[..values.len().min(LINES * values_per_line)]);
}

/// Called where a blocked kernel reads `from`: prefetches the same place of the next group of `ROWS` rows.
/// Without it the hardware prefetcher stops at the end of every 4 KiB page (measured: 5 to 20 percent of
/// the bandwidth of a scan on x86-64; not measured elsewhere, and not used there). A single row has no next
/// group.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
#[allow(clippy::inline_always, reason = "must become one instruction inside the kernels' loops")]
pub(crate) fn prefetch_next_group<const ROWS: usize, T>(from: *const T, row_length: usize) {
    prefetch_ahead::<ROWS, T>(from.wrapping_add(ROWS * row_length));
}

/// Called where a blocked kernel reads one of `ROWS` rows: prefetches `ahead`, the same place of a row of the next
/// group. As [`prefetch_next_group`], for rows that need not lie one behind the other.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
#[allow(clippy::inline_always, reason = "must become one instruction inside the kernels' loops")]
pub(crate) fn prefetch_ahead<const ROWS: usize, T>(ahead: *const T) {
    if ROWS > 1 {
        prefetch_line(ahead.cast());
    }
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "must become one instruction inside the kernels' loops")]
fn prefetch_line(address: *const u8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: SSE, which has the instruction, is part of x86-64; a prefetch may name any address.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(address.cast());
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: a prefetch may name any address; it changes no register and no memory.
    unsafe {
        std::arch::asm!(
            "prfm pldl1keep, [{address}]",
            address = in(reg) address,
            options(readonly, nostack, preserves_flags),
        );
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let _ = address;
}
