//! The greedy walk: follow the links of the nearest node that was not followed yet, until the pool holds
//! none.

use huedb_kernels::{Kernels, prefetch};

use super::codes::{CodedImage, GROUP, NodeCodes};
use super::passing::Passing;
use super::pool::Pool;
use super::visited::Visited;

/// In place of a link that a node does not have.
pub(super) const NO_LINK: u32 = u32::MAX;

/// Nodes that a walk follows at once, at most.
const FOLLOWED_MAX: usize = 6;

/// So many times as many each time that nothing nearer was found.
const FOLLOWED_TIMES: usize = 3;

/// A walk within a filter looks behind excluded links until it has found so many others.
const FOUND_LINKS_ENOUGH: usize = 32;

/// The links of a graph, whether it is being built or complete.
pub(super) trait Links {
    /// Links of a node, at most.
    fn links_max(&self) -> usize;

    /// Calls `with` for each node that `node` links to.
    fn for_each(&self, node: u32, with: impl FnMut(u32));

    /// Asks for the links of a node to be brought into the cache.
    fn prefetch(&self, node: u32);
}

/// The links of a complete graph.
#[derive(Debug, Clone, Copy)]
pub(super) struct StoredLinks<'a> {
    pub(super) links: &'a [u32],
    pub(super) links_per_node: usize,
}

impl StoredLinks<'_> {
    #[inline]
    pub(super) fn of(&self, node: u32) -> &[u32] {
        &self.links[node as usize * self.links_per_node..][..self.links_per_node]
    }
}

impl Links for StoredLinks<'_> {
    #[inline]
    fn links_max(&self) -> usize {
        self.links_per_node
    }

    #[inline]
    fn for_each(&self, node: u32, mut with: impl FnMut(u32)) {
        for link in self.of(node) {
            if *link == NO_LINK {
                break;
            }
            with(*link);
        }
    }

    #[inline]
    fn prefetch(&self, node: u32) {
        prefetch(self.of(node));
    }
}

/// Memory of a walk, used again by the next.
#[derive(Debug, Default)]
pub(super) struct WalkScratch {
    pub(super) pool: Pool,
    pub(super) visited: Visited,
    pub(super) image: CodedImage,
    pub(super) fresh: Vec<u32>,
    /// Of these, those that may be near enough, and the dot products of their coarse halves.
    near: Vec<u32>,
    near_dots: Vec<i32>,
    /// Links that a filter excludes, in a walk that passes over them.
    passed: Vec<u32>,
}

/// How many nodes a walk follows at once. As long as it gets nearer, whom to follow next is only known when the links of
/// the last were compared. When it does not, most that is left in the pool will be followed whatever is found, so more
/// are at once, and what waits for memory waits for all of them together.
#[derive(Debug)]
struct Pace {
    nodes: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self { nodes: 1 }
    }
}

impl Pace {
    /// Calls `with` for the nodes to follow. `None` if there is none, else [`Pool::followed`] after them.
    #[inline]
    fn follow(&self, pool: &mut Pool, mut with: impl FnMut(u32)) -> Option<usize> {
        let mut nodes = 0;
        while nodes < self.nodes
            && let Some(node) = pool.next()
        {
            with(node);
            nodes += 1;
        }
        (nodes > 0).then(|| pool.followed())
    }

    /// Follows fewer if something nearer was found than all that was left to follow, else more.
    #[inline]
    fn adapt(&mut self, pool: &Pool, followed: usize) {
        let is_nearer = pool.followed() < followed;
        self.nodes =
            if is_nearer { self.nodes.div_ceil(2) } else { (FOLLOWED_TIMES * self.nodes).min(FOLLOWED_MAX) };
    }
}

/// One walk.
pub(super) struct Walk<'a, L> {
    pub(super) kernels: Kernels,
    pub(super) codes: NodeCodes<'a>,
    pub(super) links: &'a L,
}

