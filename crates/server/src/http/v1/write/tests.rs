use huedb_types::{MetadataValue, Patch, RecordPatch, limits::BATCH_RECORDS_MAX};

use super::WriteBody;
use crate::http::v1::{error::ApiError, json::Json, pydantic::Fields, python_json, request::RequestBody};

fn read_slowly(json: &str) -> WriteBody {
    let (value, refusal) = python_json::parse(json.as_bytes()).unwrap().into_parts();
    assert_eq!(refusal, None);
    let Json::Dict(dict) = value else { panic!("an object") };
    WriteBody::read_fields(&mut Fields::new(&dict)).unwrap()
}

/// Both ways must agree wherever the fast one reads at all.
#[track_caller]
fn patches(json: &str, is_fast: bool) -> Vec<RecordPatch> {
    let slow = read_slowly(json).into_patches(None).unwrap();
    let fast = WriteBody::read_fast(json.as_bytes());
    assert_eq!(fast.is_some(), is_fast, "{json}");
    if let Some(fast) = fast {
        assert_eq!(fast.into_patches(None).unwrap(), slow, "{json}");
    }
    slow
}

#[track_caller]
fn check_refused(json: &str, dimension: Option<u32>, class: &str, text: &str) {
    let body = WriteBody::read_fast(json.as_bytes()).unwrap_or_else(|| read_slowly(json));
    match body.into_patches(dimension) {
        Err(ApiError::Raised { class: c, text: t }) => assert_eq!((c, t.as_str()), (class, text), "{json}"),
        other => panic!("{json}: {other:?}"),
    }
}

#[test]
fn lists_become_one_patch_per_id() {
    let found = patches(
        r#"{"ids": ["a", "b"], "embeddings": [[1, 2], [0.5, 1e1]], "metadatas": [{"k": 1, "n": null, "f": 1.0}, null],
            "documents": ["x", null], "uris": [null, "u"]}"#,
        true,
    );
    assert_eq!(found[0].id, "a");
    assert_eq!(found[0].embedding, Some(vec![1.0, 2.0]));
    assert_eq!(found[0].metadata["k"], Some(MetadataValue::Int(1)));
    assert_eq!(found[0].metadata["f"], Some(MetadataValue::Float(1.0)));
    assert_eq!(found[0].metadata["n"], None);
    assert_eq!((&found[0].document, &found[0].uri), (&Patch::Set("x".into()), &Patch::Clear));
    assert_eq!(found[1].embedding, Some(vec![0.5, 10.0]));
    assert!(found[1].metadata.is_empty());
    assert_eq!((&found[1].document, &found[1].uri), (&Patch::Clear, &Patch::Set("u".into())));
}

#[test]
fn absent_null_and_empty_lists_keep_what_is_stored() {
    for json in [
        r#"{"ids": ["a"]}"#,
        r#"{"ids": ["a"], "embeddings": null, "metadatas": null, "documents": null, "uris": null}"#,
        r#"{"ids": ["a"], "embeddings": [], "metadatas": [], "documents": [], "uris": []}"#,
    ] {
        assert_eq!(patches(json, true), [RecordPatch { id: "a".into(), ..RecordPatch::default() }], "{json}");
    }
}

#[test]
fn of_a_repeated_id_the_last_item_counts_for_everything() {
    let found = patches(
        r#"{"ids": ["a", "b", "a"], "embeddings": [[1], [2], [3]], "metadatas": [{"x": 1}, null, {"y": 2}],
            "documents": ["d1", "d2", "d3"]}"#,
        true,
    );
    let ids: Vec<_> = found.iter().map(|patch| patch.id.as_str()).collect();
    assert_eq!(ids, ["a", "b"]);
    assert_eq!(found[0].embedding, Some(vec![3.0]));
    assert_eq!(found[0].metadata.keys().collect::<Vec<_>>(), ["y"]);
    assert_eq!(found[0].document, Patch::Set("d3".into()));
}

