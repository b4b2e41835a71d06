use super::{EmbeddingsPayload, UpdateEmbeddingsPayload, check_one_dimension};

fn vectors(payload: &str) -> Result<Vec<Vec<f32>>, String> {
    let payload: EmbeddingsPayload = serde_json::from_str(payload).map_err(|error| error.to_string())?;
    payload.into_vectors().map_err(|error| error.message().to_owned())
}

fn changes(payload: &str) -> Result<Vec<Option<Vec<f32>>>, String> {
    let payload: UpdateEmbeddingsPayload =
        serde_json::from_str(payload).map_err(|error| error.to_string())?;
    payload.into_vectors().map_err(|error| error.message().to_owned())
}

#[track_caller]
fn check(payload: &str, expected: &[&[f32]]) {
    let expected: Vec<_> = expected.iter().map(|vector| vector.to_vec()).collect();
    assert_eq!(vectors(payload), Ok(expected), "payload=`{payload}`");
}

#[track_caller]
fn check_error(payload: &str, expected: &str) {
    assert_eq!(vectors(payload), Err(expected.to_owned()), "payload=`{payload}`");
}

#[test]
fn numbers_of_every_kind_are_floats() {
    check("[[1, -2, 0.5, 1e2]]", &[&[1.0, -2.0, 0.5, 100.0]]);
    check("[[0.10000000149011612], [3.4028234663852886e38]]", &[&[0.1], &[f32::MAX]]);
    check("[]", &[]);
}

#[test]
fn base64_is_little_endian_floats() {
    check("[\"AACAPwAAAAAAAAAA\", \"AAAAAAAAgD8AAAAA\"]", &[&[1.0, 0.0, 0.0], &[0.0, 1.0, 0.0]]);
}

#[test]
fn base64_that_is_none_is_refused() {
    check_error("[\"!!!\"]", "Invalid base64 string: Invalid symbol 33, offset 0.");
    check_error(
        "[\"YWJj\"]",
        "Invalid byte length: 3 bytes cannot be converted to f32 values (must be divisible by 4)",
    );
    check_error("[\"AADAfwAAgD8AAIA/\"]", "Non-finite float value at embedding index 0: NaN");
    check_error("[\"\"]", "Validation error: embeddings: Each embedding must have at least 1 dimension");
}

#[test]
fn embeddings_are_finite_and_not_empty() {
    check_error("[[]]", "Validation error: embeddings: Each embedding must have at least 1 dimension");
    check_error(
        "[[1e39]]",
        "Validation error: embeddings: Embeddings must not contain NaN or Infinity values",
    );
    check_error(
        &format!("[[{}1]]", "1,".repeat(65_536)),
        "Validation error: embeddings: Each embedding must have at most 65536 dimensions",
    );
}

#[test]
fn other_shapes_are_refused() {
    for payload in [
        "null",
        "1",
        "-1",
        "0.5",
        "true",
        "\"abc\"",
        "{\"a\": [1]}",
        "[1, 2]",
        "[null]",
        "[{}]",
        "[[\"a\", 1]]",
        "[[true, {}, [2]]]",
        "[[[1]]]",
        "[[1], \"AACAPw==\"]",
        "[\"AACAPw==\", [1]]",
    ] {
        check_error(payload, "data did not match any variant of untagged enum EmbeddingsPayload");
    }
}

#[test]
fn null_keeps_the_stored_embedding_in_an_update() {
    assert_eq!(changes("[null, [7, 7]]"), Ok(vec![None, Some(vec![7.0, 7.0])]));
    assert_eq!(changes("[null, \"AACAPw==\", null]"), Ok(vec![None, Some(vec![1.0]), None]));
    assert_eq!(changes("[null, null]"), Ok(vec![None, None]));
    assert!(changes("[null, \"AACAPw==\", [1]]").unwrap_err().contains("UpdateEmbeddingsPayload"));
}

#[test]
fn embeddings_of_one_request_have_one_dimension() {
    assert!(check_one_dimension(&[vec![1.0, 2.0], vec![3.0, 4.0]]).is_ok());
    assert!(check_one_dimension(&Vec::<Vec<f32>>::new()).is_ok());
    let error = check_one_dimension(&[vec![1.0, 2.0], vec![3.0]]).unwrap_err();
    assert_eq!(error.message(), "Inconsistent dimensions in provided embeddings");
}
