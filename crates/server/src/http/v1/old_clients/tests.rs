use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, header};
use huedb_engine::{CollectionDescriptor, Shape};
use huedb_types::{CollectionId, MetadataValue, Precision};
use uuid::Uuid;

use super::{ListForm, ShortCollectionResponse};
use crate::http::v1::{hnsw, json::Dict};

#[track_caller]
fn check_form(agent: Option<&'static str>, names_tenant: bool, expected: ListForm) {
    let agent = agent.map(|agent| (header::USER_AGENT, HeaderValue::from_static(agent)));
    let headers: HeaderMap = agent.into_iter().collect();
    assert_eq!(ListForm::of(&headers, names_tenant), expected);
}

#[test]
fn clients_before_0_5_1_are_known_by_their_library_and_those_before_tenants_by_naming_none() {
    check_form(Some("python-requests/2.31.0"), true, ListForm::WithTenant);
    check_form(Some("python-requests/2.31.0"), false, ListForm::Bare);
    check_form(Some("python-httpx/0.27.2"), true, ListForm::Whole);
    check_form(Some("node"), false, ListForm::Whole);
    check_form(None, false, ListForm::Whole);
}

#[track_caller]
fn check_keys(form: ListForm, expected: &str) {
    let collection = CollectionDescriptor {
        id: CollectionId(Uuid::nil()),
        name: "abc".into(),
        tenant: "t".into(),
        database: "d".into(),
        metadata: Some([("k".to_owned(), MetadataValue::Int(1))].into()),
        hnsw: hnsw::from_metadata(&Dict::default()).unwrap(),
        precision: Precision::F32,
        v1_configuration: None,
        embedding_function: None,
        schema: None,
        shape: Arc::new(Shape::default()),
    };
    let shown = serde_json::to_string(&ShortCollectionResponse::new(&collection, form)).unwrap();
    assert_eq!(
        shown,
        format!("{{\"name\":\"abc\",\"id\":\"{}\",\"metadata\":{{\"k\":1}}{expected}}}", Uuid::nil())
    );
}

#[test]
fn a_listed_collection_has_only_the_keys_that_the_client_takes() {
    check_keys(ListForm::WithTenant, ",\"tenant\":\"t\",\"database\":\"d\"");
    check_keys(ListForm::Bare, "");
}
