//! Names within reach, and what the defaults mean.

use super::*;

fn names(list: &[&str]) -> Names {
    Names::of(&list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
}

fn bound(tenant: &[&str], databases: &[&str]) -> Identity {
    let bound = Area { tenants: names(tenant), databases: names(databases), collections: Names::Any };
    Identity::new(User { bound, ..User::with_grants("u", Vec::new()) })
}

#[test]
fn a_star_is_any_name_and_after_a_beginning_any_end() {
    assert_eq!(names(&["a", "*"]), Names::Any);
    for (list, name, expected) in [
        (&["prod"][..], "prod", true),
        (&["prod"], "production", false),
        (&["prod*"], "production", true),
        (&["prod*", "test"], "test", true),
        (&["prod*", "test"], "tests", false),
        (&[], "", false),
    ] {
        assert_eq!(names(list).contains(name), expected, "{list:?} {name}");
    }
}

#[test]
fn the_defaults_mean_the_only_ones_of_a_user() {
    for (identity, tenant, database) in [
        (bound(&["acme"], &["prod"]), "acme", "prod"),
        (bound(&["acme"], &["prod", "test"]), "acme", DEFAULT_DATABASE),
        (bound(&["acme"], &["*"]), "acme", DEFAULT_DATABASE),
        (bound(&["acme*"], &["prod*"]), DEFAULT_TENANT, DEFAULT_DATABASE),
        (bound(&["*"], &["prod"]), DEFAULT_TENANT, "prod"),
    ] {
        assert_eq!(identity.own_tenant(DEFAULT_TENANT), tenant);
        assert_eq!(identity.own_database(DEFAULT_DATABASE), database);
        assert_eq!(identity.own_tenant("other"), "other");
        assert_eq!(identity.own_database("other"), "other");
    }
}

#[test]
fn clients_are_told_names_as_the_file_has_them() {
    let identity = bound(&["acme"], &["prod", "test-*"]);
    assert_eq!(
        (identity.tenant().as_str(), identity.databases()),
        ("acme", vec!["prod".into(), "test-*".into()])
    );
    let unbounded = Identity::unbounded("root");
    assert_eq!((unbounded.tenant().as_str(), unbounded.databases()), ("*", vec!["*".to_owned()]));
}
