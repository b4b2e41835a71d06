//! Every kernel of every level of this CPU against plain loops, for every length and place in memory.

mod bytes;
mod codes;
mod floats;
mod halves;
mod levels;

/// Lengths below, at and above every block size of every level.
const LENGTHS: std::ops::RangeInclusive<usize> = 1..=257;

/// Rows for the blocked kernels: below, at and above every group size.
const ROWS: [usize; 7] = [0, 1, 2, 3, 4, 5, 9];

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

    /// Uniform among all.
    fn byte(&mut self) -> i8 {
        (self.next() >> 56) as i8
    }

    /// Uniform in -1..1.
    fn float(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    }
}

/// `values` behind `offset` guard values and before some more, so that a kernel that reads outside of its
/// operand shows it.
fn guarded<T: Copy>(values: &[T], offset: usize, guard: T) -> Vec<T> {
    let mut buffer = vec![guard; offset];
    buffer.extend_from_slice(values);
    buffer.extend([guard; 64]);
    buffer
}
