//! Which of some near nodes a node links to.
//!
//! A candidate is left out if a chosen one is so much nearer to it than the node is: the walk gets to it through
//! that one. What is left points into all directions, and a walk needs few steps.

use huedb_kernels::Kernels;

use super::codes::{CodedImage, GROUP, NodeCodes};

/// How much nearer a chosen node must be to a candidate, in squared distance.
#[derive(Debug, Clone, Copy)]
pub(super) struct PruneRule {
    pub(super) kernels: Kernels,
    pub(super) alpha: f32,
    /// Most links that are chosen.
    pub(super) links: usize,
}

/// Memory for [`PruneRule::choose`].
#[derive(Debug, Default)]
pub(super) struct PruneScratch {
    image: CodedImage,
    pub(super) chosen: Vec<u32>,
}

impl PruneRule {
    /// Chooses the links of `node` among `candidates`, nearest first, into `scratch.chosen`.
    pub(super) fn choose(
        &self,
        codes: &NodeCodes<'_>,
        node: u32,
        candidates: &[(u32, f32)],
        scratch: &mut PruneScratch,
    ) {
        scratch.chosen.clear();
        // Rows that are all the same point would fill every place and cut themselves off from the others.
        let mut same_point_left = self.links / 2;
        for (other, distance) in candidates {
            if scratch.chosen.len() >= self.links {
                break;
            }
            if codes.are_same(node, *other) {
                if same_point_left == 0 {
                    continue;
                }
                same_point_left -= 1;
            } else if self.is_reached(codes, *other, *distance, scratch) {
                continue;
            }
            scratch.chosen.push(*other);
        }
    }

    /// Whether a chosen node leads to `node`.
    fn is_reached(
        &self,
        codes: &NodeCodes<'_>,
        node: u32,
        distance: f32,
        scratch: &mut PruneScratch,
    ) -> bool {
        let PruneScratch { image, chosen } = scratch;
        if chosen.is_empty() {
            return false;
        }
        image.set_row(node, codes);
        let mut out = [0.0; GROUP];
        chosen.chunks(GROUP).any(|group| {
            let out = &mut out[..group.len()];
            codes.distances(self.kernels, image, group, out);
            out.iter().any(|between| between.max(0.0) * self.alpha < distance)
        })
    }
}
