//! Tenants, databases and collections.

use huedb_engine::{CollectionChange, Error, Existing, Scope};
use huedb_storage::blob::BlobStore;
use huedb_storage::kv::{Faults, Kv};
use huedb_types::{Distance, MetadataValue, limits::TENANT_NAME_BYTES_MAX};
use proptest::prelude::*;

use crate::store::{Store, collection, new_collection, record};

#[test]
fn a_new_store_has_the_default_tenant_and_database() {
    let engine = Store::new(&Faults::new()).open().unwrap();
    engine.tenant("default_tenant").unwrap();
    assert!(engine.database("default_tenant", "default_database").unwrap().id.is_nil());
}

#[test]
fn the_catalog_is_the_same_after_a_restart() {
    let store = Store::new(&Faults::new());
    let engine = store.open().unwrap();
    engine.create_tenant("acme").unwrap();
    engine.create_database("acme", "prod").unwrap();
    let mut new = new_collection("docs", Distance::Cosine);
    new.metadata = Some([("k".to_owned(), MetadataValue::StrArray(vec!["a".into()]))].into());
    new.schema = Some("{}".into());
    new.embedding_function = Some("{\"type\":\"legacy\"}".into());
    let docs = engine.create_collection("acme", "prod", new, Existing::Fail).unwrap();
    docs.add(vec![record("a", &[1.0, 2.0], 1)]).unwrap().wait().unwrap();
    let before = docs.descriptor();
    assert_eq!(before.shape.dimension, Some(2));

    let engine = store.crash().open().unwrap();
    assert_eq!(engine.databases("acme").len(), 1);
    let after = engine.collection_named("acme", "prod", "docs").unwrap();
    assert_eq!(after.descriptor(), before);
    assert_eq!(after.count().unwrap(), 1);
}

#[test]
fn names_are_unique_and_missing_ones_are_named() {
    let engine = Store::new(&Faults::new()).open().unwrap();
    engine.create_tenant("acme").unwrap();
    assert_eq!(engine.create_tenant("acme"), Err(Error::TenantExists { tenant: "acme".into() }));
    assert_eq!(engine.tenant("nope"), Err(Error::TenantNotFound { tenant: "nope".into() }));
    let missing = engine.create_database("nope", "prod");
    assert_eq!(missing, Err(Error::TenantNotFound { tenant: "nope".into() }));
    engine.create_database("acme", "prod").unwrap();
    let (tenant, database) = ("acme".to_owned(), "prod".to_owned());
    assert_eq!(engine.create_database("acme", "prod"), Err(Error::DatabaseExists { tenant, database }));

    collection(&engine, "docs").unwrap();
    let again = engine.create_collection(
        "default_tenant",
        "default_database",
        new_collection("docs", Distance::Ip),
        Existing::Fail,
    );
    assert_eq!(again.err(), Some(Error::CollectionExists { name: "docs".into() }));
}

#[test]
fn a_collection_is_found_by_id_only_within_its_database() {
    let engine = Store::new(&Faults::new()).open().unwrap();
    engine.create_database("default_tenant", "other").unwrap();
    let docs = collection(&engine, "docs").unwrap();
    let id = docs.descriptor().id;
    let in_database = |database| Scope::Database { tenant: "default_tenant", database };
    engine.collection_with_id(Scope::Everywhere, id).unwrap();
    engine.collection_with_id(in_database("default_database"), id).unwrap();
    let foreign = engine.collection_with_id(in_database("other"), id).err();
    assert_eq!(foreign, Some(Error::CollectionNotFound { collection: id.to_string() }));
}

#[test]
fn a_renamed_collection_keeps_its_records_and_frees_its_name() {
    let engine = Store::new(&Faults::new()).open().unwrap();
    let docs = collection(&engine, "docs").unwrap();
    docs.add(vec![record("a", &[1.0], 1)]).unwrap().wait().unwrap();
    collection(&engine, "taken").unwrap();
    let rename = |name: &str| CollectionChange { name: Some(name.to_owned()), ..CollectionChange::default() };
    let clash = engine.update_collection(&docs, rename("taken"));
    assert_eq!(clash, Err(Error::CollectionExists { name: "taken".into() }));
    engine.update_collection(&docs, rename("papers")).unwrap();
    assert!(engine.collection_named("default_tenant", "default_database", "docs").is_err());
    let papers = engine.collection_named("default_tenant", "default_database", "papers").unwrap();
    assert_eq!(papers.count().unwrap(), 1);
}

