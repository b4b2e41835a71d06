//! What roles allow, and where.

use std::fmt::Write as _;

use super::*;
use crate::auth::identity::Place;

const ROLES: &str = "\
roles_mapping:
  reader: {actions: ['collection:get', 'collection:query', 'db:get_database', 'tenant:get_tenant']}
  writer: {inherits: reader, actions: ['collection:*']}
  prod: {inherits: [writer], databases: prod}
  admin: {actions: '*'}
  watcher: {inherits: admin, read_only: true}
users:
- {id: anna, role: admin}
- {id: ben, role: reader, tenant: acme, databases: [prod, 'test-*']}
- {id: carl, role: prod, tenant: acme}
- {id: dora, role: [reader, {role: writer, collections: own}]}
- {id: emil, role: watcher}
- {id: finn, role: writer, collections: [shared, 0a000000-0000-0000-0000-000000000000]}
- {id: gina, role: admin, read_only: true}
";

fn users(text: &str) -> Policy {
    Policy::of_roles(&UsersFile::parse(text).unwrap(), text).unwrap()
}

fn collection<'a>(tenant: &'a str, database: &'a str, name: &'a str, id: &'a str) -> Place<'a> {
    Place::Collection { tenant, database, name, id }
}

#[test]
fn a_user_may_do_what_a_role_says_where_the_user_is_bound() {
    use Action::{Add, CreateTenant, Get, GetTenant, SystemReset};
    let policy = users(ROLES);
    let cases = [
        ("anna", SystemReset, Place::Everything, true),
        ("anna", Add, collection("x", "y", "z", ""), true),
        ("ben", Get, collection("acme", "prod", "c", ""), true),
        ("ben", Get, collection("acme", "test-1", "c", ""), true),
        ("ben", Get, collection("acme", "other", "c", ""), false),
        ("ben", Get, collection("other", "prod", "c", ""), false),
        ("ben", Add, collection("acme", "prod", "c", ""), false),
        ("ben", GetTenant, Place::Tenant("acme"), true),
        ("ben", GetTenant, Place::Tenant("other"), false),
        ("carl", Add, collection("acme", "prod", "c", ""), true),
        ("carl", Add, collection("acme", "test", "c", ""), false),
        ("carl", Get, collection("acme", "test", "c", ""), false),
        ("dora", Get, collection("any", "any", "c", ""), true),
        ("dora", Add, collection("any", "any", "c", ""), false),
        ("dora", Add, collection("any", "any", "own", ""), true),
        ("emil", Get, collection("any", "any", "c", ""), true),
        ("emil", CreateTenant, Place::Tenant("t"), false),
        ("emil", SystemReset, Place::Everything, false),
        ("finn", Add, collection("any", "any", "shared", ""), true),
        ("finn", Add, collection("any", "any", "c", "0a000000-0000-0000-0000-000000000000"), true),
        ("finn", Add, collection("any", "any", "c", ""), false),
        ("finn", Action::GetDatabase, Place::WholeDatabase("any", "any"), false),
        ("gina", Get, collection("any", "any", "c", ""), true),
        ("gina", Add, collection("any", "any", "c", ""), false),
    ];
    for (user, action, place, expected) in cases {
        assert_eq!(policy.users[user].may(action, place), expected, "{user} {action:?} {place:?}");
    }
    assert_eq!(policy.notices, Vec::<String>::new());
}

#[test]
fn deleting_everything_takes_reach_over_everything() {
    let text = "roles_mapping:\n  admin: {actions: ['system:reset']}\nusers:\n- {id: a, role: admin, tenant: acme}\n\
                - {id: b, role: admin, databases: prod}\n- {id: c, role: admin, collections: x}\n- {id: d, role: admin, \
                tenant: '*', databases: ['*']}\n";
    let policy = users(text);
    for (user, expected) in [("a", false), ("b", false), ("c", false), ("d", true)] {
        assert_eq!(policy.users[user].may(Action::SystemReset, Place::Everything), expected, "user={user}");
    }
}

#[track_caller]
fn check_refused(text: &str, line: Option<usize>, reason: &str) {
    let error = Policy::of_roles(&UsersFile::parse(text).unwrap(), text).unwrap_err();
    assert_eq!(error.line, line, "text={text:?} error={error}");
    assert!(error.reason.contains(reason), "text={text:?} error={error}");
}

