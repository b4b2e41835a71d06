use huedb_types::{Distance, HnswConfiguration, Metadata, MetadataValue};
use serde_json::{Value, json};

use super::{CollectionConfiguration, HnswChange, default_hnsw, new_hnsw, python06_json};
use crate::http::v2::dialect::Dialect;

fn hnsw(configuration: Value, metadata: &[(&str, MetadataValue)], dialect: Dialect) -> HnswConfiguration {
    let configuration: Option<CollectionConfiguration> = serde_json::from_value(configuration).unwrap();
    let metadata: Metadata = metadata.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    new_hnsw(configuration, Some(&metadata), dialect).unwrap()
}

fn current(configuration: Value) -> HnswConfiguration {
    hnsw(configuration, &[], Dialect::Current)
}

#[test]
fn what_is_not_said_is_the_default() {
    for configuration in
        [json!(null), json!({}), json!({"hnsw": null}), json!({"hnsw": {}}), json!({"foo": 1})]
    {
        assert_eq!(current(configuration.clone()), default_hnsw(), "{configuration}");
    }
    let expected = HnswConfiguration { ef_search: 7, ..default_hnsw() };
    assert_eq!(current(json!({"hnsw": {"ef_search": 7, "space": null}})), expected);
}

#[test]
fn every_setting_is_taken_over() {
    let sent = json!({"hnsw": {"space": "cosine", "ef_construction": 200, "ef_search": 50, "max_neighbors": 32,
        "num_threads": 2, "resize_factor": 1.3, "sync_threshold": 500, "batch_size": 50}});
    let expected = HnswConfiguration {
        space: Distance::Cosine,
        ef_construction: 200,
        ef_search: 50,
        max_neighbors: 32,
        num_threads: 2,
        resize_factor: 1.3,
        sync_threshold: 500,
        batch_size: 50,
    };
    assert_eq!(current(sent), expected);
}

#[test]
fn what_clients_send_unasked_is_the_default() {
    let is_default = |configuration: Value| {
        serde_json::from_value::<CollectionConfiguration>(configuration).unwrap().is_default()
    };
    let function = |name: &str| json!({"type": "known", "name": name, "config": {}});
    assert!(is_default(json!({})));
    assert!(is_default(
        json!({"hnsw": {"space": "l2"}, "spann": null, "embedding_function": function("default")})
    ));
    assert!(is_default(json!({"embedding_function": {"type": "legacy"}})));
    assert!(!is_default(json!({"embedding_function": function("own")})));
    assert!(!is_default(json!({"hnsw": {"space": "ip"}})));
    assert!(!is_default(json!({"spann": {}})));
}

#[test]
fn a_spann_index_gives_its_space() {
    let expected = HnswConfiguration { space: Distance::Ip, ..default_hnsw() };
    assert_eq!(current(json!({"spann": {"space": "ip", "search_nprobe": 10}})), expected);
    let both = serde_json::from_value(json!({"hnsw": {}, "spann": {}})).unwrap();
    let error = new_hnsw(both, None, Dialect::Current).unwrap_err();
    assert_eq!(error.message(), "Multiple vector index configurations provided");
}

#[test]
fn metadata_counts_where_the_configuration_is_silent() {
    let metadata = [
        ("hnsw:space", MetadataValue::Str("ip".to_owned())),
        ("hnsw:M", MetadataValue::Int(8)),
        ("hnsw:construction_ef", MetadataValue::Int(77)),
        ("hnsw:search_ef", MetadataValue::Int(33)),
        ("hnsw:resize_factor", MetadataValue::Int(2)),
        ("hnsw:unknown", MetadataValue::Bool(true)),
    ];
    let expected = HnswConfiguration {
        space: Distance::Ip,
        max_neighbors: 8,
        ef_construction: 77,
        ef_search: 33,
        resize_factor: 2.0,
        ..default_hnsw()
    };
    let silent = json!({"hnsw": null, "embedding_function": {"type": "legacy"}});
    assert_eq!(hnsw(silent, &metadata, Dialect::Current), expected);
    let said = hnsw(json!({"hnsw": {"space": "l2"}}), &metadata, Dialect::Current);
    assert_eq!(said, default_hnsw());
}

#[test]
fn metadata_with_a_wrong_setting_is_refused() {
    for (key, value) in [
        ("hnsw:space", MetadataValue::Str("far".to_owned())),
        ("hnsw:space", MetadataValue::Int(1)),
        ("hnsw:M", MetadataValue::Int(-1)),
        ("hnsw:M", MetadataValue::Str("16".to_owned())),
        ("hnsw:resize_factor", MetadataValue::Bool(true)),
    ] {
        let metadata = Metadata::from([(key.to_owned(), value)]);
        let error = new_hnsw(None, Some(&metadata), Dialect::Current).unwrap_err();
        assert_eq!(error.message(), format!("Invalid value for HNSW parameter in metadata: {key}"));
    }
}

#[test]
fn settings_that_do_not_exist_are_refused_as_before_1_0() {
    let metadata = Metadata::from([("hnsw:far".to_owned(), MetadataValue::Int(1))]);
    let error = new_hnsw(None, Some(&metadata), Dialect::Python06).unwrap_err();
    assert_eq!(error.message(), "Unknown HNSW parameter: hnsw:far");
    assert_eq!(new_hnsw(None, Some(&metadata), Dialect::Current).unwrap(), default_hnsw());
}

#[test]
fn older_python_clients_name_their_settings_otherwise() {
    let sent = json!({"hnsw_configuration": {"space": "cosine", "M": 5, "_type": "HNSWConfigurationInternal"},
        "_type": "CollectionConfigurationInternal"});
    let expected = HnswConfiguration { space: Distance::Cosine, max_neighbors: 5, ..default_hnsw() };
    assert_eq!(hnsw(sent.clone(), &[], Dialect::Python06), expected);
    assert_eq!(current(sent), default_hnsw());
}

#[test]
fn older_python_clients_can_read_every_configuration() {
    let hnsw = HnswConfiguration { sync_threshold: 1, max_neighbors: 5, ..default_hnsw() };
    let shown = python06_json(&hnsw);
    assert_eq!(shown["_type"], "CollectionConfigurationInternal");
    assert_eq!(shown["hnsw_configuration"]["M"], 5);
    assert_eq!(shown["hnsw_configuration"]["batch_size"], 1);
}

#[test]
fn a_change_leaves_the_rest() {
    let change: HnswChange = serde_json::from_value(json!({"ef_search": 222, "num_threads": 3})).unwrap();
    let expected = HnswConfiguration { ef_search: 222, num_threads: 3, ..default_hnsw() };
    assert_eq!(change.over(default_hnsw()), expected);
    let error = serde_json::from_value::<HnswChange>(json!({"space": "l2"})).err().unwrap().to_string();
    assert!(
        error.starts_with("unknown field `space`, expected one of `ef_search`, `max_neighbors`"),
        "{error}"
    );
}
