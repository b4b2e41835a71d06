//! A graph as it is stored: three arrays, of which the small one says what the large ones are.

use huedb_types::Distance;

use super::calibrate::Calibration;
use super::clusters::{CLUSTERS_MAX, Clusters};
use super::codes::{CodeLayout, NodeCodes};
use super::image::Imager;
use super::plane::Plane;
use super::pool::NODES_MAX;
use super::walk::{NO_LINK, StoredLinks};

/// The first number of every head; another layout gets another.
const VERSION: u32 = 6;

/// Most links of a node.
pub(super) const LINKS_MAX: usize = 512;

/// A graph, borrowed from wherever it is stored.
#[derive(Debug, Clone, Copy)]
pub struct GraphView<'a> {
    pub(super) imager: &'a Imager,
    pub(super) routers: &'a [u32],
    pub(super) strays: &'a [u32],
    head: &'a GraphHead,
    links: &'a [u32],
    codes: &'a [u8],
    layout: CodeLayout,
    /// The cluster of every row.
    assigned: &'a [u8],
}

/// The small part of a graph, decoded.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphHead {
    pub(super) imager: Imager,
    pub(super) rows: u32,
    pub(super) links_per_node: usize,
    pub(super) calibration: Calibration,
    pub(super) routers: Vec<u32>,
    /// Rows without links or codes, ascending.
    pub(super) strays: Vec<u32>,
    /// The number of clusters.
    pub(super) clusters: u32,
}

/// The arrays given are not a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a graph, wrong=`{wrong}`")]
pub struct GraphDamage {
    wrong: &'static str,
}

fn check(holds: bool, wrong: &'static str) -> Result<(), GraphDamage> {
    if holds { Ok(()) } else { Err(GraphDamage { wrong }) }
}

impl GraphHead {
    /// The bytes to be stored: little-endian numbers of four bytes, all but one.
    ///
    /// Version, distance (0 Euclidean, 1 cosine, 2 inner product), rows, dimensions, links of a node, clusters, effort,
    /// spread and the clusters' reach (floats), the squared length of rows under the inner product (a float of eight
    /// bytes); then the number of routers and the routers, the number of strays and the strays, and the centre (floats). Behind it the
    /// plane's number of directions (0 for none) and their scales (floats), where the centre lies in it (as many floats,
    /// or none, behind their number), and the directions: four dimensions of each, one byte a dimension that stands 128
    /// above what it means, then the next four, padded with 128.
    pub fn encode(&self) -> Vec<u8> {
        let distance = match self.imager.distance {
            Distance::L2 => 0,
            Distance::Cosine => 1,
            Distance::Ip => 2,
        };
        let (dimensions, links) = (self.imager.dimensions as u32, self.links_per_node as u32);
        let sizes = [VERSION, distance, self.rows, dimensions, links, self.clusters];
        let mut bytes: Vec<u8> = sizes.iter().flat_map(|size| size.to_le_bytes()).collect();
        let Calibration { effort, spread, cluster_reach } = self.calibration;
        bytes.extend([effort, spread, cluster_reach].iter().flat_map(|value| value.to_le_bytes()));
        bytes.extend(self.imager.length.to_le_bytes());
        for list in [&self.routers, &self.strays] {
            bytes.extend((list.len() as u32).to_le_bytes());
            bytes.extend(list.iter().flat_map(|row| row.to_le_bytes()));
        }
        let (scales, origin, matrix) = self.imager.plane.as_ref().map(Plane::parts).unwrap_or_default();
        bytes.extend(self.imager.centre.iter().flat_map(|value| value.to_le_bytes()));
        for list in [scales, origin] {
            bytes.extend((list.len() as u32).to_le_bytes());
            bytes.extend(list.iter().flat_map(|value| value.to_le_bytes()));
        }
        bytes.extend(matrix);
        bytes
    }

    /// The head whose bytes these are.
    ///
    /// # Errors
    /// If they are not those of a head, or of one that a newer version wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, GraphDamage> {
        let mut input = Input(bytes);
        check(input.u32()? == VERSION, "version")?;
        let distance = match input.u32()? {
            0 => Distance::L2,
            1 => Distance::Cosine,
            2 => Distance::Ip,
            _ => return Err(GraphDamage { wrong: "distance" }),
        };
        let (rows, dimensions, links_per_node) = (input.u32()?, input.u32()? as usize, input.u32()? as usize);
        let clusters = input.u32()?;
        let mut float = || input.take().map(f32::from_le_bytes);
        let calibration = Calibration { effort: float()?, spread: float()?, cluster_reach: float()? };
        let length = f64::from_le_bytes(input.take()?);
        let (routers, strays) = (input.list()?, input.list()?);
        let values = dimensions + usize::from(distance == Distance::Ip);
        let centre = input.floats(values)?;
        let plane = input.plane(values)?;
        check(input.0.is_empty(), "length")?;
        let imager = Imager { distance, dimensions, centre, length, plane };
        let head = Self { imager, rows, links_per_node, calibration, routers, strays, clusters };
        head.check().map(|()| head)
    }

    /// The codes are those of the rows, then once more those of the routers, then those of the clusters' centres.
    fn code_layout(&self) -> CodeLayout {
        let count = self.rows as usize + self.routers.len() + self.clusters as usize;
        CodeLayout::new(self.imager.coded_dimensions(), count)
    }

    fn check(&self) -> Result<(), GraphDamage> {
        check(self.rows < NODES_MAX && self.imager.dimensions > 0, "rows or dimensions")?;
        check((1..=LINKS_MAX).contains(&self.links_per_node), "number of links")?;
        check(self.calibration.is_possible(), "effort, spread or reach")?;
        check(self.clusters <= CLUSTERS_MAX as u32, "number of clusters")?;
        check(!self.routers.is_empty(), "routers")?;
        check(self.routers.iter().chain(&self.strays).all(|row| *row < self.rows), "routers or strays")?;
        check(self.strays.is_sorted(), "order of the strays")
    }
}

struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn take<const BYTES: usize>(&mut self) -> Result<[u8; BYTES], GraphDamage> {
        let (bytes, rest) = self.0.split_first_chunk::<BYTES>().ok_or(GraphDamage { wrong: "length" })?;
        self.0 = rest;
        Ok(*bytes)
    }

    fn u32(&mut self) -> Result<u32, GraphDamage> {
        self.take().map(u32::from_le_bytes)
    }

    fn list(&mut self) -> Result<Vec<u32>, GraphDamage> {
        let count = self.u32()? as usize;
        check(count <= self.0.len() / 4, "length of a list")?;
        (0..count).map(|_| self.u32()).collect()
    }

    fn floats(&mut self, count: usize) -> Result<Vec<f32>, GraphDamage> {
        check(count <= self.0.len() / 4, "length of a list")?;
        (0..count).map(|_| self.take().map(f32::from_le_bytes)).collect()
    }

    fn plane(&mut self, dimensions: usize) -> Result<Option<Plane>, GraphDamage> {
        let mut list = || {
            let count = self.u32()? as usize;
            self.floats(count)
        };
        let (scales, origin) = (list()?, list()?);
        if scales.is_empty() && origin.is_empty() {
            return Ok(None);
        }
        let bytes = Plane::matrix_bytes(dimensions, scales.len()).filter(|bytes| *bytes <= self.0.len());
        let (matrix, rest) = self.0.split_at(bytes.ok_or(GraphDamage { wrong: "plane" })?);
        self.0 = rest;
        let plane = Plane::from_parts(dimensions, (scales, origin), matrix.to_vec());
        check(plane.is_some(), "plane").map(|()| plane)
    }
}

impl<'a> GraphView<'a> {
    /// The graph of these arrays, which have been checked before.
    ///
    /// # Errors
    /// If their lengths are not those that the head says.
    pub fn new(head: &'a GraphHead, links: &'a [u32], codes: &'a [u8]) -> Result<Self, GraphDamage> {
        let rows = head.rows as usize;
        check(links.len() == rows.saturating_mul(head.links_per_node), "length of the links")?;
        let (imager, layout) = (&head.imager, head.code_layout());
        let (codes, assigned) =
            codes.split_at_checked(layout.bytes()).ok_or(GraphDamage { wrong: "length of the codes" })?;
        check(
            assigned.len() == Clusters::assigned_bytes(rows, head.clusters as usize),
            "length of the codes",
        )?;
        Ok(Self {
            imager,
            routers: &head.routers,
            strays: &head.strays,
            head,
            links,
            codes,
            layout,
            assigned,
        })
    }

    /// Checks every link and the cluster of every row; reads all of them.
    ///
    /// # Errors
    /// If one leads to a row or a cluster that there is not.
    pub fn check_links(&self) -> Result<(), GraphDamage> {
        check(self.clusters().are_possible(), "cluster")?;
        // Counted from 1, with 0 for no link, the largest tells of all, and is found many at a time.
        const { assert!(NO_LINK == u32::MAX, "no link must become 0") };
        let largest = self.links.iter().fold(0, |largest, link| link.wrapping_add(1).max(largest));
        check(largest <= self.head.rows, "link")
    }

    /// The number of rows of the block, strays included.
    pub fn rows(&self) -> u32 {
        self.head.rows
    }

    /// The length of the rows' vectors.
    pub fn dimensions(&self) -> usize {
        self.imager.dimensions
    }

    /// The distance that the graph was built for.
    pub fn distance(&self) -> Distance {
        self.imager.distance
    }

    /// How much more or less than asked for its usual search keeps: the power of the candidates asked for, in units of
    /// the neighbours looked for.
    pub fn effort(&self) -> f32 {
        self.head.calibration.effort
    }

    pub(super) fn calibration(&self) -> Calibration {
        self.head.calibration
    }

    /// Links of a node, at most.
    pub fn links_per_node(&self) -> usize {
        self.head.links_per_node
    }

    pub(super) fn links(&self) -> StoredLinks<'a> {
        StoredLinks { links: self.links, links_per_node: self.head.links_per_node }
    }

    pub(super) fn node_codes(&self) -> NodeCodes<'a> {
        NodeCodes { bytes: self.codes, layout: self.layout }
    }

    /// All clusters, if there are any.
    pub(super) fn clusters(&self) -> Clusters<'a> {
        let first = self.head.rows + self.routers.len() as u32;
        Clusters::new(self.node_codes(), (first, self.head.clusters), self.assigned)
    }

    /// Whether a row has a code and links.
    #[inline]
    pub(super) fn is_linked(&self, row: u32) -> bool {
        self.strays.is_empty() || self.strays.binary_search(&row).is_err()
    }
}