#[test]
fn mistakes_are_refused_with_their_line() {
    const ROLE: &str = "roles_mapping:\n  x: {actions: ['*']}\n";
    check_refused(ROLE, None, "no `users`");
    check_refused(&format!("{ROLE}users:\n- id: a\n"), Some(4), "user `a` has no role");
    check_refused(
        &format!("{ROLE}users:\n- id: b\n  role: xx\n"),
        Some(4),
        "no role `xx`; the nearest is `x`",
    );
    check_refused(
        &format!("{ROLE}users:\n- id: c\n  role: x\n- id: c\n  role: x\n"),
        Some(6),
        "listed twice",
    );
    check_refused("roles_mapping:\n  y: {}\nusers: []\n", Some(2), "neither `actions` nor `inherits`");
    let circle = "roles_mapping:\n  p: {inherits: q}\n  q: {inherits: p}\nusers:\n- {id: u1, role: p}\n";
    check_refused(circle, Some(5), "inherits from itself");
}

#[test]
fn roles_that_inherit_twice_at_every_step_are_refused_before_they_fill_memory() {
    let steps = |count: usize| {
        let role = |step: usize| format!("  r{step}: {{inherits: [r{0}, r{0}]}}\n", step + 1);
        let roles: String = (0..count).map(role).collect();
        format!("roles_mapping:\n{roles}  r{count}: {{actions: '*'}}\nusers:\n- {{id: a, role: r0}}\n")
    };
    assert!(users(&steps(8)).users["a"].has(Action::SystemReset));
    check_refused(&steps(30), Some(34), "more than 1000 ways");
}

#[test]
fn a_name_in_a_refusal_begins_no_line_of_its_own() {
    let text =
        "roles_mapping: {\"x\\ny\": {actions: '*'}, \"a\\nb\": {}}\nusers: [{id: c, role: \"x\\ny\"}]\n";
    let error = Policy::of_roles(&UsersFile::parse(text).unwrap(), text).unwrap_err();
    assert!(error.to_string().contains(r"role `a\nb` has neither"), "{error}");
}

#[test]
fn an_action_that_does_not_exist_is_mentioned_and_grants_nothing() {
    let policy = users(
        "roles_mapping:\n  x: {actions: ['collection:gett', 'collection:peek']}\nusers:\n- {id: a, role: x}\n",
    );
    assert_eq!(policy.notices.len(), 1);
    assert!(policy.notices[0].contains("the nearest is `collection:get`"), "{}", policy.notices[0]);
    assert!(!policy.users["a"].has(Action::Get));
}

#[test]
fn a_user_has_the_nearest_limit_and_of_several_roles_the_widest() {
    let text = "roles_mapping:
  slow: {actions: '*', limits: {requests_per_second: 1, queries: 1}}
  fast: {inherits: slow, actions: '*', limits: {requests_per_second: 9}}
  free: {inherits: slow, limits: {queries: 0}}
  silent: {actions: '*'}
  both: {inherits: [fast, free]}
users:
- {id: slow, role: slow}
- {id: fast, role: fast}
- {id: free, role: free}
- {id: silent, role: silent}
- {id: several, role: [silent, slow, fast, {role: free, databases: d}]}
- {id: both, role: both}
- {id: own, role: [fast, free], limits: {queries: 3}}
";
    let policy = users(text);
    for (user, requests_per_second, queries) in [
        ("slow", Some(1), Some(1)),
        ("fast", Some(9), Some(1)),
        ("free", Some(1), Some(0)),
        ("silent", None, None),
        ("several", Some(9), Some(0)),
        ("both", Some(9), Some(0)),
        ("own", Some(9), Some(3)),
    ] {
        let limits = policy.users[user].limits();
        assert_eq!((limits.requests_per_second, limits.queries), (requests_per_second, queries), "{user}");
    }
}

#[test]
fn roles_that_lead_to_each_other_in_millions_of_ways_are_refused() {
    let mut text = "roles_mapping:\n  r0: {actions: '*'}\n".to_owned();
    for number in 1..31 {
        let below = number - 1;
        writeln!(text, "  r{number}: {{inherits: [r{below}, r{below}]}}").unwrap();
    }
    text += "users:\n- {id: many, role: r30}\n";
    check_refused(&text, Some(34), "more than 1000");
}
