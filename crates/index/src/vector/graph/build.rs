//! Building a graph node by node.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use huedb_kernels::{Buffer, Kernels};
use huedb_types::Distance;

use super::calibrate::{Calibration, calibrate};
use super::clusters::NewClusters;
use super::codes::{CodeLayout, CodedImage, GROUP, NodeCodes};
use super::image::{ImageScratch, Imager};
use super::links::OpenLinks;
use super::pool::NODES_MAX;
use super::prune::{PruneRule, PruneScratch};
use super::random::Random;
use super::walk::{NO_LINK, Walk, WalkScratch};
use super::width::Width;
use super::{Graph, GraphError, GraphHead, GraphParameters, GraphView, VectorRows, Workers};

/// Rows encoded before a worker asks for more.
const ENCODED_ROWS: usize = 256;

/// While a graph is built nodes may have so many links for 4 in the end, which spares most of the pruning.
const SLACK_LINKS_FOR_FOUR: usize = 5;

/// With more strays than one in so many rows there is no graph.
const STRAYS_ONE_IN: usize = 16;

/// A graph that is being built.
pub struct GraphBuilder {
    imager: Imager,
    parameters: GraphParameters,
    random: Random,
    rows: u32,
    codes: Buffer<u8>,
    layout: CodeLayout,
    links: OpenLinks,
    /// The nodes in the order of their insertion, those of a base first.
    order: Vec<u32>,
    /// Where walks start; those that are still to be inserted come last and in the same order.
    routers: Vec<u32>,
    /// How many routers a base had.
    base_routers: usize,
    base_nodes: usize,
    /// How many nodes of the order are taken.
    taken: AtomicUsize,
    strays: Vec<u32>,
}

/// Memory of one worker.
#[derive(Default)]
pub(super) struct InsertScratch {
    walk: WalkScratch,
    pub(super) prune: PruneScratch,
    near: Vec<(u32, f32)>,
    image: CodedImage,
}

impl GraphBuilder {
    /// Prepares a graph over `rows`, without those that `skip` returns true for. Encodes them with the help of
    /// `workers`.
    ///
    /// # Errors
    /// [`GraphError::Unsuitable`] if the rows are too few, too many, too long or too odd for a graph.
    pub fn new(
        distance: Distance,
        rows: &dyn VectorRows,
        skip: &dyn Fn(u32) -> bool,
        parameters: GraphParameters,
        workers: &dyn Workers,
    ) -> Result<Self, GraphError> {
        if rows.rows() >= NODES_MAX || rows.dimensions() == 0 {
            return Err(GraphError::Unsuitable);
        }
        let mut random = Random(parameters.seed);
        let imager = Imager::learn(distance, rows, &mut random).ok_or(GraphError::Unsuitable)?;
        let mut builder = Self::empty(imager, rows.rows(), parameters)?;
        builder.add_nodes(rows, skip, workers)?;
        Ok(builder)
    }

    pub(super) fn empty(imager: Imager, rows: u32, parameters: GraphParameters) -> Result<Self, GraphError> {
        let dimensions = imager.coded_dimensions();
        if rows >= NODES_MAX || !CodeLayout::fits(dimensions) {
            return Err(GraphError::Unsuitable);
        }
        let parameters = parameters.within_bounds();
        let layout = CodeLayout::new(dimensions, rows as usize);
        Ok(Self {
            imager,
            parameters,
            random: Random(parameters.seed),
            rows,
            codes: Buffer::zeroed(layout.bytes()),
            layout,
            links: OpenLinks::new(rows as usize, parameters.links * SLACK_LINKS_FOR_FOUR / 4),
            order: Vec::new(),
            routers: Vec::new(),
            base_routers: 0,
            base_nodes: 0,
            taken: AtomicUsize::new(0),
            strays: Vec::new(),
        })
    }

    /// Makes the nodes of a base, and its routers, those of this graph; their codes and links are the caller's
    /// business.
    pub(super) fn start_with(&mut self, routers: Vec<u32>, nodes: Vec<u32>) {
        self.base_routers = routers.len();
        self.routers = routers;
        self.base_nodes = nodes.len();
        self.order = nodes;
        *self.taken.get_mut() = self.base_nodes;
    }

    pub(super) fn copy_code(&mut self, graph: &GraphView<'_>, row: u32, to: u32) {
        self.layout.copy(&graph.node_codes(), row, &mut self.codes, to);
    }

