//! Which requests are traced, by the rules and names of `OTEL_TRACES_SAMPLER`.

/// The words, each the name of a sampler.
pub(crate) const SAMPLERS: &[&str] = &[
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
];

/// A rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sampler {
    /// Whether the caller's decision goes before ours.
    follows_parent: bool,
    /// Traces whose id is below are taken.
    below: u64,
}

impl Sampler {
    /// `ratio` is only looked at by the two that have one. Unknown names are `parentbased_always_on`.
    pub(crate) fn new(name: &str, ratio: f64) -> Self {
        let follows_parent = !matches!(name, "always_on" | "always_off" | "traceidratio");
        let ratio = match name.trim_start_matches("parentbased_") {
            "always_off" => 0.0,
            "traceidratio" => ratio,
            _ => 1.0,
        };
        // Ids have 63 bits here, so that a ratio of 1 is below its bound.
        Self { follows_parent, below: (ratio.clamp(0.0, 1.0) * (1_u64 << 63) as f64) as u64 }
    }

    /// `parent` is the caller's decision, if there is a caller.
    pub(crate) fn samples(self, trace: u128, parent: Option<bool>) -> bool {
        match parent {
            Some(is_sampled) if self.follows_parent => is_sampled,
            _ => (trace as u64) >> 1 < self.below,
        }
    }
}

#[cfg(test)]
mod tests;
