//! Clusters against the distances of all centres.

use super::super::CurrentThread;
use super::*;

const DIMENSIONS: usize = 16;
const ROWS: usize = 3_000;
const COUNT: usize = 37;

/// Codes of rows around some points.
fn codes(random: &mut Random) -> (CodeLayout, Vec<u8>) {
    let layout = CodeLayout::new(DIMENSIONS, ROWS);
    let points: Vec<f32> = (0..50 * DIMENSIONS).map(|_| 3.0 * random.centred()).collect();
    let mut bytes = vec![0; layout.bytes()];
    for (_, codes, headers) in layout.parts(&mut bytes, ROWS) {
        for row in 0..ROWS {
            let point = &points[random.below(50) * DIMENSIONS..][..DIMENSIONS];
            let image: Vec<f32> = point.iter().map(|value| value + random.centred()).collect();
            let length = Kernels::detect().norm_squared(&image);
            layout.encode(&image, length, (&mut *codes, &mut *headers), row);
        }
    }
    (layout, bytes)
}

/// The rows' codes with the centres' behind them.
fn joined(layout: CodeLayout, rows: &[u8], clusters: &NewClusters) -> (CodeLayout, Vec<u8>) {
    let rows = NodeCodes { bytes: rows, layout };
    let layout = CodeLayout::new(DIMENSIONS, ROWS + COUNT);
    let mut bytes = vec![0; layout.bytes()];
    (0..ROWS as u32).for_each(|row| layout.copy(&rows, row, &mut bytes, row));
    (0..COUNT as u32)
        .for_each(|centre| layout.copy(&clusters.centres(), centre, &mut bytes, ROWS as u32 + centre));
    (layout, bytes)
}

fn check(with: impl FnOnce(&Clusters<'_>, &NodeCodes<'_>)) {
    let mut random = Random(81);
    let (layout, rows) = codes(&mut random);
    let nodes: Vec<u32> = (0..ROWS as u32).collect();
    let find = |mut random: Random| {
        let rows = NodeCodes { bytes: &rows, layout };
        NewClusters::find(&rows, (ROWS as u32, COUNT), &nodes, &mut random, &CurrentThread)
    };
    let (found, again) = (find(random.clone()), find(random));
    assert_eq!((&found.assigned, &*found.codes), (&again.assigned, &*again.codes));
    let (layout, bytes) = joined(layout, &rows, &found);
    let codes = NodeCodes { bytes: &bytes, layout };
    with(&Clusters::new(codes, (ROWS as u32, COUNT as u32), &found.assigned), &codes);
}

fn image(codes: &NodeCodes<'_>, row: u32) -> CodedImage {
    let mut image = CodedImage::default();
    image.set_row(row, codes);
    image
}

fn centres(clusters: &Clusters<'_>, image: &CodedImage) -> Vec<f32> {
    let mut centres = vec![f32::NAN; COUNT];
    clusters.for_each(image, |cluster, distance| centres[cluster] = distance);
    centres
}

#[test]
fn rows_belong_to_the_nearest_centre_and_centres_lie_among_rows() {
    check(|clusters, codes| {
        assert!(clusters.are_possible());
        assert_eq!(clusters.sizes().iter().sum::<u64>(), ROWS as u64);
        let (mut own, mut all) = (0.0, 0.0);
        for row in 0..ROWS as u32 {
            let centres = centres(clusters, &image(codes, row));
            let nearest = centres.iter().copied().fold(f32::INFINITY, f32::min);
            assert_eq!(centres[clusters.of(row)].to_bits(), nearest.to_bits(), "row=`{row}`");
            own += nearest;
            all += centres.iter().sum::<f32>() / COUNT as f32;
        }
        assert!(own * 4.0 < all, "own=`{own}` all=`{all}`");
    });
}

#[test]
fn the_first_round_takes_the_nearest_clusters_and_the_second_those_within() {
    check(|clusters, codes| {
        let mut scratch = ClusterScratch::default();
        for step in [1, 3] {
            let rows: Vec<u32> = (0..ROWS as u32).step_by(step).collect();
            let image = image(codes, 5);
            let centres = centres(clusters, &image);
            clusters.choose_nearest(&image, &rows, &mut scratch);
            let first = clusters.rows_of(1, &rows, &mut scratch).to_vec();
            let far = |row: &u32| centres[clusters.of(*row)].max(0.0);
            let reached = first.iter().map(far).fold(0.0, f32::max);
            let expected = |from: f32, to: f32| -> Vec<u32> {
                rows.iter().copied().filter(|row| (from..=to).contains(&far(row))).collect()
            };
            assert_eq!(first, expected(0.0, reached), "step=`{step}`");
            assert!((rows.len() / 16..rows.len() / 3).contains(&first.len()), "rows=`{}`", first.len());
            scratch.choose_within(reached * 1.5);
            let second = clusters.rows_of(2, &rows, &mut scratch).to_vec();
            assert_eq!(second, expected(reached.next_up(), reached * 1.5), "step=`{step}`");
            scratch.choose_within(f32::INFINITY);
            let second = clusters.rows_of(2, &rows, &mut scratch).len();
            assert_eq!(first.len() + second, rows.len(), "step=`{step}`");
        }
    });
}

#[test]
fn large_graphs_have_clusters_and_not_too_many() {
    let check = |nodes, expected| assert_eq!(NewClusters::wanted(nodes), expected, "nodes=`{nodes}`");
    check(0, 0);
    check(32_767, 0);
    check(32_768, 181);
    check(339_479, 582);
    check(100_000_000, 1_024);
}
