//! The instruction-set levels and which of them this CPU has.

/// An instruction-set level: which instructions the kernels may use.
///
/// Within one architecture the order is from the slowest to the fastest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Portable Rust; every CPU has it. The other levels are tested against it.
    Scalar,
    /// x86-64 with AVX2, FMA and F16C (2013 and later).
    Avx2,
    /// x86-64 with AVX-512 F, BW and VL (Skylake server, Zen 4 and later).
    Avx512,
    /// [`Level::Avx512`] with 8-bit dot-product instructions (AVX-512 VNNI).
    Avx512Vnni,
    /// 64-bit Arm.
    Neon,
    /// [`Level::Neon`] with 8-bit dot-product instructions (Armv8.2 `dotprod`).
    NeonDot,
}

impl Level {
    /// All levels of all architectures, slower before faster.
    pub const ALL: [Self; 6] =
        [Self::Scalar, Self::Avx2, Self::Avx512, Self::Avx512Vnni, Self::Neon, Self::NeonDot];

    /// The level's name, for configuration and logs: `scalar`, `avx2`, `avx512`, `avx512-vnni`, `neon` or
    /// `neon-dot`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Avx512Vnni => "avx512-vnni",
            Self::Neon => "neon",
            Self::NeonDot => "neon-dot",
        }
    }

    /// The level called `name`, if there is one; names are lower case.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }

    /// Whether this CPU can run the level.
    #[cfg(target_arch = "x86_64")]
    pub fn is_available(self) -> bool {
        use std::arch::is_x86_feature_detected as has;
        let avx2 = || has!("avx2") && has!("fma") && has!("f16c");
        let avx512 = || avx2() && has!("avx512f") && has!("avx512bw") && has!("avx512vl");
        match self {
            Self::Scalar => true,
            Self::Avx2 => avx2(),
            Self::Avx512 => avx512(),
            Self::Avx512Vnni => avx512() && has!("avx512vnni"),
            Self::Neon | Self::NeonDot => false,
        }
    }

    /// Whether this CPU can run the level.
    #[cfg(target_arch = "aarch64")]
    pub fn is_available(self) -> bool {
        use std::arch::is_aarch64_feature_detected as has;
        match self {
            Self::Scalar => true,
            Self::Neon => has!("neon"),
            Self::NeonDot => has!("neon") && has!("dotprod"),
            Self::Avx2 | Self::Avx512 | Self::Avx512Vnni => false,
        }
    }

    /// Whether this CPU can run the level.
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    pub fn is_available(self) -> bool {
        self == Self::Scalar
    }
}
