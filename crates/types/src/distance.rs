//! How two embeddings are compared.

/// A distance between embeddings; smaller is closer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Distance {
    /// Squared Euclidean distance, without the root.
    #[default]
    L2,
    /// `1 - dot(x, y)`; may be negative.
    Ip,
    /// `1 - cos(x, y)`, never below zero; 1 if either embedding is zero.
    Cosine,
}

impl Distance {
    /// The name on the wire: `l2`, `ip` or `cosine`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::L2 => "l2",
            Self::Ip => "ip",
            Self::Cosine => "cosine",
        }
    }

    /// The distance called `name`, if there is one; names are lower case.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "l2" => Some(Self::L2),
            "ip" => Some(Self::Ip),
            "cosine" => Some(Self::Cosine),
            _ => None,
        }
    }
}
