//! The form of files of users and roles.

use super::*;

#[track_caller]
fn check_refused(text: &str, line: usize, reason: &str) {
    let error = UsersFile::parse(text).unwrap_err();
    assert_eq!(error.line, Some(line), "text={text:?} error={error}");
    assert!(error.reason.contains(reason), "text={text:?} error={error}");
}

#[test]
fn a_file_of_chroma_is_read_as_it_is() {
    let text = "resource_type_action: # for reference\n  - db:reset\nroles_mapping:\n  x:\n    actions: [ \
                \"db:reset\", collection:get ]\n    resources: [\"<UUID>\"] #not yet supported\nusers:\n  - id: \
                user@example.com\n    role: x\n    tokens:\n      - token: test-token-admin\n        secret: my_api_secret \
                # not yet supported\n      - plain-token\n";
    let file = UsersFile::parse(text).unwrap();
    assert_eq!(file.roles_mapping["x"].actions.0.len(), 2);
    assert_eq!(file.users[0].id.0, "user@example.com");
    assert_eq!(file.users[0].role.0[0].role, "x");
    let tokens: Vec<_> = file.users[0].tokens.0.iter().map(|token| token.hash).collect();
    assert_eq!(tokens, [TokenHash::of("test-token-admin"), TokenHash::of("plain-token")]);
}

#[test]
fn one_value_stands_for_a_list_of_it() {
    let text = "users:\n- id: 123\n  role: {role: x, tenant: t, databases: d}\n  tokens: abc\n  databases: [a, b*]\n";
    let user = &UsersFile::parse(text).unwrap().users[0];
    assert_eq!(user.id.0, "123");
    assert_eq!(user.tokens.0.len(), 1);
    assert_eq!(user.role.0[0].databases.as_ref().unwrap().0, [Text("d".to_owned())]);
    assert_eq!(user.databases.as_ref().unwrap().0.len(), 2);
}

#[test]
fn tokens_may_be_hashes_and_may_end() {
    let hash = TokenHash::of("abc");
    let digits = hash.show().replace("sha256:", "");
    let text = format!(
        "users:\n- id: a\n  expires: 2030-01-01\n  tokens:\n  - sha256: {digits}\n    expires: 2027-01-01\n  - {}\n",
        hash.show()
    );
    let user = &UsersFile::parse(&text).unwrap().users[0];
    assert!(user.tokens.0.iter().all(|token| token.hash == hash));
    assert_eq!(user.tokens.0[0].expires.unwrap().0, Expiry::parse("2027-01-01").unwrap());
    assert!(user.expires.is_some());
}

#[test]
fn limits_are_read_as_the_options_are() {
    let text = "roles_mapping:\n  r: {actions: '*', limits: {queries: 0}}\nusers:\n- id: a\n  limits:\n    \
                requests_per_second: 50\n    records: '1000'\n    bytes: 10 MiB\n- {id: b, limits: {}}\n";
    let file = UsersFile::parse(text).unwrap();
    let expected = OwnLimits {
        requests_per_second: Some(50),
        queries: None,
        records: Some(1000),
        bytes: Some(10 << 20),
    };
    assert_eq!(file.users[0].limits.0, expected);
    assert_eq!(file.users[1].limits.0, OwnLimits::default());
    assert_eq!(file.roles_mapping["r"].limits.0.queries, Some(0));
}

#[test]
fn wrong_forms_are_refused_with_their_line() {
    check_refused("users:\n- id: a\n  rol: x\n", 3, "unknown field `rol`");
    check_refused("users:\n- role: x\n", 2, "missing field `id`");
    check_refused("users:\n- id: a\n  tokens: [12345]\n", 3, "needs quotes");
    check_refused("users:\n- id: a\n  tokens: ['a b']\n", 3, "ASCII letters, digits, and punctuation");
    check_refused("users:\n- id: a\n  tokens: [{tok: x}]\n", 3, "unknown field `tok`");
    check_refused("users:\n- id: a\n  tokens: [{expires: 2027-01-01}]\n", 3, "either `token` or `sha256`");
    check_refused("users:\n- id: a\n  tokens: [{sha256: abc}]\n", 3, "64 hexadecimal");
    check_refused("users:\n- id: a\n  expires: soon\n", 3, "not a date");
    check_refused("users:\n- id: ''\n", 2, "empty");
    check_refused("roles_mapping:\n  x:\n    actions: {a: b}\n", 3, "plain value");
    check_refused("users: [\n", 2, "");
    check_refused("users: [", 1, "");
    check_refused("user3:\n- id: a\n  tokens: [", 3, "");
    let with_limits = |limits: &str| format!("users:\n- id: a\n  limits:\n    {limits}\n");
    for (limits, reason) in [
        ("requests_per_second: -1", "a limit is not a whole number"),
        ("requests_per_second: 1.5", "a limit is not a whole number"),
        ("requests_per_second: 1e3", "a limit is not a whole number"),
        ("requests_per_second: 1000001", "above the largest allowed value, 1000000"),
        ("queries: many", "a limit is not a whole number"),
        ("queries: [1]", "a plain value"),
        ("records: 10k", "a limit is not a whole number"),
        ("records: 1000000000001", "above the largest allowed value"),
        ("bytes: 10 miles", "a limit is not a number of bytes"),
        ("bytes: -1", "a limit is not a number of bytes"),
        ("query: 1", "unknown field `query`"),
        ("- queries: 1", "a mapping of limits"),
    ] {
        check_refused(&with_limits(limits), 4, reason);
    }
    check_refused("roles_mapping:\n  r: {actions: '*', limits: {queries: x}}\n", 2, "a limit is not");
}

#[test]
fn a_refusal_does_not_quote_what_may_be_a_token() {
    for text in [
        "hunter2",
        "users: hunter2",
        "users:\n- hunter2",
        "users:\n- id: [hunter2]",
        "users:\n- id: a\n  read_only: hunter2",
        "users:\n- id: a\n  read_only: 'a\"hunter2'",
        "users:\n- id: a\n  read_only: 'a\\\"hunter2\"b'",
    ] {
        let error = UsersFile::parse(text).unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "text={text:?} error={error}");
    }
    let error = UsersFile::parse("users: 123456").unwrap_err().to_string();
    assert!(error.contains("integer `...`, expected"), "error={error}");
    let file = UsersFile::parse("users:\n- id: a\n  tokens: [hunter2]\n").unwrap();
    assert!(!format!("{file:?}").contains("hunter2"));
}

#[test]
fn a_file_that_would_fill_memory_is_refused() {
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n\
                d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nusers: *e\n";
    assert!(UsersFile::parse(bomb).is_err());
    assert!(UsersFile::parse(&"[".repeat(100_000)).is_err());
    assert!(UsersFile::parse(&" ".repeat(FILE_BYTES_MAX + 1)).is_err());
}
