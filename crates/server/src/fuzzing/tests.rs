//! Replays what the fuzzer found worth keeping.

use self::replay::replay;
use super::*;

#[path = "../../../../fuzz/replay.rs"]
mod replay;

#[test]
fn v1_bodies_hold_on_the_corpus() {
    replay("v1_bodies", v1_bodies);
}

#[test]
fn v1_filters_hold_on_the_corpus() {
    replay("v1_filters", v1_filters);
}

#[test]
fn v1_metadata_holds_on_the_corpus() {
    replay("v1_metadata", v1_metadata);
}

#[test]
fn v2_bodies_hold_on_the_corpus() {
    replay("v2_bodies", v2_bodies);
}

#[test]
fn v2_where_holds_on_the_corpus() {
    replay("v2_where", v2_where);
}

#[test]
fn v2_where_document_holds_on_the_corpus() {
    replay("v2_where_document", v2_where_document);
}

#[test]
fn v2_base64_holds_on_the_corpus() {
    replay("v2_base64", v2_base64);
}

#[test]
fn v2_metadata_holds_on_the_corpus() {
    replay("v2_metadata", v2_metadata);
}

#[test]
fn names_hold_on_the_corpus() {
    replay("names", names);
}

#[test]
fn passwords_hold_on_the_corpus() {
    replay("auth_passwords", auth_passwords);
}

#[test]
fn tokens_hold_on_the_corpus() {
    replay("auth_tokens", auth_tokens);
}

#[test]
fn roles_hold_on_the_corpus() {
    replay("auth_roles", auth_roles);
}

#[test]
fn headers_hold_on_the_corpus() {
    replay("auth_header", auth_header);
}

#[test]
fn basic_credentials_hold_on_the_corpus() {
    replay("auth_basic", auth_basic);
}
