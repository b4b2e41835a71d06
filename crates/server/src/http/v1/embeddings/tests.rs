use super::{FastEmbeddings, from_json};
use crate::http::v1::{error::ApiError, json::Json};

fn read_slowly(json: &str) -> Result<Vec<Vec<f32>>, ApiError> {
    serde_json::from_str::<Vec<Json>>(json).unwrap().iter().map(from_json).collect()
}

#[track_caller]
fn check_refused(json: &str, class: &str, text: &str) {
    assert!(serde_json::from_str::<FastEmbeddings>(json).is_err(), "{json}");
    match read_slowly(json) {
        Err(ApiError::Raised { class: c, text: t }) => assert_eq!((c, t.as_str()), (class, text)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn both_ways_read_the_same_numbers() {
    let json = "[[1,2.5,-0.1],[1e-3,16777217,3.4028235e38],[]]";
    let expected = vec![vec![1.0, 2.5, -0.1], vec![1e-3, 16_777_216.0, f32::MAX], vec![]];
    assert_eq!(serde_json::from_str::<FastEmbeddings>(json).unwrap().0, expected);
    assert_eq!(read_slowly(json).unwrap(), expected);
}

#[test]
fn truth_values_are_numbers() {
    assert!(serde_json::from_str::<FastEmbeddings>("[[true,false]]").is_err());
    assert_eq!(read_slowly("[[true,false]]").unwrap(), [[1.0, 0.0]]);
}

#[test]
fn what_is_no_embedding_is_refused() {
    let unsized_object = "len() of unsized object";
    check_refused("[1,2]", "TypeError", unsized_object);
    check_refused("[null]", "TypeError", unsized_object);
    check_refused("[\"abc\"]", "TypeError", unsized_object);
    check_refused("[{}]", "TypeError", unsized_object);
    check_refused("[[\"a\",\"b\"]]", "ValueError", "could not convert string to float: np.str_('a')");
    let finite = "Expected each value in the embedding to be a finite 32-bit float, got";
    check_refused("[[null,1]]", "ValueError", &format!("{finite} None"));
    check_refused("[[1e40,1]]", "ValueError", &format!("{finite} 1e+40"));
    check_refused("[[[1,2]]]", "ValueError", &format!("{finite} [1, 2]"));
}