#[test]
fn a_deleted_collection_leaves_nothing_behind() {
    let store = Store::new(&Faults::new());
    let engine = store.open().unwrap();
    let docs = collection(&engine, "docs").unwrap();
    for number in 0..200 {
        docs.add(vec![record(&number.to_string(), &[1.0, 2.0], number)]).unwrap().wait().unwrap();
    }
    engine.delete_collection("default_tenant", "default_database", "docs").unwrap();
    let refused = docs.add(vec![record("late", &[1.0, 2.0], 0)]).err();
    assert!(matches!(refused, Some(Error::CollectionNotFound { .. })), "{refused:?}");
    engine.close().unwrap();
    let store = store.after_close();
    for prefix in [b"w".as_slice(), b"m", b"n", b"cc"] {
        assert_eq!(store.kv.scan_keys(prefix).unwrap().count(), 0, "prefix={prefix:?}");
    }
    assert_eq!(store.blobs.list().unwrap(), []);
}

#[test]
fn reset_leaves_only_the_defaults() {
    let store = Store::new(&Faults::new());
    let engine = store.open().unwrap();
    engine.create_tenant("acme").unwrap();
    engine.create_database("acme", "prod").unwrap();
    let docs = collection(&engine, "docs").unwrap();
    docs.add(vec![record("a", &[1.0], 1)]).unwrap().wait().unwrap();
    engine.reset().unwrap();
    assert!(engine.tenant("acme").is_err());
    assert_eq!(engine.collections("default_tenant", "default_database").len(), 0);
    let docs = collection(&engine, "docs").unwrap();
    assert_eq!((docs.count().unwrap(), docs.descriptor().shape.dimension), (0, None));
}

#[test]
fn deleting_a_database_deletes_its_collections() {
    let engine = Store::new(&Faults::new()).open().unwrap();
    engine.create_database("default_tenant", "other").unwrap();
    let new = new_collection("docs", Distance::L2);
    let docs = engine.create_collection("default_tenant", "other", new, Existing::Fail).unwrap();
    let id = docs.descriptor().id;
    engine.delete_database("default_tenant", "other").unwrap();
    assert!(engine.collection_with_id(Scope::Everywhere, id).is_err());
    assert!(engine.database("default_tenant", "other").is_err());
    engine.create_database("default_tenant", "other").unwrap();
    assert_eq!(engine.collections("default_tenant", "other").len(), 0);
}

#[test]
fn a_tenants_name_that_the_store_cannot_keep_is_refused_and_changes_nothing() {
    let longest = TENANT_NAME_BYTES_MAX;
    let lengths = [1, longest - 1, longest, longest + 1, longest + 2, 2 * longest, 300_000];
    let store = Store::new(&Faults::new());
    let engine = store.open().unwrap();
    // Bytes count, not characters: the second kind of name has a third of them.
    let names = lengths.into_iter().flat_map(|bytes| ["a".repeat(bytes), "\u{20ac}".repeat(bytes / 3 + 1)]);
    let names: Vec<_> = names.collect();
    let fits = |name: &str| name.len() <= longest;
    for name in &names {
        let refused = Err(Error::NameTooLong { bytes: name.len(), max: longest });
        assert_eq!(engine.create_tenant(name), if fits(name) { Ok(()) } else { refused });
    }
    let engine = store.crash().open().unwrap();
    for name in &names {
        assert_eq!(engine.tenant(name).is_ok(), fits(name), "bytes={}", name.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn names_around_the_bound_are_kept_or_refused(bytes in TENANT_NAME_BYTES_MAX - 3..TENANT_NAME_BYTES_MAX + 4) {
        // Names of databases and collections are in values, and the engine has no bound for them.
        let store = Store::new(&Faults::new());
        let engine = store.open().unwrap();
        let name = "n".repeat(bytes);
        let fits = bytes <= TENANT_NAME_BYTES_MAX;
        prop_assert_eq!(engine.create_tenant(&name).is_ok(), fits);
        engine.create_database("default_tenant", &name).unwrap();
        let new = new_collection(&name, Distance::L2);
        engine.create_collection("default_tenant", &name, new, Existing::Fail).unwrap();
        let engine = store.crash().open().unwrap();
        prop_assert_eq!(engine.tenant(&name).is_ok(), fits);
        prop_assert!(engine.collection_named("default_tenant", &name, &name).is_ok());
    }
}
