//! Collectors of every manner, and servers that go on whatever they do.

use super::*;
use crate::telemetry::otlp::{
    endpoint::Signal,
    receiver::{Identity, Manner, Receiver},
};

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

/// Sends an empty message over TLS, trusting `trusted` alone.
async fn send_encrypted(receiver: &Receiver, protocol: Protocol, trusted: &Identity) -> Result<(), String> {
    let endpoint = Endpoint::parse(&receiver.endpoint, protocol).unwrap();
    let mut client = Client::new(endpoint, Some(&trusted.ca_file()), FOREVER).unwrap();
    let message = crate::telemetry::otlp::message::traces(&[], &[]);
    client.send(Signal::Traces, message).await.map_err(|error| {
        assert!(error.is_temporary, "{error:?}");
        error.reason
    })
}

#[test]
fn both_protocols_go_over_tls_to_a_collector_that_is_trusted() {
    for protocol in [Protocol::Grpc, Protocol::Http] {
        block_on(async {
            let identity = Identity::new();
            let receiver = Receiver::start_encrypted(protocol, &identity).await;
            assert_eq!(send_encrypted(&receiver, protocol, &identity).await, Ok(()), "{protocol:?}");
            assert_eq!(receiver.received.lock().unwrap().heads.len(), 1, "{protocol:?}");
        });
    }
}

#[test]
fn nothing_is_told_to_a_collector_that_is_not_trusted() {
    for protocol in [Protocol::Grpc, Protocol::Http] {
        block_on(async {
            let receiver = Receiver::start_encrypted(protocol, &Identity::new()).await;
            let reason = send_encrypted(&receiver, protocol, &Identity::new()).await.unwrap_err();
            assert!(reason.starts_with("no TLS connection"), "{reason}");
            // The certificate is for `localhost`.
            let identity = Identity::new();
            let mut receiver = Receiver::start_encrypted(protocol, &identity).await;
            receiver.endpoint = receiver.endpoint.replace("localhost", "127.0.0.1");
            let reason = send_encrypted(&receiver, protocol, &identity).await.unwrap_err();
            assert!(reason.contains("not valid for name"), "{reason}");
            assert!(receiver.received.lock().unwrap().heads.is_empty());
        });
    }
}
