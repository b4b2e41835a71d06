//! How precisely embeddings are kept.

/// The numbers that embeddings of a collection are kept as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Precision {
    /// 32-bit numbers, as clients send them.
    #[default]
    F32,
    /// 16-bit numbers (IEEE 754 binary16): rounded to the nearest when they are written.
    F16,
}

impl Precision {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::F32, Self::F16];

    /// The name on the wire: `f32` or `f16`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
        }
    }

    /// The precision called `name`, if there is one; names are lower case.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|precision| precision.name() == name)
    }
}
