use huedb_types::{Metadata, MetadataValue, Patch, Record, RecordPatch};
use serde_json::{Value, json};

use super::{AddRequest, DeleteRequest, UpdateRequest, UpsertRequest};
use crate::http::v2::request::parse;

fn add(body: &Value) -> Result<Vec<Record>, String> {
    let request: AddRequest =
        parse(body.to_string().as_bytes()).map_err(|error| error.message().to_owned())?;
    request.into_records().map_err(|error| error.message().to_owned())
}

fn update(body: &Value) -> Result<Vec<RecordPatch>, String> {
    let request: UpdateRequest =
        parse(body.to_string().as_bytes()).map_err(|error| error.message().to_owned())?;
    request.into_patches().map_err(|error| error.message().to_owned())
}

fn upsert(body: &Value) -> Result<Vec<RecordPatch>, String> {
    let request: UpsertRequest =
        parse(body.to_string().as_bytes()).map_err(|error| error.message().to_owned())?;
    request.into_patches().map_err(|error| error.message().to_owned())
}

#[track_caller]
fn check_refused(body: &Value, expected: &str) {
    let refused = add(body).expect_err(&body.to_string());
    assert!(refused.contains(expected), "{body}: {refused}");
}

#[test]
fn columns_become_records() {
    let body = json!({"ids": ["a", "b"], "embeddings": [[1, 2], [3, 4]], "documents": ["x", null],
        "metadatas": [null, {"k": 1}], "uris": null});
    let expected = [
        Record {
            id: "a".to_owned(),
            embedding: Some(vec![1.0, 2.0]),
            document: Some("x".to_owned()),
            ..Record::default()
        },
        Record {
            id: "b".to_owned(),
            embedding: Some(vec![3.0, 4.0]),
            metadata: Metadata::from([("k".to_owned(), MetadataValue::Int(1))]),
            ..Record::default()
        },
    ];
    assert_eq!(add(&body).as_deref(), Ok(&expected[..]));
    assert_eq!(add(&json!({"ids": [], "embeddings": []})), Ok(vec![]));
}

#[test]
fn columns_have_one_length() {
    let inconsistent = "Inconsistent number of IDs, embeddings, documents, URIs and metadatas";
    for body in [
        json!({"ids": ["a", "b"], "embeddings": [[1]]}),
        json!({"ids": ["a"], "embeddings": [[1]], "documents": ["x", "y"]}),
        json!({"ids": ["a"], "embeddings": [[1]], "uris": []}),
        json!({"ids": ["a"], "embeddings": [[1]], "metadatas": [null, null]}),
    ] {
        check_refused(&body, inconsistent);
    }
    assert_eq!(update(&json!({"ids": ["a"], "documents": []})), Err(inconsistent.to_owned()));
    assert_eq!(upsert(&json!({"ids": ["a"], "embeddings": []})), Err(inconsistent.to_owned()));
}

#[test]
fn ids_are_not_empty_and_may_be_more_than_is_announced() {
    check_refused(
        &json!({"ids": [""], "embeddings": [[1]]}),
        "Empty ID, ID must have at least one character",
    );
    let ids = |count: usize| json!({"ids": vec!["a"; count], "embeddings": vec![[1]; count]});
    assert!(add(&ids(100_001)).is_ok());
}

#[test]
fn embeddings_have_one_dimension() {
    let mixed = json!({"ids": ["a", "b"], "embeddings": [[1, 2], [1]]});
    check_refused(&mixed, "Inconsistent dimensions in provided embeddings");
    let sparse = json!({"ids": ["a", "b", "c"], "embeddings": [[1, 2], null, [1]]});
    assert_eq!(update(&sparse), Err("Inconsistent dimensions in provided embeddings".to_owned()));
}

#[test]
fn metadata_is_named_by_its_index() {
    let with =
        |metadata: Value| json!({"ids": ["a", "b"], "embeddings": [[1], [1]], "metadatas": [null, metadata]});
    check_refused(
        &with(json!({"#x": 1})),
        "Validation error: metadatas: Invalid metadata at index 1: Metadata key cannot start with '#' or '$': #x",
    );
    check_refused(&with(json!({"v": {"indices": [2, 1], "values": [1, 1]}})), "Invalid metadata at index 1");
    check_refused(
        &with(json!({"v": {"indices": [1], "values": [1]}})),
        "Unimplemented: Sparse vector is not supported for local chroma: v",
    );
    check_refused(&with(json!({"v": null})), "metadatas[1].v: data did not match any variant");
}

#[test]
fn what_a_change_does_not_name_stays() {
    let body = json!({"ids": ["a"], "documents": [null], "metadatas": [{"k": null}]});
    let expected = RecordPatch {
        id: "a".to_owned(),
        document: Patch::Keep,
        metadata: [("k".to_owned(), None)].into(),
        ..RecordPatch::default()
    };
    assert_eq!(update(&body).as_deref(), Ok(&[expected][..]));
    let body = json!({"ids": ["a"], "embeddings": [[1]], "documents": [""]});
    let expected = RecordPatch {
        id: "a".to_owned(),
        embedding: Some(vec![1.0]),
        document: Patch::Set(String::new()),
        ..RecordPatch::default()
    };
    assert_eq!(upsert(&body).as_deref(), Ok(&[expected][..]));
}

#[test]
fn an_upsert_has_embeddings() {
    let refused = upsert(&json!({"documents": ["x"], "ids": ["a"]})).unwrap_err();
    assert!(refused.contains("missing field `embeddings`"), "{refused}");
}

#[test]
fn a_delete_names_what_it_deletes() {
    let selection = |body: Value| {
        let request: DeleteRequest = parse(body.to_string().as_bytes()).unwrap();
        request.selection(None).map_err(|error| error.message().to_owned())
    };
    assert_eq!(selection(json!({})).map(|selection| selection.is_none()), Ok(true));
    let ids = selection(json!({"ids": ["a"]})).unwrap().unwrap().ids;
    assert_eq!(ids, Some(vec!["a".to_owned()]));
    for (body, expected) in [
        (json!({"ids": []}), "Validation error: ids, where: Either ids or where must be specified"),
        (
            json!({"ids": ["a"], "limit": 1}),
            "Validation error: limit, where: limit can only be specified when a where clause is provided",
        ),
    ] {
        assert_eq!(selection(body).err().as_deref(), Some(expected));
    }
}
