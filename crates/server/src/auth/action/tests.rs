//! Names of actions and what patterns grant.

use super::*;

fn names(pattern: &str) -> Option<Vec<&'static str>> {
    let set = ActionSet::named(pattern)?;
    Some(Action::ALL.iter().filter(|action| set.contains(**action)).map(|action| action.name()).collect())
}

#[test]
fn a_name_grants_its_action_and_a_star_all_that_begin_alike() {
    assert_eq!(names("collection:get"), Some(vec!["collection:get"]));
    assert_eq!(names("tenant:*").unwrap().len(), 3);
    assert!(names("tenant:*").unwrap().iter().all(|name| name.starts_with("tenant:")));
    assert_eq!(names("*").unwrap().len(), Action::ALL.len());
}

#[test]
fn names_of_older_files_still_count() {
    assert_eq!(names("db:reset"), Some(vec!["system:reset"]));
    assert_eq!(names("db:get_collection"), Some(vec!["collection:get_collection"]));
    assert_eq!(names("collection:peek"), Some(vec![]));
    assert_eq!(names("db:get_or_create_collection"), Some(vec![]));
}

#[test]
fn what_is_no_action_grants_nothing() {
    for pattern in ["", "collection", "collection:", "collection:g*", "collection:gett", "*:*", "nothing:*"] {
        assert_eq!(names(pattern), None, "pattern={pattern}");
    }
}

#[test]
fn every_action_has_a_name_of_its_own() {
    let names: std::collections::BTreeSet<_> = Action::ALL.iter().map(|action| action.name()).collect();
    assert_eq!(names.len(), Action::ALL.len());
}

#[test]
fn reading_changes_nothing() {
    let reading = ActionSet::reading();
    for action in [Action::Get, Action::Query, Action::Count, Action::ListCollections, Action::GetTenant] {
        assert!(reading.contains(action), "{action:?}");
    }
    for action in [Action::Add, Action::Delete, Action::CreateTenant, Action::SystemReset, Action::Fork] {
        assert!(!reading.contains(action), "{action:?}");
    }
}