#[test]
fn items_beyond_the_ids_are_ignored() {
    let found =
        patches(r#"{"ids": ["a"], "embeddings": [[1, 1], [2, 2, 2]], "documents": ["x", "y"]}"#, true);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].embedding, Some(vec![1.0, 1.0]));
}

#[test]
fn odd_but_accepted_values_take_the_slow_way() {
    let found = patches(r#"{"ids": ["a"], "embeddings": [[true, 0]], "metadatas": [{"z": -0}]}"#, false);
    assert_eq!(found[0].embedding, Some(vec![1.0, 0.0]));
    assert_eq!(found[0].metadata["z"], Some(MetadataValue::Int(0)));
    let found = patches(r#"{"ids": ["a"], "ids": ["b"]}"#, false);
    assert_eq!(found[0].id, "b");
}

#[test]
fn reserved_keys_are_the_document_and_the_uri() {
    let found = patches(
        r#"{"ids": ["a"], "metadatas": [{"chroma:document": "sneaky", "chroma:uri": null, "chroma:foo": "x"}]}"#,
        true,
    );
    assert_eq!((&found[0].document, &found[0].uri), (&Patch::Set("sneaky".into()), &Patch::Clear));
    assert_eq!(found[0].metadata.keys().collect::<Vec<_>>(), ["chroma:foo"]);
    let found =
        patches(r#"{"ids": ["a"], "metadatas": [{"chroma:document": "x"}], "documents": ["real"]}"#, true);
    assert_eq!(found[0].document, Patch::Set("real".into()));
    check_refused(
        r#"{"ids": ["a"], "metadatas": [{"chroma:document": 5}]}"#,
        None,
        "ValueError",
        "Expected the value of the reserved key chroma:document to be a str",
    );
}

#[test]
fn a_list_shorter_than_the_ids_is_refused_before_what_is_in_it() {
    let (class, text) = ("IndexError", "list index out of range");
    check_refused(r#"{"ids": ["a", "b"], "embeddings": [[1]]}"#, None, class, text);
    check_refused(r#"{"ids": ["a", "b"], "documents": ["x"]}"#, None, class, text);
    check_refused(r#"{"ids": ["a", "b"], "embeddings": ["x", "y"], "uris": ["x"]}"#, None, class, text);
    check_refused(r#"{"ids": ["a", "b"], "embeddings": ["x"]}"#, None, class, text);
    assert!(patches(r#"{"ids": [], "embeddings": [[1]]}"#, true).is_empty());
}

#[test]
fn what_no_engine_could_store_is_refused() {
    let value = "ValueError";
    check_refused(
        r#"{"ids": ["a"], "embeddings": [[]]}"#,
        None,
        value,
        "Expected each embedding in the embeddings to have at least 1 value, got 0",
    );
    let wide = format!("{{\"ids\": [\"a\"], \"embeddings\": [[{}1]]}}", "1,".repeat(65_536));
    check_refused(&wide, Some(2), value, "Embedding dimension 65537 exceeds maximum dimension 65536");
    check_refused(
        r#"{"ids": ["a"], "metadatas": [{"l": [1]}]}"#,
        None,
        value,
        "Expected metadata value of key l to be a str, int, float, bool or None, got [1] which is a list",
    );
}

#[test]
fn a_batch_may_have_more_records_than_is_announced() {
    let batch = |count: usize| format!("{{\"ids\": [{}\"\"]}}", "\"\",".repeat(count - 1));
    assert_eq!(patches(&batch(BATCH_RECORDS_MAX + 1), true).len(), 1);
}

#[test]
fn a_body_with_other_fields_is_read_the_slow_way() {
    assert!(patches(r#"{"ids": ["a"], "unknown": {"any": [1]}}"#, false)[0].metadata.is_empty());
    for other in [&b"\"x\""[..], b"\"\x8e\"", br#""\ud800""#, b"1e999", b"null"] {
        let body = [&b"{\"ids\":[\"a\"],\"other\":"[..], other, b"}"].concat();
        assert!(WriteBody::read_fast(&body).is_none(), "{}", String::from_utf8_lossy(&body));
    }
}