    /// Encodes the rows that `skip` leaves and makes them nodes to be inserted.
    pub(super) fn add_nodes(
        &mut self,
        rows: &dyn VectorRows,
        skip: &dyn Fn(u32) -> bool,
        workers: &dyn Workers,
    ) -> Result<(), GraphError> {
        let nodes: Vec<u32> = (0..rows.rows()).filter(|row| !skip(*row)).collect();
        self.encode(rows, &nodes, workers);
        let strays = &self.strays;
        self.order.extend(nodes.into_iter().filter(|row| strays.binary_search(row).is_err()));
        if self.order.is_empty() || self.strays.len() > self.order.len() / STRAYS_ONE_IN {
            return Err(GraphError::Unsuitable);
        }
        self.random.shuffle(&mut self.order[self.base_nodes..]);
        // New routers are the first of the new nodes, in proportion to how many these are.
        let wanted = routers(self.order.len()).saturating_sub(self.base_routers);
        let first = usize::from(self.base_routers == 0);
        let new = wanted.max(first).min(self.order.len() - self.base_nodes);
        self.routers.extend_from_slice(&self.order[self.base_nodes..][..new]);
        if self.routers.is_empty() {
            self.routers.push(self.order[0]);
            self.base_routers = 1;
        }
        Ok(())
    }

    /// Encodes `nodes`, ascending; those without an image become strays.
    fn encode(&mut self, rows: &dyn VectorRows, nodes: &[u32], workers: &dyn Workers) {
        let strays = Mutex::new(Vec::new());
        let (imager, layout) = (&self.imager, self.layout);
        let parts = Mutex::new(layout.parts(&mut self.codes, ENCODED_ROWS));
        workers.run(&|| {
            let mut image = ImageScratch::default();
            while let Some((first, codes, headers)) = { lock(&parts).next() } {
                let start = nodes.partition_point(|node| *node < first);
                let here = nodes[start..].iter().take_while(|node| **node < first + ENCODED_ROWS as u32);
                for node in here {
                    match imager.write(&rows.vector(*node), false, &mut image) {
                        Some(length) => {
                            let at = (node - first) as usize;
                            layout.encode(&image.image, length, (&mut *codes, &mut *headers), at);
                        }
                        None => lock(&strays).push(*node),
                    }
                }
            }
        });
        self.strays.extend(strays.into_inner().unwrap_or_default());
        self.strays.sort_unstable();
    }

    /// How many nodes are in the graph, and how many will be.
    pub fn progress(&self) -> (u64, u64) {
        let total = self.order.len();
        (self.taken.load(Ordering::Relaxed).min(total) as u64, total as u64)
    }

    /// Inserts every node that is left, with the help of `workers`, unless `is_cancelled` says to stop; the
    /// graph is incomplete then and must not be used.
    pub fn insert_all(&self, workers: &dyn Workers, is_cancelled: &(dyn Fn() -> bool + Sync)) {
        workers.run(&|| {
            let mut scratch = InsertScratch::default();
            while !is_cancelled() {
                let place = self.taken.fetch_add(1, Ordering::Relaxed);
                let Some(node) = self.order.get(place) else { break };
                let inserted = self.base_routers + place - self.base_nodes;
                self.insert(*node, &self.routers[..inserted.min(self.routers.len())], &mut scratch);
            }
        });
    }

