use super::{CreateCollectionBody, Field, GetBody, QueryBody};
use crate::http::v1::{
    json::{Dict, Json},
    pydantic::Fields,
    request::RequestBody,
};

fn read<B: RequestBody>(json: &str) -> Result<B, String> {
    let dict: Dict = match serde_json::from_str(json).unwrap() {
        Json::Dict(dict) => dict,
        other => panic!("{other:?}"),
    };
    let mut fields = Fields::new(&dict);
    let body = B::read_fields(&mut fields);
    body.map_err(|_| serde_json::to_string(&fields.into_details()).unwrap())
}

#[test]
fn absent_fields_have_their_defaults() {
    let create: CreateCollectionBody = read(r#"{"name": "x"}"#).unwrap();
    assert!(create.configuration.is_none() && create.metadata.is_none() && !create.get_or_create);
    let get: GetBody = read("{}").unwrap();
    assert_eq!(get.include, [Field::Metadatas, Field::Documents]);
    assert!(get.ids.is_none() && get.limit.is_none() && get.offset.is_none() && get.sort.is_none());
    let query: QueryBody = read(r#"{"query_embeddings": [[1]]}"#).unwrap();
    assert_eq!(query.include, [Field::Metadatas, Field::Documents, Field::Distances]);
    assert_eq!(query.n_results, 10);
}

#[test]
fn both_ways_read_the_same_query() {
    let json = r#"{"query_embeddings": [[1, 2.5]], "n_results": 3, "where": {"k": {"$gt": 1}},
                   "where_document": null, "include": ["distances", "uris"]}"#;
    let (fast, slow) = (QueryBody::read_fast(json.as_bytes()).unwrap(), read::<QueryBody>(json).unwrap());
    assert_eq!(fast.query_embeddings.unwrap(), slow.query_embeddings.unwrap());
    assert_eq!((fast.n_results, fast.include), (slow.n_results, slow.include));
    assert_eq!((fast.where_clause, fast.where_document), (slow.where_clause, slow.where_document));
}

#[test]
fn the_fast_way_leaves_odd_queries_to_the_slow_one() {
    for json in [
        r#"{"query_embeddings": [[1]]}"#,
        r#"{"query_embeddings": [[1]], "n_results": null, "include": []}"#,
        r#"{"query_embeddings": [[1]], "n_results": 2.0, "include": []}"#,
        r#"{"query_embeddings": [[1]], "n_results": 1, "include": ["foo"]}"#,
        r#"{"query_embeddings": [[1]], "n_results": 1, "include": [], "where": []}"#,
        r#"{"query_embeddings": [1], "n_results": 1, "include": []}"#,
        r#"{"query_embeddings": [[1]], "n_results": 1, "include": [], "other": "\ud800"}"#,
    ] {
        assert!(QueryBody::read_fast(json.as_bytes()).is_none(), "{json}");
    }
}

#[test]
fn unknown_parts_are_listed_with_what_there_is() {
    let message = "Input should be 'documents', 'embeddings', 'metadatas', 'distances', 'uris' or 'data'";
    let expected = "'documents', 'embeddings', 'metadatas', 'distances', 'uris' or 'data'";
    assert_eq!(
        read::<GetBody>(r#"{"include": ["uris", "foo"]}"#).unwrap_err(),
        format!(
            r#"[{{"type":"enum","loc":["body","include",1],"msg":"{message}","input":"foo","ctx":{{"expected":"{expected}"}}}}]"#
        )
    );
}

#[test]
fn mistakes_come_in_the_order_of_the_fields() {
    let details = read::<QueryBody>(r#"{"n_results": null, "where": [], "include": null}"#).unwrap_err();
    let places: Vec<_> = ["\"where\"", "\"query_embeddings\"", "\"n_results\"],\"msg", "\"include\"],\"msg"]
        .iter()
        .map(|name| details.find(name).unwrap())
        .collect();
    assert!(places.is_sorted(), "{details}");
}
