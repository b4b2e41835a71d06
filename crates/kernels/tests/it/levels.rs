//! Which levels there are, and that operands are checked before vector code sees them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use huedb_kernels::{Buffer, I8_LENGTH_MAX, Kernels, Level};

#[test]
fn the_levels_of_this_cpu_start_with_scalar_and_end_with_the_detected_one() {
    let levels: Vec<Level> = Kernels::all_available().into_iter().map(Kernels::level).collect();
    assert_eq!(levels.first(), Some(&Level::Scalar));
    assert_eq!(levels.last(), Some(&Kernels::detect().level()));
    assert!(levels.is_sorted(), "levels=`{levels:?}`");
}

#[test]
fn kernels_exist_for_exactly_the_levels_that_the_cpu_has() {
    for level in Level::ALL {
        let kernels = Kernels::with_level(level);
        assert_eq!(kernels.map(Kernels::level), level.is_available().then_some(level));
    }
}

#[test]
fn no_cpu_has_the_levels_of_two_architectures() {
    let x86 = [Level::Avx2, Level::Avx512, Level::Avx512Vnni].into_iter().any(Level::is_available);
    let arm = [Level::Neon, Level::NeonDot].into_iter().any(Level::is_available);
    assert!(!(x86 && arm));
}

/// Asks the CPU itself, where `Level` asks the standard library.
#[cfg(target_arch = "x86_64")]
#[test]
fn a_level_is_never_offered_without_the_instructions_it_uses() {
    use std::arch::x86_64::{__cpuid, __cpuid_count};
    let leaf_max = __cpuid(0).eax;
    let basic = __cpuid(1);
    let (ebx, ecx) = if leaf_max < 7 { (0, 0) } else { (__cpuid_count(7, 0).ebx, __cpuid_count(7, 0).ecx) };
    let has = |register: u32, bit: u32| register >> bit & 1 == 1;
    // FMA, OSXSAVE, AVX and F16C of leaf 1; AVX2 of leaf 7.
    let avx2 = [12, 27, 28, 29].into_iter().all(|bit| has(basic.ecx, bit)) && has(ebx, 5);
    // F, BW and VL.
    let avx512 = avx2 && has(ebx, 16) && has(ebx, 30) && has(ebx, 31);
    let vnni = avx512 && has(ecx, 11);
    for (level, instructions) in [(Level::Avx2, avx2), (Level::Avx512, avx512), (Level::Avx512Vnni, vnni)] {
        let offered = Kernels::all_available().into_iter().any(|kernels| kernels.level() == level);
        assert!(instructions || !offered, "{level:?} is offered");
        assert!(instructions || Kernels::with_level(level).is_none(), "{level:?} is found");
        assert!(instructions || Kernels::detect().level() != level, "{level:?} is chosen");
    }
}

#[test]
fn a_level_is_found_by_its_name_and_by_no_other() {
    for level in Level::ALL {
        assert_eq!(Level::parse(level.name()), Some(level));
        assert_eq!(Level::parse(&level.name().to_uppercase()), None);
    }
    assert_eq!(Level::parse(""), None);
}

#[track_caller]
fn check_panics(what: &str, call: impl FnOnce()) {
    assert!(catch_unwind(AssertUnwindSafe(call)).is_err(), "accepted {what}");
}

#[test]
fn operands_that_do_not_fit_together_are_refused() {
    for kernels in Kernels::all_available() {
        let (floats, bytes) = ([1.0; 12], [1; 12]);
        check_panics("dot of 3 and 4", || _ = kernels.dot(&floats[..3], &floats[..4]));
        check_panics("squared_l2 of 4 and 3", || _ = kernels.squared_l2(&floats[..4], &floats[..3]));
        check_panics("dot_i8 of 3 and 4", || _ = kernels.dot_i8(&bytes[..3], &bytes[..4]));
        check_panics("too few rows", || kernels.dot_many(&floats[..4], &floats[..11], &mut [0.0; 3]));
        check_panics("too many rows", || kernels.squared_l2_many(&floats[..3], &floats, &mut [0.0; 3]));
        check_panics("rows for an empty query", || kernels.dot_many(&[], &floats, &mut [0.0; 3]));
        check_panics("too few halves", || kernels.dot_many(&floats[..4], &[0_u16; 11], &mut [0.0; 3]));
        check_panics("too many halves", || {
            kernels.squared_l2_many(&floats[..3], &[0_u16; 12], &mut [0.0; 3])
        });
        check_panics("too few byte rows", || kernels.dot_i8_many(&bytes[..4], &bytes[..11], &mut [0; 3]));
    }
}

#[test]
fn byte_operands_are_refused_only_above_the_limit() {
    let bytes = vec![i8::MIN; I8_LENGTH_MAX + 1];
    for kernels in Kernels::all_available() {
        let longest = &bytes[..I8_LENGTH_MAX];
        assert_eq!(kernels.dot_i8(longest, longest), I8_LENGTH_MAX as i32 * 16_384);
        check_panics("a byte operand above the limit", || _ = kernels.dot_i8(&bytes, &bytes));
        check_panics("a byte query above the limit", || kernels.dot_i8_many(&bytes, &bytes, &mut [0]));
    }
}

#[test]
fn rows_outside_of_the_block_are_refused() {
    let (query, block) = ([1_i8; 16], [1_u8; 40]);
    for kernels in Kernels::all_available() {
        kernels.dot_u4_gather(&query, &block, 16, &[0, 2], &mut [0; 2]);
        check_panics("a query of odd length", || {
            kernels.dot_u4_gather(&query[1..], &block, 16, &[0], &mut [0])
        });
        check_panics("a row behind the end", || kernels.dot_u4_gather(&query, &block, 16, &[3], &mut [0]));
        check_panics("a huge stride", || kernels.dot_u4_gather(&query, &block, usize::MAX, &[2], &mut [0]));
        check_panics("other places than rows", || kernels.dot_u4_gather(&query, &block, 16, &[0], &mut []));
    }
}

#[test]
fn buffers_start_at_a_cache_line_with_zeros_and_keep_what_is_written() {
    for length in [0, 1, 100, 3 << 20] {
        let mut buffer = Buffer::<u32>::zeroed(length);
        assert_eq!((buffer.len(), buffer.as_ptr() as usize % 64), (length, 0));
        assert!(buffer.iter().all(|value| *value == 0));
        buffer.iter_mut().zip(0..).for_each(|(value, number)| *value = number);
        assert!(buffer.clone().iter().zip(0..).all(|(value, number)| *value == number));
    }
}

#[test]
fn empty_operands_give_zero() {
    for kernels in Kernels::all_available() {
        assert_eq!(kernels.dot(&[], &[]).to_bits(), 0);
        assert_eq!(kernels.squared_l2(&[], &[]).to_bits(), 0);
        assert_eq!(kernels.dot_i8(&[], &[]), 0);
        let (mut floats, mut integers) = ([1.0; 3], [1; 3]);
        kernels.dot_many::<f32>(&[], &[], &mut floats);
        kernels.dot_many::<f32>(&[], &[], &mut floats[..1]);
        kernels.dot_i8_many(&[], &[], &mut integers);
        assert_eq!((floats, integers), ([0.0; 3], [0; 3]));
    }
}

#[test]
fn prefetching_any_slice_is_harmless() {
    huedb_kernels::prefetch::<f32>(&[]);
    huedb_kernels::prefetch(&[0_u8; 1_000][3..]);
    huedb_kernels::prefetch_start::<i8>(&[]);
    huedb_kernels::prefetch_start(&[[0_u64; 100]; 3]);
    huedb_kernels::prefetch_start(&[(); 3]);
}
