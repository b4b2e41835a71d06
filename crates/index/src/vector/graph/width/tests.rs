//! Widths of usual, easy and hard searches.

use super::*;

#[test]
fn a_width_follows_what_was_asked_for_and_what_the_graph_needs() {
    let check = |candidates, k, (effort, spread), least, reach: f32, most| {
        let width = Width::adaptive(candidates, k, Calibration { effort, spread, ..Calibration::default() });
        let expected = Width { least, rank: k.max(10), reach: width.reach, most };
        assert_eq!(width, expected, "candidates=`{candidates}` k=`{k}` effort=`{effort}`");
        assert_eq!(width.usual(), most / 4, "candidates=`{candidates}` k=`{k}` effort=`{effort}`");
        assert!((width.reach - reach).abs() < 1e-4, "reach=`{}` expected=`{reach}`", width.reach);
    };
    check(10, 10, (1.0, 0.5), 10, 1.0, 40);
    check(40, 10, (1.0, 0.5), 40, 2.0, 160);
    check(40, 10, (2.0, 0.5), 40, 4.0, 640);
    check(40, 10, (0.5, 0.5), 40, 2.0_f32.sqrt(), 160);
    check(1_000, 10, (2.0, 0.5), 1_000, 1_000.0_f32.sqrt(), 40_000);
    // What is looked for is kept, and few neighbours are as hard to find as ten.
    check(1, 25, (1.0, 0.5), 25, 1.0, 100);
    check(40, 1, (1.0, 0.5), 40, 2.0, 160);
    // Without a spread all queries are alike.
    check(40, 10, (1.0, 0.0), 40, 1.0, 160);
    check(40, 10, (2.0, 0.0), 160, 1.0, 640);
    check(40, 10, (0.5, 0.0), 40, 1.0, 160);
}
