//! A server that is watched: the API over an engine, its traces in a collector.

mod collectors;
mod documents;
mod spans;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Method, Request},
    response::Response,
};
use huedb_engine::{Engine, EngineOptions};
use tokio::time::Instant;

use super::{
    Telemetry,
    otlp::{
        client::Client,
        endpoint::{Endpoint, Protocol, parse_headers},
        export::{Export, SpanExport},
        queue::SpanQueue,
    },
    trace::{Granularity, Tracer, attributes::Attribute, sampler::Sampler},
};
use crate::http::{
    Api, all_routes,
    app::{App, CpuPool, HttpSettings},
    headers::Cors,
};
use crate::{
    auth::{
        gate::{Gate, Guard},
        settings::AuthSettings,
    },
    config::Settings,
};

/// Longer than any test: the end of the export is waited for, not timed.
const FOREVER: Duration = Duration::from_mins(10);

struct Watched {
    api: Api,
    app: App,
    export: Option<Export>,
    _directory: tempfile::TempDir,
}

impl Watched {
    /// A server whose collector is at `endpoint`; at most `spans_max` spans may wait. Batches are sent
    /// when they are full or when the export stops.
    fn new(endpoint: &str, protocol: Protocol, granularity: Granularity, spans_max: usize) -> Self {
        let mut telemetry = Telemetry::default();
        let counters = Arc::clone(&telemetry.counters);
        let queue = SpanQueue::new(spans_max, spans_max, Arc::clone(&counters));
        let sampler = Sampler::new("parentbased_always_on", 1.0);
        telemetry.tracer = Some(Tracer { granularity, sampler, queue: queue.clone() });
        let mut endpoint = Endpoint::parse(endpoint, protocol).unwrap();
        endpoint.headers = parse_headers(r#"{"x-test-header": "abc"}"#).unwrap();
        let client = Client::new(endpoint, None, FOREVER).unwrap();
        let resource: Arc<[Attribute]> = vec![Attribute::text("service.name", "chroma")].into();
        let export = Export::spans(SpanExport { queue, client, resource, delay: FOREVER, counters });
        let directory = tempfile::tempdir().unwrap();
        let engine = Engine::open(directory.path(), EngineOptions::default()).unwrap();
        let settings = HttpSettings::of_tests();
        let telemetry = Arc::new(telemetry);
        telemetry.watch(&engine);
        let guard = Guard::load(AuthSettings::of(&Settings::defaults())).unwrap();
        let gate = Gate::new(engine, guard, 1).unwrap();
        let app = App::new(gate, settings, CpuPool::start(1).unwrap(), Arc::clone(&telemetry));
        let api = Api::opening(Cors::new(&[]), telemetry);
        api.open(all_routes(true), app.clone());
        Self { api, app, export: Some(export), _directory: directory }
    }

    async fn send(&self, method: &Method, path: &str, body: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = Request::builder().method(method).uri(path).header("host", "db:8000");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = if body.is_empty() { Body::empty() } else { Body::from(body.to_owned()) };
        self.api.answer(Box::new(request.body(body).unwrap())).await
    }

    /// Makes the collection `docs` of the first generation and returns its id.
    async fn collection(&self) -> String {
        let made = self.send(&Method::POST, "/api/v1/collections", r#"{"name": "docs"}"#, &[]).await;
        let body = axum::body::to_bytes(made.into_body(), 1 << 20).await.unwrap();
        let made: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&body).unwrap();
        made["id"].as_str().unwrap().to_owned()
    }

    /// Sends what waits and ends the export.
    async fn flush(&mut self) {
        let deadline = Instant::now() + FOREVER;
        self.export.take().unwrap().stop(deadline).await;
    }
}

fn block_on<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}
