//! Taking over the nodes of an existing graph.

use super::build::{GraphBuilder, InsertScratch};
use super::links::OpenLinks;
use super::{GraphError, GraphParameters, GraphView, VectorRows, Workers};

/// A graph whose nodes go into a new one, and where to.
#[derive(Debug, Clone, Copy)]
pub struct BaseGraph<'a> {
    /// The graph.
    pub graph: GraphView<'a>,
    /// By row of the graph: its row in the new one, or [`BaseGraph::DROPPED`].
    pub moved: &'a [u32],
}

impl BaseGraph<'_> {
    /// In place of the new row of one that is left out.
    pub const DROPPED: u32 = u32::MAX;

    /// The base row and the new row of every node that stays.
    fn kept(&self) -> impl Iterator<Item = (u32, u32)> {
        let rows = (0..self.graph.rows()).zip(self.moved.iter().copied());
        rows.filter(|(row, to)| *to != Self::DROPPED && self.graph.is_linked(*row))
    }
}

impl GraphBuilder {
    /// Prepares a graph over `rows` that starts with the nodes of `base`, so that only the others have to be
    /// inserted. Where links led to a dropped row, the links of that row take their place. What was learnt of
    /// the base's rows, the centre, is kept.
    ///
    /// # Errors
    /// [`GraphError::OtherBase`], also if the rows lie so much elsewhere than those of the base did that its codes
    /// would say little about them, or as [`GraphBuilder::new`].
    pub fn extend(
        base: &BaseGraph<'_>,
        rows: &dyn VectorRows,
        skip: &dyn Fn(u32) -> bool,
        parameters: GraphParameters,
        workers: &dyn Workers,
    ) -> Result<Self, GraphError> {
        let graph = &base.graph;
        if graph.dimensions() != rows.dimensions() || base.moved.len() != graph.rows() as usize {
            return Err(GraphError::OtherBase);
        }
        if !graph.imager.suits(rows) {
            return Err(GraphError::OtherBase);
        }
        if base.moved.iter().any(|to| *to != BaseGraph::DROPPED && *to >= rows.rows()) {
            return Err(GraphError::OtherBase);
        }
        let mut builder = Self::empty(graph.imager.clone(), rows.rows(), parameters)?;
        let mut is_kept = vec![false; rows.rows() as usize];
        let mut kept = Vec::new();
        for (row, to) in base.kept() {
            builder.copy_code(graph, row, to);
            is_kept[to as usize] = true;
            kept.push(to);
        }
        // The old routers first, for they lie all over the old nodes.
        let mut routers: Vec<u32> = graph.routers.iter().map(|row| base.moved[*row as usize]).collect();
        routers.retain(|to| *to != BaseGraph::DROPPED && is_kept[*to as usize]);
        builder.start_with(routers, kept);
        builder.add_nodes(rows, &|row| skip(row) || is_kept[row as usize], workers)?;
        builder.take_links(base);
        Ok(builder)
    }

    fn take_links(&self, base: &BaseGraph<'_>) {
        let mut scratch = InsertScratch::default();
        let links = base.graph.links();
        let moved = |row: &u32| {
            let to = base.moved[*row as usize];
            (to != BaseGraph::DROPPED).then_some(to)
        };
        let linked = |row: u32| links.of(row).iter().take_while(|link| **link != super::walk::NO_LINK);
        let mut taken = Vec::new();
        for (row, to) in base.kept() {
            taken.clear();
            taken.extend(linked(row).filter_map(moved));
            if taken.len() < linked(row).count() {
                let dropped = linked(row).filter(|link| moved(link).is_none());
                taken.extend(
                    dropped.flat_map(|link| linked(*link).filter_map(moved)).filter(|link| *link != to),
                );
                taken.sort_unstable();
                taken.dedup();
            }
            if taken.len() > self.links_max() {
                self.choose_among(to, taken.iter().copied(), &mut scratch);
                std::mem::swap(&mut taken, &mut scratch.prune.chosen);
            }
            self.links().change(to, |links, _| OpenLinks::write(links, &taken));
        }
    }
}
