//! Collectors of every manner, and servers that go on whatever they do.

use super::*;
use crate::telemetry::otlp::receiver::{Manner, Receiver};

async fn heartbeat(server: &Watched) {
    let response = server.send(&Method::GET, "/api/v2/heartbeat", "", &[]).await;
    assert_eq!(response.status(), 200);
}

#[test]
fn both_protocols_carry_headers_and_the_services_name() {
    for (protocol, path, content_type) in [
        (Protocol::Grpc, "/opentelemetry.proto.collector.trace.v1.TraceService/Export", "application/grpc"),
        (Protocol::Http, "/v1/traces", "application/x-protobuf"),
    ] {
        block_on(async {
            let receiver = Receiver::start(protocol, Manner::Takes).await;
            let mut server = Watched::new(&receiver.endpoint, protocol, Granularity::Operation, 1000);
            heartbeat(&server).await;
            server.flush().await;
            let received = receiver.received.lock().unwrap();
            let (found, headers) = &received.heads[0];
            assert_eq!(found, path);
            assert_eq!(headers["content-type"], content_type);
            assert_eq!(headers["x-test-header"], "abc");
            assert_eq!(received.resource, [("service.name".to_owned(), "chroma".to_owned())]);
            assert_eq!(server.app.telemetry.counters.spans_exported.get(), 1, "{protocol:?}");
            assert_eq!(server.app.telemetry.counters.spans_dropped.get(), 0, "{protocol:?}");
        });
    }
}

#[test]
fn a_full_batch_is_sent_before_its_time() {
    block_on(async {
        let receiver = Receiver::start(Protocol::Grpc, Manner::Takes).await;
        let server = Watched::new(&receiver.endpoint, Protocol::Grpc, Granularity::Operation, 3);
        for _ in 0..3 {
            heartbeat(&server).await;
        }
        while server.app.telemetry.counters.spans_exported.get() < 3 {
            tokio::task::yield_now().await;
        }
        assert_eq!(receiver.received.lock().unwrap().spans.len(), 3);
    });
}

#[test]
fn a_dead_collector_costs_spans_and_nothing_else() {
    block_on(async {
        // A port that was free a moment ago, so that nobody listens there.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let mut server = Watched::new(&endpoint, Protocol::Grpc, Granularity::Operation, 3);
        for _ in 0..10 {
            heartbeat(&server).await;
        }
        server.flush().await;
        let counters = &server.app.telemetry.counters;
        assert_eq!((counters.spans_exported.get(), counters.spans_dropped.get()), (0, 10));
    });
}

#[test]
fn a_silent_collector_holds_up_neither_requests_nor_the_end() {
    block_on(async {
        let receiver = Receiver::start(Protocol::Grpc, Manner::Silent).await;
        let mut server = Watched::new(&receiver.endpoint, Protocol::Grpc, Granularity::Operation, 3);
        for _ in 0..3 {
            heartbeat(&server).await;
        }
        while receiver.received.lock().unwrap().spans.is_empty() {
            tokio::task::yield_now().await;
        }
        // One batch is under way and stays there; these fill the queue and what is beyond it.
        for _ in 0..10 {
            heartbeat(&server).await;
        }
        assert_eq!(server.app.telemetry.counters.spans_dropped.get(), 7);
        server.export.take().unwrap().stop(Instant::now()).await;
        heartbeat(&server).await;
    });
}

#[test]
fn what_a_collector_refuses_for_good_is_dropped_and_counted() {
    for protocol in [Protocol::Grpc, Protocol::Http] {
        block_on(async {
            let receiver = Receiver::start(protocol, Manner::Refuses).await;
            let mut server = Watched::new(&receiver.endpoint, protocol, Granularity::Operation, 1000);
            heartbeat(&server).await;
            server.flush().await;
            assert_eq!(server.app.telemetry.counters.spans_dropped.get(), 1, "{protocol:?}");
        });
    }
}

#[test]
fn metrics_go_to_a_collector_too() {
    block_on(async {
        let receiver = Receiver::start(Protocol::Http, Manner::Takes).await;
        let server = Watched::new(&receiver.endpoint, Protocol::Http, Granularity::Operation, 1000);
        heartbeat(&server).await;
        let endpoint = Endpoint::parse(&receiver.endpoint, Protocol::Http).unwrap();
        let client = Client::new(endpoint, None, FOREVER).unwrap();
        let (app, resource) = (server.app.clone(), vec![Attribute::text("service.name", "chroma")].into());
        let export = Export::metrics(client, resource, FOREVER, move || app.telemetry.gather(&app));
        export.stop(Instant::now() + FOREVER).await;
        let received = receiver.received.lock().unwrap();
        let sent = &received.metrics[0].resource_metrics[0].scope_metrics[0].metrics;
        for family in server.app.telemetry.gather(&server.app) {
            let metric = sent.iter().find(|metric| metric.name == family.name);
            assert!(metric.is_some_and(|metric| metric.data.is_some()), "name={}", family.name);
        }
        let durations =
            sent.iter().find(|metric| metric.name == "huedb_http_request_duration_seconds").unwrap();
        let text = format!("{durations:?}");
        assert!(text.contains("count: 1") && text.contains("/api/v2/heartbeat"), "{text}");
    });
}
