//! Which of some near nodes a node links to.
//!
//! A candidate is left out if a chosen one is nearer to it than the node is: the walk gets to it through that one.
//! What is left points into all directions, and a walk needs few steps. Places that stay free then go to those of
//! the candidates left out to which no chosen one is nearer by the factor alpha, so that there are several ways
//! (the growing alpha of Subramanya et al. 2019).

use huedb_kernels::Kernels;

use super::codes::{CodedImage, GROUP, NodeCodes};

/// How much nearer a chosen node must be to a candidate, in squared distance, for the candidate to get no free place.
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
    spare: Vec<Spare>,
}

/// A candidate for a free place.
#[derive(Debug, Clone, Copy)]
struct Spare {
    node: u32,
    distance: f32,
    /// With how many of the chosen it was compared.
    compared: usize,
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
        let PruneScratch { image, chosen, spare } = scratch;
        chosen.clear();
        spare.clear();
        // Rows that are all the same point would fill every place and cut themselves off from the others.
        let mut same_point_left = self.links / 2;
        for (other, distance) in candidates {
            if chosen.len() >= self.links {
                return;
            }
            if codes.are_same(node, *other) {
                if same_point_left > 0 {
                    same_point_left -= 1;
                    chosen.push(*other);
                }
                continue;
            }
            let mut candidate = Spare { node: *other, distance: *distance, compared: 0 };
            match self.reach(codes, &mut candidate, 1.0, chosen, image) {
                None => chosen.push(*other),
                Some(between) if between * self.alpha >= *distance => spare.push(candidate),
                Some(_) => {}
            }
        }
        for mut candidate in spare.drain(..) {
            if chosen.len() >= self.links {
                return;
            }
            if self.reach(codes, &mut candidate, self.alpha, chosen, image).is_none() {
                chosen.push(candidate.node);
            }
        }
    }

    /// The distance from `candidate` to a chosen node that is nearer to it by `alpha`, if one is that it was not
    /// compared with.
    fn reach(
        &self,
        codes: &NodeCodes<'_>,
        candidate: &mut Spare,
        alpha: f32,
        chosen: &[u32],
        image: &mut CodedImage,
    ) -> Option<f32> {
        let rest = &chosen[candidate.compared..];
        if rest.is_empty() {
            return None;
        }
        image.set_row(candidate.node, codes);
        let mut out = [0.0; GROUP];
        for group in rest.chunks(GROUP) {
            let out = &mut out[..group.len()];
            codes.distances(self.kernels, image, group, out);
            candidate.compared += group.len();
            let nearest = out.iter().copied().fold(f32::INFINITY, f32::min).max(0.0);
            if nearest * alpha < candidate.distance {
                return Some(nearest);
            }
        }
        None
    }
}
