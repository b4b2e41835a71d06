//! Tokens and their hashes.

use super::*;

#[test]
fn a_token_is_found_by_itself_alone() {
    let mut tokens = Tokens::new(FingerprintKey::random());
    let owner = TokenOwner { identity: Identity::unbounded("a"), expires: None };
    tokens.add(TokenHash::parse("test-token").unwrap(), owner).unwrap();
    assert_eq!(tokens.owner("test-token").unwrap().identity.user_id(), "a");
    for other in ["Test-Token", "test-token ", "test-toke", "", &TokenHash::of("test-token").show()] {
        assert!(tokens.owner(other).is_none(), "other={other}");
    }
}

#[test]
fn a_hash_stands_for_its_token() {
    let shown = TokenHash::of("abc").show();
    assert_eq!(shown, "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(TokenHash::parse(&shown), Ok(TokenHash::of("abc")));
    assert_eq!(TokenHash::parse(&shown.to_uppercase().replace("SHA", "sha")), Ok(TokenHash::of("abc")));
}

#[test]
fn what_no_header_could_carry_is_no_token() {
    let long = "x".repeat(4097);
    for text in ["", "a b", "caf\u{e9}", "a\tb", "sha256:", "sha256:zz", "sha256:ba7816bf", &long] {
        assert!(TokenHash::parse(text).is_err(), "text={text}");
    }
    assert!(TokenHash::parse("!#$%&'()*+,-./:;<=>?@[]^_`{|}~").is_ok());
}

#[test]
fn a_token_belongs_to_one_user() {
    let mut tokens = Tokens::new(FingerprintKey::random());
    let owner = |id| TokenOwner { identity: Identity::unbounded(id), expires: None };
    assert!(tokens.add(TokenHash::of("t"), owner("a")).is_ok());
    assert_eq!(tokens.add(TokenHash::of("t"), owner("b")).unwrap_err().user_id(), "a");
}

#[test]
fn fingerprints_differ_between_processes() {
    assert_ne!(FingerprintKey::random().of(b"x"), FingerprintKey::random().of(b"x"));
}
