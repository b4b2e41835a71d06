use axum::{extract::FromRequestParts, http::Request, response::IntoResponse};
use bytes::Bytes;

use super::{QueryText, RawBody, RequestBody, collection_id, is_json};
use crate::http::v1::pydantic::{Fields, Noted, string};

#[derive(Debug, PartialEq)]
struct Named(String);

impl RequestBody for Named {
    fn read_fields(fields: &mut Fields<'_>) -> Result<Self, Noted> {
        fields.required("name", string).map(Self)
    }
}

#[track_caller]
fn check_body(is_json: bool, bytes: &'static [u8], expected: Result<&str, (u16, &str)>) {
    let found = RawBody { is_json, bytes: Bytes::from_static(bytes).into() }.decode::<Named>();
    match (found, expected) {
        (Ok(Named(name)), Ok(expected)) => assert_eq!(name, expected),
        (Err(error), Err((status, part))) => {
            let text = format!("{error:?}");
            assert_eq!(error.into_response().status(), status);
            assert!(text.contains(part), "{text}");
        }
        (found, _) => panic!("{found:?}"),
    }
}

#[test]
fn a_body_is_judged_before_its_fields_are() {
    check_body(true, b"{\"name\": \"abc\"}", Ok("abc"));
    check_body(true, b"{\"name\": \"a\", \"name\": \"b\", \"x\": 1}", Ok("b"));
    check_body(true, b"", Err((422, "missing")));
    check_body(false, b"", Err((422, "missing")));
    check_body(true, b"null", Err((422, "missing")));
    check_body(true, b"[]", Err((422, "model_attributes_type")));
    check_body(true, b"false", Err((422, "model_attributes_type")));
    check_body(false, b"{\"name\": \"abc\"}", Err((422, "model_attributes_type")));
    check_body(true, b"{\"name\": \"abc\"", Err((422, "json_invalid")));
    check_body(true, b"{\"name\": \"\xff\"}", Err((400, "error parsing the body")));
    check_body(true, b"{\"name\": 5}", Err((422, "string_type")));
    check_body(true, b"{\"name\": NaN}", Err((500, "string_type")));
    check_body(true, b"{\"name\": \"abc\", \"x\": NaN}", Err((500, "JSONDecodeError")));
}

#[test]
fn json_is_promised_by_its_types_and_by_silence() {
    for kind in [
        "",
        "application/json",
        "Application/JSON; charset=utf-8",
        " application/json ",
        "application/problem+json",
    ] {
        assert!(is_json(kind.as_bytes()), "{kind}");
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded", "text/json", "application/jsonx", ";"] {
        assert!(!is_json(kind.as_bytes()), "{kind}");
    }
}

#[test]
fn a_collection_id_may_be_spelled_in_any_way_that_python_takes() {
    let id = "8be431dd-9436-4d4f-84d0-f1b022bb08d1";
    for text in
        [id.to_owned(), id.to_uppercase(), id.replace('-', ""), format!("{{{id}}}"), format!("urn:uuid:{id}")]
    {
        assert_eq!(collection_id(&text).unwrap().to_string(), id, "{text}");
    }
    for text in ["xyz", "", "8be431dd", &format!("{id}0"), "8be431dd94364d4f84d0f1b022bb08dg"] {
        assert!(collection_id(text).is_err(), "{text}");
    }
}

#[tokio::test]
async fn of_a_repeated_query_parameter_the_last_one_counts() {
    let request = Request::get("/?tenant=a&tenant=b%20c+d&limit=1&limit=&offset=x").body(()).unwrap();
    let (mut parts, ()) = request.into_parts();
    let query = QueryText::from_request_parts(&mut parts, &()).await.unwrap();
    assert_eq!((query.tenant(), query.database()), ("b c d", "default_database"));
    let error = format!("{:?}", query.integers(["limit", "offset"]).unwrap_err());
    assert_eq!(error.matches("int_parsing").count(), 2, "{error}");
    assert_eq!(query.integers(["absent"]).unwrap(), [None]);
}
