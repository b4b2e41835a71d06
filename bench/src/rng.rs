//! A small seeded generator (splitmix64): the benchmark's data must be the same bytes on every machine and
//! with every version of every library.

/// Gives the same sequence for the same seed, for ever.
#[derive(Clone)]
pub(crate) struct Rng(u64);

impl Rng {
    /// A generator of its own for item `index`, so that items can be made in any order.
    pub(crate) fn of_item(seed: u64, stream: u64, index: u64) -> Self {
        let mut mixed = Self(seed ^ stream.rotate_left(32) ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        Self(mixed.next_u64())
    }

    pub(crate) fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number in `0..bound`; the bias of the modulo is below 2^-40 for the bounds used here.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next_u64() % bound
    }

    /// A number in `[0, 1)`.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Two independent standard normal numbers (Box-Muller).
    pub(crate) fn normal_pair(&mut self) -> (f32, f32) {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        let angle = std::f64::consts::TAU * self.unit();
        ((radius * angle.cos()) as f32, (radius * angle.sin()) as f32)
    }

    pub(crate) fn fill_normal(&mut self, out: &mut [f32]) {
        for pair in out.chunks_mut(2) {
            let (first, second) = self.normal_pair();
            pair[0] = first;
            if let Some(slot) = pair.get_mut(1) {
                *slot = second;
            }
        }
    }
}
