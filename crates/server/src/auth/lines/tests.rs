//! Where users and roles stand, in the ways that people write them.

use super::*;

const TEXT: &str = "\
roles_mapping:
  admin:
    actions: ['*']
  \"reader\": {inherits: admin}
users:
  - id: admin
    role: reader
  - {role: admin, id: 'rita', tokens: [id]}
  - role: admin
    id: reader@example.com
  - id: admin # again
  - {\"id\":\"json\"}
";

#[test]
fn a_user_is_where_its_id_is() {
    for (name, skipped, line) in [
        ("admin", 0, Some(6)),
        ("admin", 1, Some(11)),
        ("admin", 2, None),
        ("rita", 0, Some(8)),
        ("reader@example.com", 0, Some(10)),
        ("reader", 0, None),
        ("json", 0, Some(12)),
        ("adm", 0, None),
    ] {
        assert_eq!(of_user(TEXT, name, skipped), line, "name={name} skipped={skipped}");
    }
}

#[test]
fn a_role_is_where_its_mapping_begins() {
    for (name, line) in [("admin", Some(2)), ("reader", Some(4)), ("none", None)] {
        assert_eq!(of_role(TEXT, name), line, "name={name}");
    }
    assert_eq!(of_role("roles_mapping: {x: {actions: a}}\n", "x"), Some(1));
}
