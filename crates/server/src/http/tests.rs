//! The API as a function from request to answer: what holds for every route.

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use huedb_engine::{Engine, EngineOptions};

use super::{
    app::{CpuPool, HttpSettings},
    openapi::Operation,
    *,
};
use crate::{
    auth::{
        gate::{Gate, Guard},
        settings::AuthSettings,
    },
    config::Settings,
};

mod isolation;

/// An API over an empty engine. The directory lives as long as it.
struct Fixture {
    api: Api,
    runtime: tokio::runtime::Runtime,
    _directory: tempfile::TempDir,
}

impl Fixture {
    fn new(table: RouteTable) -> Self {
        Self::with(table, |_, _| {})
    }

    /// With other settings than the defaults, or data.
    fn with(table: RouteTable, prepare: impl FnOnce(&mut Settings, &Engine)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let engine = Engine::open(directory.path(), EngineOptions::default()).unwrap();
        let mut given = Settings::defaults();
        prepare(&mut given, &engine);
        let settings = HttpSettings { allow_reset: given.allow_reset, ..HttpSettings::of_tests() };
        let guard = Guard::load(AuthSettings::of(&given)).unwrap();
        let gate = Gate::new(engine, guard, 1).unwrap();
        let telemetry = Telemetry::new();
        let app = App::new(gate, settings, CpuPool::start(1).unwrap(), Arc::clone(&telemetry));
        let api = Api::opening(Cors::new(&[]), telemetry);
        api.open(table, app);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { api, runtime, _directory: directory }
    }

    fn answer(&self, method: &Method, path: &str) -> Response {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        self.runtime.block_on(self.api.answer(Box::new(request)))
    }

    #[track_caller]
    fn check(&self, method: &Method, path: &str, status: u16) {
        let response = self.answer(method, path);
        assert_eq!(response.status().as_u16(), status, "{method} {path}");
        assert_eq!(response.headers()["chroma-trace-id"], "0", "{method} {path}");
    }
}

#[test]
fn the_path_decides_which_generation_answers() {
    use Generation::{V1, V2};
    let cases = [
        ("/api/v1", V1),
        ("/api/v1/", V1),
        ("/api/v1/nothing", V1),
        ("/api/v10", V2),
        ("/api/v2/x", V2),
        ("/api/v3", V2),
        ("/", V2),
    ];
    for (path, generation) in cases {
        assert_eq!(Generation::of_path(path), generation, "path={path}");
    }
}

#[test]
fn routes_answer_their_paths_and_methods_only() {
    let fixture = Fixture::new(all_routes(true));
    for path in ["/api/v1/heartbeat", "/api/v1/heartbeat/", "/api/v1", "/api/v1/", "/api/v2/heartbeat"] {
        fixture.check(&Method::GET, path, 200);
        fixture.check(&Method::PUT, path, 405);
    }
    for path in
        ["/api/v2/heartbeat/", "/api/v1/nothing", "/api/v2/nothing", "/", "/api/v3", "/api/v1/heartbeat//"]
    {
        fixture.check(&Method::GET, path, 404);
    }
    fixture.check(&Method::HEAD, "/api/v1/heartbeat", 405);
    fixture.check(&Method::HEAD, "/api/v2/heartbeat", 200);
    fixture.check(&Method::OPTIONS, "/api/v1/heartbeat", 405);
}

#[test]
fn a_panic_in_a_handler_is_one_500_in_the_words_of_its_generation() {
    async fn fails() -> &'static str {
        tokio::task::yield_now().await;
        panic!("on purpose")
    }
    let mut table = RouteTable::default();
    table.route(Action::Get, Method::GET, "/api/v1/fails", Operation::new("Test", "test", "A test"), fails);
    table.route(Action::Get, Method::GET, "/api/v2/fails", Operation::new("Test", "test", "A test"), fails);
    table.route(
        Action::Get,
        Method::GET,
        "/api/v2/works",
        Operation::new("Test", "test", "A test"),
        || async { "yes" },
    );
    let fixture = Fixture::new(table);
    for path in ["/api/v1/fails", "/api/v2/fails"] {
        fixture.check(&Method::GET, path, 500);
        assert_eq!(fixture.answer(&Method::GET, path).headers()["content-type"], "application/json");
    }
    fixture.check(&Method::GET, "/api/v2/works", 200);
}

#[test]
fn an_answer_knows_the_action_of_its_route() {
    let fixture = Fixture::new(all_routes(true));
    let response = fixture.answer(&Method::GET, "/api/v2/heartbeat");
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.extensions().get(), Some(&Action::Heartbeat));
    assert_eq!(fixture.answer(&Method::GET, "/nothing").extensions().get::<Action>(), None);
}

#[test]
fn the_description_names_the_credentials_that_this_server_wants() {
    use http_body_util::BodyExt as _;

    let schemes = |fixture: &Fixture| {
        let response = fixture.answer(&Method::GET, "/openapi.json");
        assert_eq!(response.status(), StatusCode::OK);
        let body = fixture.runtime.block_on(response.into_body().collect()).unwrap().to_bytes();
        let document: serde_json::Value = serde_json::from_slice(&body).unwrap();
        document["components"]["securitySchemes"].clone()
    };
    assert_eq!(schemes(&Fixture::new(all_routes(true))), serde_json::json!({}));
    let guarded = Fixture::with(all_routes(true), |settings, _| {
        settings.auth = "token";
        settings.auth_credentials = crate::auth::secret::Secret::new("a-token".to_owned());
    });
    assert_eq!(schemes(&guarded), serde_json::json!({ "bearer": { "type": "http", "scheme": "bearer" } }));
}
