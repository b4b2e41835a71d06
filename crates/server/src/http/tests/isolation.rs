//! Every route, tried by everybody: who is not allowed gets nowhere, and nobody sees what is not theirs.

use huedb_engine::Existing;
use huedb_types::HnswConfiguration;

use super::*;
use crate::auth::{action::Reach, secret::Secret};

/// Users of two tenants. Tokens are the names.
const USERS: &str = "
roles_mapping:
  owner: {actions: '*'}
  reader: {actions: '*', read_only: true}
  writer: {actions: 'collection:*'}
users:
- {id: root, role: owner, tokens: root}
- {id: owner, role: owner, tenant: acme, databases: prod, tokens: owner}
- {id: reader, role: reader, tenant: acme, databases: prod, tokens: reader}
- {id: writer, role: writer, tenant: acme, databases: prod, tokens: writer}
- {id: neighbour, role: owner, tenant: acme, databases: test, tokens: neighbour}
- {id: stranger, role: owner, tenant: other, databases: prod, tokens: stranger}
- {id: picky, role: owner, tenant: acme, databases: prod, collections: mine, tokens: picky}
";

const HNSW: HnswConfiguration = HnswConfiguration {
    space: huedb_types::Distance::L2,
    ef_construction: 100,
    ef_search: 10,
    max_neighbors: 16,
    num_threads: 1,
    resize_factor: 1.2,
    batch_size: 100,
    sync_threshold: 1000,
};

/// Fields that the body of some route needs; each route ignores those of the others.
const BODY: &str = "{\"name\": \"created\", \"new_name\": \"renamed\", \"ids\": [\"r\"], \"embeddings\": [[1.0, 2.0]], \
                    \"query_embeddings\": [[1.0, 2.0]], \"searches\": [], \"function_id\": \"f\", \"output_collection\": \
                    \"o\", \"resource_name\": \"r\"}";

/// Tokens, tenants, databases, and a collection `secret` in database `prod` of tenant `acme`.
struct Town {
    fixture: Fixture,
    id: String,
}

/// What was answered, with the names of the one asked for replaced.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    body: String,
    action: Option<Action>,
}

impl Town {
    fn new() -> Self {
        let mut id = String::new();
        let fixture = Fixture::with(all_routes(true), |settings, engine| {
            settings.auth = "token";
            settings.authz = "roles";
            settings.auth_credentials = Secret::new(USERS.to_owned());
            settings.authz_config = Secret::new(USERS.to_owned());
            settings.auth_failures_per_minute = 0;
            for (tenant, databases) in [("acme", ["prod", "test"]), ("other", ["prod", "test"])] {
                engine.create_tenant(tenant).unwrap();
                databases.iter().for_each(|name| drop(engine.create_database(tenant, name).unwrap()));
            }
            for name in ["secret", "mine"] {
                let new = huedb_engine::NewCollection {
                    name: name.to_owned(),
                    metadata: None,
                    hnsw: HNSW,
                    precision: huedb_types::Precision::F32,
                    v1_configuration: None,
                    embedding_function: None,
                    schema: None,
                };
                let collection = engine.create_collection("acme", "prod", new, Existing::Fail).unwrap();
                if name == "secret" {
                    id = collection.descriptor().id.to_string();
                }
            }
        });
        Self { fixture, id }
    }

    fn ask(&self, token: &str, method: &Method, path: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.body(Body::from(BODY)).unwrap();
        let response = self.fixture.runtime.block_on(self.fixture.api.answer(Box::new(request)));
        let (parts, body) = response.into_parts();
        let bytes = self.fixture.runtime.block_on(axum::body::to_bytes(body, usize::MAX)).unwrap();
        Answer {
            status: parts.status.as_u16(),
            body: String::from_utf8_lossy(&bytes).into_owned(),
            action: parts.extensions.get().copied(),
        }
    }
}