    fn node_codes(&self) -> NodeCodes<'_> {
        NodeCodes { bytes: &self.codes, layout: self.layout }
    }

    fn insert(&self, node: u32, routers: &[u32], scratch: &mut InsertScratch) {
        let codes = self.node_codes();
        let kernels = Kernels::detect();
        let walk = Walk { kernels, codes, links: &self.links };
        let state = &mut scratch.walk;
        state.image.set_row(node, &codes);
        state.pool.reset(Width::exactly(self.parameters.candidates));
        state.visited.reset(self.rows);
        state.visited.insert(node);
        walk.seed(routers.iter().copied(), state);
        walk.run(state);
        scratch.near.clear();
        scratch.near.extend(state.pool.nearest());
        self.rule().choose(&codes, node, &scratch.near, &mut scratch.prune);
        let chosen = std::mem::take(&mut scratch.prune.chosen);
        self.links.change(node, |links, _| OpenLinks::write(links, &chosen));
        for other in &chosen {
            self.link_back(*other, node, scratch);
        }
        scratch.prune.chosen = chosen;
    }

    fn rule(&self) -> PruneRule {
        let GraphParameters { alpha, links, .. } = self.parameters;
        PruneRule { kernels: Kernels::detect(), alpha, links }
    }

    /// Links `node` to `new`.
    fn link_back(&self, node: u32, new: u32, scratch: &mut InsertScratch) {
        self.links.change(node, |links, count| {
            if links[..count].iter().any(|link| link.load(Ordering::Relaxed) == new) {
                return count;
            }
            if let Some(free) = links.get(count) {
                free.store(new, Ordering::Relaxed);
                return count + 1;
            }
            let all = links.iter().map(|link| link.load(Ordering::Relaxed)).chain([new]);
            self.choose_among(node, all, scratch);
            OpenLinks::write(links, &scratch.prune.chosen)
        });
    }

    pub(super) fn links(&self) -> &OpenLinks {
        &self.links
    }

    /// Links of a node in the end, at most.
    pub(super) fn links_max(&self) -> usize {
        self.parameters.links
    }

    /// Chooses links of `node` among `others`, into `scratch.prune.chosen`.
    pub(super) fn choose_among(
        &self,
        node: u32,
        others: impl Iterator<Item = u32>,
        scratch: &mut InsertScratch,
    ) {
        let codes = self.node_codes();
        scratch.near.clear();
        scratch.near.extend(others.map(|other| (other, 0.0)));
        scratch.image.set_row(node, &codes);
        let (mut nodes, mut out) = ([0; GROUP], [0.0; GROUP]);
        for group in scratch.near.chunks_mut(GROUP) {
            let count = group.len();
            nodes.iter_mut().zip(&*group).for_each(|(node, (other, _))| *node = *other);
            codes.distances(Kernels::detect(), &scratch.image, &nodes[..count], &mut out[..count]);
            group.iter_mut().zip(out).for_each(|((_, distance), out)| *distance = out);
        }
        scratch.near.sort_unstable_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        self.rule().choose(&codes, node, &scratch.near, &mut scratch.prune);
    }

    /// The complete graph. Nodes with more links than they may have in the end lose some; rows are assigned to clusters
    /// with the help of `workers`.
    ///
    /// # Panics
    /// If the insertion was cancelled.
    pub fn finish(mut self, rows: &dyn VectorRows, workers: &dyn Workers) -> Graph {
        let (inserted, total) = self.progress();
        assert_eq!(inserted, total, "a graph is complete when all nodes were inserted");
        let links = self.final_links();
        // Their memory is free before that of the codes, which are the larger part, is taken once more.
        self.links = OpenLinks::new(0, 0);
        let sizes = (self.rows, NewClusters::wanted(self.order.len()));
        let random = &mut self.random.clone();
        let clusters = NewClusters::find(&self.node_codes(), sizes, &self.order, random, workers);
        let codes = self.final_codes(&clusters);
        let head = GraphHead {
            imager: self.imager,
            rows: self.rows,
            links_per_node: self.parameters.links,
            calibration: Calibration::default(),
            routers: self.routers,
            strays: self.strays,
            clusters: clusters.count,
        };
        let mut graph = Graph { head, links, codes };
        graph.head.calibration = calibrate(&graph.view(), rows, &self.order, &mut self.random);
        graph
    }

    /// The codes of the rows, the routers and the clusters' centres, then the clusters of the rows.
    fn final_codes(&self, clusters: &NewClusters) -> Buffer<u8> {
        let centres = clusters.centres();
        let count = self.rows as usize + self.routers.len() + clusters.count as usize;
        let layout = CodeLayout::new(self.layout.dimensions, count);
        let mut bytes = Buffer::zeroed(layout.bytes() + clusters.assigned.len());
        let (codes, assigned) = bytes.split_at_mut(layout.bytes());
        assigned.copy_from_slice(&clusters.assigned);
        let rows = (0..self.rows).chain(self.routers.iter().copied()).map(|row| (self.node_codes(), row));
        let centres = (0..clusters.count).map(|centre| (centres, centre));
        for (to, (from, row)) in (0..).zip(rows.chain(centres)) {
            layout.copy(&from, row, codes, to);
        }
        bytes
    }

    fn final_links(&self) -> Buffer<u32> {
        let links_per_node = self.parameters.links;
        let mut links = Buffer::zeroed(self.rows as usize * links_per_node);
        links.fill(NO_LINK);
        let mut scratch = InsertScratch::default();
        for (node, out) in (0_u32..).zip(links.chunks_exact_mut(links_per_node)) {
            let all = self.links.iter(node);
            if all.clone().count() <= links_per_node {
                out.iter_mut().zip(all).for_each(|(out, link)| *out = link);
            } else {
                self.choose_among(node, all, &mut scratch);
                out.iter_mut().zip(&scratch.prune.chosen).for_each(|(out, link)| *out = *link);
            }
        }
        links
    }
}

/// How many of `nodes` are where walks start: about the cube root, few enough to be compared by every search.
fn routers(nodes: usize) -> usize {
    (nodes as f64).cbrt() as usize
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
