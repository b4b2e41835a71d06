use serde_json::{Value, json};

use super::median;

#[track_caller]
fn check(documents: &[Value], expected: &Value) {
    assert_eq!(&median(documents), expected);
}

#[test]
fn the_median_is_taken_of_every_number_at_any_depth() {
    let document = |rate: f64| json!({"name": "a", "rows": [{"rate": rate, "recall": null}]});
    let expected = json!({"name": "a", "rows": [{"rate": 20.0, "recall": null}]});
    check(&[document(20.0), document(100.0), document(1.0)], &expected);
}

#[test]
fn the_median_of_two_numbers_lies_between_them() {
    check(&[json!(1.0), json!(2.0)], &json!(1.5));
    check(&[json!(7.0)], &json!(7.0));
}

#[test]
fn a_number_that_is_the_same_in_every_round_is_kept_as_it_is() {
    check(&[json!(8), json!(8)], &json!(8));
}