/// Every route with its parameters filled in.
fn routes(tenant: &str, database: &str, name: &str, id: &str) -> Vec<(Method, String)> {
    let table = all_routes(true);
    let fill = |route: &route::DescribedRoute| {
        // Below a collection, and to change one, its id is meant; otherwise its name.
        let by_id = route.path.contains("{collection}/")
            || route.path.contains("by-id")
            || route.method == Method::PUT;
        let path = route
            .path
            .replace("{tenant}", tenant)
            .replace("{database}", database)
            .replace("{collection}", if by_id { id } else { name })
            .replace("{crn}", "a:b:c")
            .replace("{function}", "f");
        let query = if path.starts_with("/api/v1") {
            format!("?tenant={tenant}&database={database}")
        } else {
            String::new()
        };
        (route.method.clone(), path + &query)
    };
    table.described().iter().map(fill).collect()
}

#[test]
fn without_the_right_credentials_only_open_routes_answer() {
    let town = Town::new();
    let (mut open, mut closed) = (0, 0);
    for (method, path) in routes("acme", "prod", "secret", &town.id) {
        for token in ["", "wrong", "Root", "root2"] {
            let answer = town.ask(token, &method, &path);
            if answer.action.unwrap().reach() == Reach::Open {
                assert_eq!(answer.status, 200, "{method} {path} as `{token}`");
                open += 1;
            } else {
                let expected = if path.starts_with("/api/v1") { 403 } else { 401 };
                assert_eq!(answer.status, expected, "{method} {path} as `{token}`: {answer:?}");
                assert!(answer.body.contains("\"AuthError\""), "{method} {path}: {answer:?}");
                closed += 1;
            }
        }
    }
    assert!(open >= 20 && closed >= 100, "open={open} closed={closed}");
}

#[test]
fn nobody_gets_into_another_tenant_or_database_by_its_name() {
    let town = Town::new();
    for token in ["stranger", "neighbour"] {
        for (method, path) in routes("acme", "prod", "secret", &town.id) {
            let names_place = path.contains("tenants/acme") || path.contains("tenant=acme");
            let is_by_id = path.starts_with("/api/v1/collections/") && path.contains(&town.id);
            // The neighbour lives in the same tenant, and may look at that and make databases named like its own.
            let bare = path.split('?').next().unwrap_or_default();
            let is_of_tenant = bare.ends_with("tenants/acme") || bare.ends_with("tenants/acme/databases");
            if !names_place
                || is_by_id
                || (token == "neighbour" && is_of_tenant)
                || is_about_no_database(&path)
            {
                continue;
            }
            let answer = town.ask(token, &method, &path);
            assert_eq!(answer.status, 403, "{method} {path} as {token}: {answer:?}");
            // The same for names that do not exist: the answer tells nothing.
            let missing = path.replace("acme", "nowhere").replace("prod", "nothing");
            let missing = town.ask(token, &method, &missing);
            assert_eq!((missing.status, missing.body), (403, answer.body), "{method} {path} as {token}");
        }
    }
}

/// Routes of the first generation get a tenant in the query here whether they look at it or not.
fn is_about_no_database(path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    [
        "/api/v1",
        "/api/v1/heartbeat",
        "/api/v1/version",
        "/api/v1/pre-flight-checks",
        "/api/v1/reset",
        "/api/v1/tenants",
    ]
    .contains(&path)
}

