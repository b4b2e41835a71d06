//! Links that several workers change.

use std::sync::atomic::{AtomicU32, Ordering};

use super::walk::{Links, NO_LINK};

/// Places for the links of every node.
///
/// A reader may see a list while it is rewritten, and then follows links of the old and the new one; all of
/// them were links at some time, which is all that a walk asks for.
pub(super) struct OpenLinks {
    links: Vec<AtomicU32>,
    /// Of each node the number of its links, and whether a worker is changing them.
    states: Vec<AtomicU32>,
    links_per_node: usize,
}

const LOCKED: u32 = 1 << 31;

impl OpenLinks {
    pub(super) fn new(nodes: usize, links_per_node: usize) -> Self {
        let links = (0..nodes * links_per_node).map(|_| AtomicU32::new(NO_LINK)).collect();
        let states = (0..nodes).map(|_| AtomicU32::new(0)).collect();
        Self { links, states, links_per_node }
    }

    fn of(&self, node: u32) -> &[AtomicU32] {
        &self.links[node as usize * self.links_per_node..][..self.links_per_node]
    }

    /// The links of a node.
    pub(super) fn iter(&self, node: u32) -> impl Iterator<Item = u32> + Clone {
        self.of(node).iter().map(|link| link.load(Ordering::Relaxed)).take_while(|link| *link != NO_LINK)
    }

    /// Runs `change` with the places and how many are taken, while no other worker changes them; it returns
    /// how many are taken then.
    pub(super) fn change(&self, node: u32, change: impl FnOnce(&[AtomicU32], usize) -> usize) {
        let state = &self.states[node as usize];
        let mut count = state.load(Ordering::Relaxed) & !LOCKED;
        while let Err(now) =
            state.compare_exchange_weak(count, count | LOCKED, Ordering::Acquire, Ordering::Relaxed)
        {
            count = now & !LOCKED;
            std::hint::spin_loop();
        }
        let count = change(self.of(node), count as usize);
        state.store(count as u32, Ordering::Release);
    }

    /// Fills the places with `chosen`; returns how many these are.
    pub(super) fn write(links: &[AtomicU32], chosen: &[u32]) -> usize {
        let empty = std::iter::repeat(&NO_LINK);
        for (link, node) in links.iter().zip(chosen.iter().chain(empty)) {
            link.store(*node, Ordering::Relaxed);
        }
        chosen.len()
    }
}

impl Links for OpenLinks {
    #[inline]
    fn links_max(&self) -> usize {
        self.links_per_node
    }

    #[inline]
    fn for_each(&self, node: u32, mut with: impl FnMut(u32)) {
        for link in self.of(node) {
            match link.load(Ordering::Relaxed) {
                NO_LINK => break,
                link => with(link),
            }
        }
    }

    #[inline]
    fn prefetch(&self, node: u32) {
        huedb_kernels::prefetch(self.of(node));
    }
}