impl<L: Links> Walk<'_, L> {
    /// Compares `seeds` that were not seen yet and offers them to the pool; returns how many were compared.
    pub(super) fn seed(&self, seeds: impl Iterator<Item = u32>, scratch: &mut WalkScratch) -> u64 {
        scratch.fresh.clear();
        let WalkScratch { visited, fresh, .. } = scratch;
        fresh.extend(seeds.filter(|node| visited.insert(*node)));
        self.compare(scratch)
    }

    /// Walks from what is in the pool until every node of it was followed; returns how many nodes were
    /// compared with the image.
    pub(super) fn run(&self, scratch: &mut WalkScratch) -> u64 {
        let (mut compared, mut pace) = (0, Pace::default());
        loop {
            let WalkScratch { pool, visited, fresh, .. } = scratch;
            // Every link is written, and counted if it is new, since a branch would often be predicted wrong. Its code
            // is asked for at once; that of one seen before is in the cache.
            fresh.resize(pace.nodes * self.links.links_max() + 1, 0);
            let mut count = 0;
            let followed = pace.follow(pool, |node| {
                self.links.for_each(node, |link| {
                    self.codes.prefetch_coarse(link);
                    fresh[count] = link;
                    count += usize::from(visited.insert(link));
                });
            });
            let Some(followed) = followed else { return compared };
            fresh.truncate(count);
            compared += self.compare_asked(scratch);
            pace.adapt(&scratch.pool, followed);
        }
    }

    /// [`Walk::run`] among the nodes that `allowed` has. Where they are few among the links of a node, those of
    /// its other links are followed at once. Ends early, with `false`, when more than `budget` were compared.
    pub(super) fn run_within(
        &self,
        allowed: &Passing,
        budget: u64,
        compared: &mut u64,
        scratch: &mut WalkScratch,
    ) -> bool {
        let mut pace = Pace::default();
        while *compared <= budget {
            let WalkScratch { pool, visited, fresh, passed, .. } = scratch;
            fresh.clear();
            let followed =
                pace.follow(pool, |node| self.links_within(allowed, node, (visited, passed), fresh));
            let Some(followed) = followed else { return true };
            *compared += self.compare(scratch);
            pace.adapt(&scratch.pool, followed);
        }
        false
    }

    /// Adds the nodes to `fresh` that `node` links to, that `allowed` has and that were not seen yet.
    fn links_within(
        &self,
        allowed: &Passing,
        node: u32,
        (visited, passed): (&mut Visited, &mut Vec<u32>),
        fresh: &mut Vec<u32>,
    ) {
        passed.clear();
        let mut found = 0;
        self.links.for_each(node, |link| {
            if allowed.contains(link) {
                found += 1;
                if visited.insert(link) {
                    fresh.push(link);
                }
            } else if visited.insert(link) {
                self.links.prefetch(link);
                passed.push(link);
            }
        });
        for node in &*passed {
            if found >= FOUND_LINKS_ENOUGH {
                break;
            }
            self.links.for_each(*node, |link| {
                if allowed.contains(link) {
                    found += 1;
                    if visited.insert(link) {
                        fresh.push(link);
                    }
                }
            });
        }
    }

    /// Asks for the codes of the fresh nodes and compares them.
    pub(super) fn compare(&self, scratch: &mut WalkScratch) -> u64 {
        scratch.fresh.iter().for_each(|node| self.codes.prefetch_coarse(*node));
        self.compare_asked(scratch)
    }

    /// Compares the fresh nodes, whose codes were asked for, and offers them to the pool: first the coarse halves of
    /// their codes, then the fine ones of those that may be near enough.
    #[inline]
    pub(super) fn compare_asked(&self, scratch: &mut WalkScratch) -> u64 {
        let WalkScratch { pool, fresh, image, near, near_dots, .. } = scratch;
        near.clear();
        near_dots.clear();
        let bound = pool.farthest();
        let (mut dots, mut bounds) = ([0; GROUP], [0.0; GROUP]);
        for nodes in fresh.chunks(GROUP) {
            let (dots, bounds) = (&mut dots[..nodes.len()], &mut bounds[..nodes.len()]);
            self.codes.coarse(self.kernels, image, nodes, (dots, bounds));
            for ((node, dot), lower) in nodes.iter().zip(&*dots).zip(&*bounds) {
                if *lower <= bound {
                    self.codes.prefetch_fine(*node);
                    near.push(*node);
                    near_dots.push(*dot);
                }
            }
        }
        let mut distances = [0.0; GROUP];
        for (nodes, dots) in near.chunks(GROUP).zip(near_dots.chunks(GROUP)) {
            let distances = &mut distances[..nodes.len()];
            self.codes.fine(self.kernels, image, nodes, dots, distances);
            pool.offer(nodes, distances, |node| self.links.prefetch(node));
        }
        fresh.len() as u64
    }
}