#[test]
fn a_foreign_collection_is_answered_like_a_missing_one() {
    let town = Town::new();
    let missing = "11111111-2222-4333-8444-555555555555";
    let mut compared = 0;
    for (token, tenant, database) in
        [("stranger", "other", "prod"), ("neighbour", "acme", "test"), ("picky", "acme", "prod")]
    {
        let foreign = routes(tenant, database, "secret", &town.id);
        let unknown = routes(tenant, database, "missing", missing);
        for ((method, path), (_, other)) in foreign.into_iter().zip(unknown) {
            let is_collection = path.contains(&town.id) || path.contains("/secret");
            if !is_collection {
                continue;
            }
            let seen = town.ask(token, &method, &path);
            let expected = town.ask(token, &method, &other);
            assert!([400, 404, 500].contains(&seen.status), "{method} {path} as {token}: {seen:?}");
            let body = expected.body.replace(missing, &town.id).replace("missing", "secret");
            assert_eq!((seen.status, seen.body), (expected.status, body), "{method} {path} as {token}");
            compared += 1;
        }
    }
    assert!(compared >= 60, "compared={compared}");
    assert_eq!(town.ask("owner", &Method::GET, &format!("/api/v1/collections/{}/count", town.id)).body, "0");
}

#[test]
fn a_reader_changes_nothing_and_a_writer_only_records() {
    let town = Town::new();
    for (method, path) in routes("acme", "prod", "secret", &town.id) {
        for token in ["reader", "writer"] {
            let answer = town.ask(token, &method, &path);
            let action = answer.action.unwrap();
            let is_allowed = match (token, action.reach()) {
                (_, Reach::Open) => true,
                ("reader", reach) => reach == Reach::Read,
                _ => action.name().starts_with("collection:") || action == Action::Identity,
            };
            let expected = if is_allowed { "not 403" } else { "403" };
            assert_eq!(
                answer.status != 403,
                is_allowed,
                "{method} {path} as {token}: {answer:?}, expected {expected}"
            );
        }
        // Each gets the collection as it was.
        town.ask("root", &Method::POST, "/api/v2/tenants/acme/databases/prod/collections");
    }
}

#[test]
fn lists_show_what_is_within_reach() {
    let town = Town::new();
    let cases = [
        ("owner", "/api/v2/tenants/acme/databases", &["prod"][..], &["test"][..]),
        ("neighbour", "/api/v2/tenants/acme/databases", &["test"], &["prod"]),
        ("owner", "/api/v2/tenants/acme/databases/prod/collections", &["secret", "mine"], &[]),
        ("picky", "/api/v2/tenants/acme/databases/prod/collections", &["mine"], &["secret"]),
        ("picky", "/api/v1/collections?tenant=acme&database=prod", &["mine"], &["secret"]),
    ];
    for (token, path, shown, hidden) in cases {
        let body = town.ask(token, &Method::GET, path).body;
        for name in shown {
            assert!(body.contains(&format!("\"name\":\"{name}\"")), "{path} as {token}: {body}");
        }
        for name in hidden {
            assert!(!body.contains(&format!("\"name\":\"{name}\"")), "{path} as {token}: {body}");
        }
    }
    for (token, count) in [("owner", "2"), ("picky", "1")] {
        assert_eq!(
            town.ask(token, &Method::GET, "/api/v2/tenants/acme/databases/prod/collections_count").body,
            count
        );
        assert_eq!(
            town.ask(token, &Method::GET, "/api/v1/count_collections?tenant=acme&database=prod").body,
            count
        );
    }
}

