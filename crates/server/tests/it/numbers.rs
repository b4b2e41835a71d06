//! Numbers at and beyond every bound, as each generation answers them.

use serde_json::{Value, json};

use crate::{
    exchange::{get, post},
    process::{Place, Server},
};

const V1: &str = "/api/v1/collections";
const V2: &str = "/api/v2/tenants/default_tenant/databases/default_database/collections";

/// A number that no 64-bit float holds.
const ENDLESS: &str = "9e999";

/// A server with one collection of three records: ids `0` to `2`, metadata `k` alike.
struct Fixture {
    server: Server,
    id: String,
    _place: Place,
}

impl Fixture {
    fn new() -> Self {
        let place = Place::new();
        let server = place.start(&[]);
        let made = post(&server.address, V1, r#"{"name":"numbers"}"#);
        let made: Value = serde_json::from_str(&made.body).unwrap();
        let fixture = Self { server, id: made["id"].as_str().unwrap().to_owned(), _place: place };
        let records = json!({"ids": ["0", "1", "2"], "embeddings": [[0, 1], [1, 1], [2, 1]],
            "metadatas": [{"k": 0}, {"k": 1}, {"k": 2}]});
        assert_eq!(fixture.call(V1, "add", &records.to_string()).0, 201);
        fixture
    }

    fn call(&self, generation: &str, route: &str, body: &str) -> (u16, String) {
        let answer = post(&self.server.address, &format!("{generation}/{}/{route}", self.id), body);
        (answer.status, answer.body)
    }

    /// The body with `number` in the place of `#` is answered with the status and a text in it, on v1
    /// and on v2.
    #[track_caller]
    fn check(&self, route: &str, body: &str, number: &str, on_v1: (u16, &str), on_v2: (u16, &str)) {
        for (generation, (status, text)) in [(V1, on_v1), (V2, on_v2)] {
            let body = body.replace('#', number);
            let (found, answer) = self.call(generation, route, &body);
            let shown = &body[..body.len().min(200)];
            assert_eq!(found, status, "{generation} {route} {shown}: {answer}");
            assert!(answer.contains(text), "{generation} {route} {shown}: {answer}");
        }
    }

    #[track_caller]
    fn check_nothing_was_added(&self) {
        assert_eq!(get(&self.server.address, &format!("{V2}/{}/count", self.id)).body, "3");
    }

    /// What is stored under `id`; the record is gone afterwards.
    #[track_caller]
    fn take(&self, id: &str) -> Value {
        let asked = json!({"ids": [id], "include": ["embeddings", "metadatas"]}).to_string();
        let found = serde_json::from_str(&self.call(V2, "get", &asked).1).unwrap();
        assert_eq!(self.call(V2, "delete", &json!({"ids": [id]}).to_string()).0, 200);
        found
    }
}

const ALL: &str = r#""ids":["0","1","2"]"#;
const NONE: &str = r#""ids":[]"#;

#[test]
fn limits_and_offsets_out_of_range() {
    let fixture = Fixture::new();
    let not_u32 = (422, "expected u32");
    let limit = r#"{"include":[],"limit":#}"#;
    fixture.check("get", limit, "4294967295", (200, ALL), (200, ALL));
    for number in ["4294967296", "9223372036854775807", "9223372036854775808", "18446744073709551616"] {
        fixture.check("get", limit, number, (200, ALL), not_u32);
    }
    for number in ["-1", "-9223372036854775809"] {
        fixture.check("get", limit, number, (500, "Limit cannot be negative"), not_u32);
    }
    fixture.check("get", limit, "1.5", (422, "int_from_float"), not_u32);
    fixture.check("get", limit, ENDLESS, (500, "Out of range float values"), (400, "number out of range"));

    let offset = r#"{"include":[],"offset":#}"#;
    fixture.check("get", offset, "4294967295", (200, NONE), (200, NONE));
    for number in ["4294967296", "9223372036854775808", "18446744073709551616"] {
        fixture.check("get", offset, number, (200, NONE), not_u32);
    }
    fixture.check("get", offset, "-1", (200, ALL), not_u32);
    fixture.check("get", offset, "1.5", (422, "int_from_float"), not_u32);
    fixture.check("get", offset, ENDLESS, (500, "Out of range float values"), (400, "number out of range"));
}

#[test]
fn numbers_of_results_out_of_range() {
    let fixture = Fixture::new();
    let query = r#"{"query_embeddings":[[0,1]],"include":[],"n_results":#}"#;
    let all = (200, r#""ids":[["0","1","2"]]"#);
    let not_u32 = (422, "expected u32");
    fixture.check("query", query, "0", (200, r#""ids":[[]]"#), (200, r#""ids":[[]]"#));
    fixture.check("query", query, "4294967295", all, all);
    for number in ["4294967296", "9223372036854775808", "18446744073709551616"] {
        fixture.check("query", query, number, all, not_u32);
    }
    fixture.check("query", query, "-1", (500, "cannot be negative, or zero"), not_u32);
    fixture.check("query", query, "1.5", (422, "int_from_float"), not_u32);
    fixture.check("query", query, ENDLESS, (500, "Out of range float values"), (400, "number out of range"));
}

#[test]
fn elements_of_embeddings_out_of_range() {
    let fixture = Fixture::new();
    let add = r#"{"ids":["new"],"embeddings":[[1,#]]}"#;
    let beyond = (500, "finite 32-bit float");
    let not_finite = (400, "must not contain NaN or Infinity");
    for number in ["1e39", "-1e39", &format!("1{}", "0".repeat(39))] {
        fixture.check("add", add, number, beyond, not_finite);
    }
    let infinite = (500, "number is infinity when parsed as double");
    let out_of_range = (400, "number out of range");
    for number in [ENDLESS, "-9e999", &format!("1{}", "0".repeat(400))] {
        fixture.check("add", add, number, infinite, out_of_range);
    }
    for (number, on_v1) in [("NaN", "unexpected character"), ("Infinity", "unexpected character")] {
        fixture.check("add", add, number, (500, on_v1), (400, "expected value"));
    }
    fixture.check("add", add, "-Infinity", (500, "no digit after minus sign"), (400, "invalid number"));
    let query = r#"{"query_embeddings":[[1,#]],"include":[],"n_results":1}"#;
    fixture.check("query", query, "1e39", beyond, (400, "InvalidArgumentError"));
    fixture.check("query", query, ENDLESS, infinite, out_of_range);
    fixture.check("query", query, "NaN", (500, "unexpected character"), (400, "expected value"));
    fixture.check_nothing_was_added();
}

#[test]
fn elements_of_embeddings_that_fit_are_the_nearest_32_bit_floats() {
    let fixture = Fixture::new();
    let numbers = [
        ("3.4028235e38", 3.402_823_5e38),
        ("1e-999", 0.0),
        ("1e-50", 0.0),
        ("9223372036854775808", 9.223_372e18),
        ("100000000000000000000000000000000000000", 1e38),
    ];
    for (number, stored) in numbers {
        for generation in [V1, V2] {
            let body = r#"{"ids":["new"],"embeddings":[[1,#]]}"#.replace('#', number);
            assert_eq!(fixture.call(generation, "add", &body).0, 201, "{generation} {number}");
            assert_eq!(fixture.take("new")["embeddings"], json!([[1.0, stored]]), "{generation} {number}");
        }
    }
}

#[test]
fn metadata_numbers_out_of_range() {
    let fixture = Fixture::new();
    let add = r#"{"ids":["new"],"embeddings":[[1,2]],"metadatas":[{"k":#}]}"#;
    let infinite = (500, "number is infinity when parsed as double");
    for number in [ENDLESS, "-9e999", &format!("1{}", "0".repeat(400)), &format!("-1{}", "0".repeat(400))] {
        fixture.check("add", add, number, infinite, (400, "number out of range"));
        for body in [r#"{"where":{"k":#}}"#, r#"{"where":{"k":{"$lte":#}}}"#] {
            fixture.check("get", body, number, infinite, (400, "number out of range"));
        }
    }
    fixture.check("add", add, "NaN", (500, "unexpected character"), (400, "expected value"));
    fixture.check_nothing_was_added();
    fixture.check(
        "get",
        r#"{"where":{"k":#}}"#,
        "9223372036854775808",
        (500, "OverflowError"),
        (400, "Invalid where clause"),
    );
}

#[test]
fn metadata_numbers_that_fit_are_kept_and_larger_integers_become_floats() {
    let fixture = Fixture::new();
    let refused = json!(null);
    // What v1 and v2 keep of a number; the strict parser that v1 imitates has integers up to 2^64,
    // and the store that it imitates up to 2^63.
    let cases = [
        ("9223372036854775807", json!(i64::MAX), json!(i64::MAX)),
        ("-9223372036854775808", json!(i64::MIN), json!(i64::MIN)),
        ("9223372036854775808", refused.clone(), json!(9_223_372_036_854_775_808.0)),
        ("18446744073709551615", refused, json!(18_446_744_073_709_551_616.0)),
        ("18446744073709551616", json!(18_446_744_073_709_551_616.0), json!(18_446_744_073_709_551_616.0)),
        ("-9223372036854775809", json!(-9_223_372_036_854_775_808.0), json!(-9_223_372_036_854_775_808.0)),
        ("1e308", json!(1e308), json!(1e308)),
        ("5e-324", json!(5e-324), json!(5e-324)),
        ("1e-999", json!(0.0), json!(0.0)),
        ("1.0", json!(1.0), json!(1.0)),
    ];
    for (number, on_v1, on_v2) in cases {
        for (generation, kept) in [(V1, on_v1), (V2, on_v2)] {
            let body = r#"{"ids":["new"],"embeddings":[[1,2]],"metadatas":[{"k":#}]}"#.replace('#', number);
            let (status, answer) = fixture.call(generation, "add", &body);
            if kept.is_null() {
                assert_eq!(status, 500, "{generation} {number}");
                assert!(answer.contains("OverflowError"), "{generation} {answer}");
                continue;
            }
            assert_eq!(status, 201, "{generation} {number} {answer}");
            assert_eq!(fixture.take("new")["metadatas"], json!([{ "k": kept }]), "{generation} {number}");
        }
    }
    fixture.check_nothing_was_added();
}
