//! The containers of a roaring bitmap as they are.
//!
//! A bitmap hands out its values one by one or in ranges; to turn half a million of them into words takes longer
//! than the search that asks for it. The portable format (<https://github.com/RoaringBitmap/RoaringFormatSpec>)
//! holds whole words, so a bitmap is written into memory and its containers are read there.

use roaring::RoaringBitmap;

/// The values of a bitmap that have the same upper 16 bits; little-endian numbers, the lower 16 bits of each.
pub(super) enum Container<'a> {
    /// One after the other.
    Values(&'a [[u8; 2]]),
    /// A bit each, in words.
    Words(&'a [[u8; 8]]),
    /// The first of a run and how many follow it.
    Runs(&'a [[u8; 4]]),
}

const COOKIE: u32 = 12_346;
const COOKIE_WITH_RUNS: u16 = 12_347;
/// With fewer containers than this, a bitmap that has runs is written without offsets.
const OFFSETS_FROM: usize = 4;
/// A container with more values than this that has no runs is written in words.
const VALUES_MAX: usize = 4_096;
const WORDS_BYTES: usize = 8_192;

/// Calls `with` for each container, with the upper 16 bits of its values, ascending; `bytes` is memory for it.
pub(super) fn for_each(bitmap: &RoaringBitmap, bytes: &mut Vec<u8>, with: impl FnMut(u16, Container<'_>)) {
    bytes.clear();
    let written = bitmap.serialize_into(&mut *bytes);
    debug_assert!(written.is_ok(), "memory takes every byte");
    let read = read(bytes, with);
    debug_assert!(read.is_some(), "the format is the one described");
}

/// `None` where the bytes end too early.
fn read(bytes: &[u8], mut with: impl FnMut(u16, Container<'_>)) -> Option<()> {
    let (cookie, rest) = bytes.split_first_chunk::<4>()?;
    let cookie = u32::from_le_bytes(*cookie);
    let has_runs = cookie as u16 == COOKIE_WITH_RUNS;
    let (count, is_run, rest) = if has_runs {
        let count = (cookie >> 16) as usize + 1;
        let (is_run, rest) = rest.split_at_checked(count.div_ceil(8))?;
        (count, is_run, rest)
    } else {
        debug_assert_eq!(cookie, COOKIE);
        let (count, rest) = rest.split_first_chunk::<4>()?;
        (u32::from_le_bytes(*count) as usize, &[][..], rest)
    };
    let (descriptions, rest) = rest.split_at_checked(count * 4)?;
    let offsets = if has_runs && count < OFFSETS_FROM { 0 } else { count * 4 };
    let (_, mut rest) = rest.split_at_checked(offsets)?;
    for (number, [key, more, values, values_more]) in descriptions.as_chunks::<4>().0.iter().enumerate() {
        let key = u16::from_le_bytes([*key, *more]);
        let values = usize::from(u16::from_le_bytes([*values, *values_more])) + 1;
        let container = if is_run.get(number / 8).is_some_and(|flags| flags >> (number % 8) & 1 == 1) {
            let (runs, behind) = rest.split_first_chunk::<2>()?;
            let (runs, behind) = behind.split_at_checked(usize::from(u16::from_le_bytes(*runs)) * 4)?;
            rest = behind;
            Container::Runs(runs.as_chunks().0)
        } else if values > VALUES_MAX {
            let (words, behind) = rest.split_at_checked(WORDS_BYTES)?;
            rest = behind;
            Container::Words(words.as_chunks().0)
        } else {
            let (values, behind) = rest.split_at_checked(values * 2)?;
            rest = behind;
            Container::Values(values.as_chunks().0)
        };
        with(key, container);
    }
    Some(())
}