#[test]
fn nothing_is_made_or_renamed_outside_of_reach() {
    let town = Town::new();
    let collections = "/api/v2/tenants/acme/databases/prod/collections";
    let denied = |token: &str, method: Method, path: &str| {
        let answer = town.ask(token, &method, path);
        assert_eq!(answer.status, 403, "{method} {path} as {token}: {answer:?}");
    };
    // The body names `created` and `renamed`.
    denied("picky", Method::POST, collections);
    denied("picky", Method::POST, "/api/v1/collections?tenant=acme&database=prod");
    denied("owner", Method::POST, "/api/v2/tenants");
    denied("owner", Method::POST, "/api/v1/tenants");
    denied("owner", Method::POST, "/api/v2/tenants/acme/databases");
    denied("owner", Method::POST, "/api/v1/databases?tenant=acme");
    denied("picky", Method::DELETE, "/api/v2/tenants/acme/databases/prod");
    let listed = town.ask("picky", &Method::GET, collections).body;
    let id = listed.split("\"id\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    denied("picky", Method::PUT, &format!("{collections}/{id}"));
    denied("picky", Method::PUT, &format!("/api/v1/collections/{id}"));
    assert_eq!(
        town.ask("owner", &Method::GET, "/api/v2/tenants/acme/databases/prod/collections_count").body,
        "2"
    );
}

#[test]
fn only_who_reaches_everything_deletes_everything() {
    let town = Town::new();
    for path in ["/api/v1/reset", "/api/v2/reset"] {
        for token in ["reader", "writer"] {
            assert_eq!(town.ask(token, &Method::POST, path).status, 403, "{path} as {token}");
        }
    }
    // Reset is off here, which is said to those alone who could use it.
    assert_eq!(town.ask("root", &Method::POST, "/api/v1/reset").status, 500);
    let allowed = Fixture::with(all_routes(true), |settings, _| {
        settings.allow_reset = true;
        settings.auth = "token";
        settings.auth_credentials = Secret::new(
            "users:\n- {id: a, tokens: bound, tenant: acme}\n- {id: b, tokens: root}\n".to_owned(),
        );
    });
    let town = Town { fixture: allowed, id: String::new() };
    for path in ["/api/v1/reset", "/api/v2/reset"] {
        assert_eq!(town.ask("bound", &Method::POST, path).status, 403, "{path}");
        assert_eq!(town.ask("root", &Method::POST, path).status, 200, "{path}");
    }
}

#[test]
fn everybody_is_told_who_they_are() {
    let town = Town::new();
    let answer = town.ask("neighbour", &Method::GET, "/api/v2/auth/identity");
    assert_eq!(answer.body, "{\"databases\":[\"test\"],\"tenant\":\"acme\",\"user_id\":\"neighbour\"}");
    let answer = town.ask("root", &Method::GET, "/api/v2/auth/identity");
    assert_eq!(answer.body, "{\"databases\":[\"*\"],\"tenant\":\"*\",\"user_id\":\"root\"}");
}

#[test]
fn a_refused_request_is_answered_before_its_body_has_come() {
    let town = Town::new();
    let endless = Body::new(Silence);
    let request = Request::post("/api/v2/tenants").body(endless).unwrap();
    assert_eq!(town.fixture.runtime.block_on(town.fixture.api.answer(Box::new(request))).status(), 401);
}

/// A body of which nothing ever comes.
struct Silence;

impl hyper::body::Body for Silence {
    type Data = bytes::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Self::Data>, Self::Error>>> {
        Poll::Pending
    }
}

#[test]
fn a_denial_behind_the_gate_is_counted_once_and_a_missing_thing_is_none() {
    let town = Town::new();
    let denials = || town.fixture.api.telemetry.counters.authorisation_failures.get();
    let collections = "/api/v2/tenants/acme/databases/prod/collections";
    let by_id = format!("/api/v1/collections/{}/count", town.id);
    let cases = [
        ("stranger", Method::GET, collections, 1),
        ("stranger", Method::GET, "/api/v1/collections?tenant=acme&database=prod", 1),
        ("stranger", Method::GET, &by_id, 1),
        ("picky", Method::POST, collections, 1),
        ("picky", Method::GET, &format!("{collections}/secret"), 1),
        ("picky", Method::GET, &format!("{collections}/missing"), 0),
        ("picky", Method::GET, &format!("{collections}/mine"), 0),
        // Lists leave out what is foreign.
        ("picky", Method::GET, collections, 0),
        // By the gate.
        ("reader", Method::DELETE, &format!("{collections}/secret"), 1),
        // 403 too, and no denial: it is switched off.
        ("root", Method::POST, "/api/v2/reset", 0),
    ];
    for (token, method, path, expected) in cases {
        let before = denials();
        let answer = town.ask(token, &method, path);
        assert_eq!(denials() - before, expected, "{method} {path} as {token}: {answer:?}");
    }
}
