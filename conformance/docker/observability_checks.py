"""Traces from the server through a real OpenTelemetry Collector to a real Zipkin."""

import re

from clients_of_chroma import drive
from engine import Container, call, require
from stack import SERVER, ZIPKIN, eventually, stack
from traces import services, traces_of, with_root

ADD = "POST /api/v1/collections/{collection_id}/upsert"
QUERY = "POST /api/v1/collections/{collection_id}/query"
# The spans below the root of a query, with their parents, at every granularity.
QUERY_TREE = {
    "FastAPI.get_nearest_neighbors": QUERY,
    "auth_and_get_tenant_and_database_for_request": "FastAPI.get_nearest_neighbors",
    "SegmentAPI._query": "FastAPI.get_nearest_neighbors",
}
ADD_TREE = {
    "FastAPI.upsert": ADD,
    "auth_and_get_tenant_and_database_for_request": "FastAPI.upsert",
    "SegmentAPI._upsert": "FastAPI.upsert",
}
# However many records a request has, it has no more spans than this.
SPANS_MAX = 40


def run_clients():
    drive([{"port": 8000, "auth": "none", "credentials": None, "may": "all"}])


def check_tree(trace, tree):
    require(trace.root.kind == "SERVER", f"the root is of kind {trace.root.kind}")
    require(trace.root.tags.get("http.status_code") in ("200", "201"), f"tags of the root: {trace.root.tags}")
    for name, parent in tree.items():
        span = trace.named(name)
        above = trace.by_id.get(span.parent)
        require(above is not None and above.name == parent.lower(), f"{name} is not under {parent}:\n{trace.tree()}")


def check_granularity(granularity):
    service = f"chroma-{granularity}"
    queries = eventually(f"traces of {service}", lambda: with_root(service, QUERY))
    adds = eventually(f"traces of {service}", lambda: with_root(service, ADD))
    for traces, tree in ((queries, QUERY_TREE), (adds, ADD_TREE)):
        check_tree(traces[0], tree)
        require(len(traces[0].spans) <= SPANS_MAX, f"{len(traces[0].spans)} spans:\n{traces[0].tree()}")
    query, add = queries[0], adds[0]
    below_operations = [span.name for span in query.spans if span.name.startswith("engine.search_")]
    require(bool(below_operations) == (granularity != "operation"), f"at {granularity}:\n{query.tree()}")
    for span in below_operations:
        require(query.is_under(query.named(span), query.named("SegmentAPI._query")), f"misplaced:\n{query.tree()}")
    inner = {span.name for span in (*query.spans, *add.spans)} & {"engine.fetch", "engine.resolve", "engine.wal_fsync_wait"}
    require((len(inner) == 3) == (granularity == "all"), f"at {granularity}:\n{query.tree()}\n{add.tree()}")
    tags = query.named("SegmentAPI._query").tags
    require(tags.get("n_results") == "2" and "collection_id" in tags, f"tags of the query: {tags}")
    return len(query.spans)


def is_newer_query(trace):
    name = trace.root.name
    return name.startswith("post /api/v2/tenants/{") and name.endswith("/query")


def each_granularity_has_its_spans(report):
    with stack("docker-compose.observability.yml") as running:
        for granularity in ("none", "operation", "operation_and_segment", "all"):
            running.up(CHROMA_OTEL_GRANULARITY=granularity, CHROMA_OTEL_SERVICE_NAME=f"chroma-{granularity}")
            eventually("Zipkin", lambda: call(f"{ZIPKIN}/health").status == 200)
            run_clients()
            if granularity != "none":
                spans = check_granularity(granularity)
                report(f"spans of a query at {granularity}", spans)
        # By now whatever the first server would have sent has long arrived.
        require("chroma-none" not in services(), f"Zipkin knows {services()}")
        eventually("traces of the newer API", lambda: [trace for trace in traces_of("chroma-all") if is_newer_query(trace)])


def the_compose_file_of_chromas_page_works_as_it_is(_):
    with stack("chroma-0.5-compose.yml") as running:
        running.up(CHROMA_OTEL_EXPORTER_HEADERS='{"x-team": "abc"')  # compose adds the brace that ends `:-{}}`
        require("data            /index_data" in running.log("server"), running.log("server"))
        run_clients()
        eventually("traces of chroma", lambda: with_root("chroma", QUERY))
        running.compose("rm", "-sf", "server")
        running.up()
        read = {"port": 8000, "auth": "none", "credentials": None, "may": "all"}
        drive([read])


def callers_can_join_their_own_trace(_):
    trace, parent = "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174"
    with stack("docker-compose.observability.yml") as running:
        running.up(CHROMA_OTEL_GRANULARITY="operation", CHROMA_OTEL_SERVICE_NAME="joined")
        answer = call(f"{SERVER}/api/v1/collections", headers={"traceparent": f"00-{trace}-{parent}-01"})
        require(answer.headers["chroma-trace-id"] == trace, f"chroma-trace-id is {answer.headers['chroma-trace-id']}")
        eventually("Zipkin", lambda: call(f"{ZIPKIN}/health").status == 200)
        found = eventually("the trace", lambda: call(f"{ZIPKIN}/api/v2/trace/{trace}").status == 200 and traces_of("joined"))
        require([root.parent for item in found for root in item.roots if item.id == trace] == [parent], "another parent")


def metrics_reach_a_real_collector(_):
    with stack("docker-compose.observability.yml") as running:
        running.up(OTEL_METRICS_EXPORTER="otlp", OTEL_METRIC_EXPORT_INTERVAL="500")
        # What the collector's debug exporter says of a delivery.
        deliveries = lambda: re.findall(r'"metrics": (\d+), "data points": (\d+)', running.log("otel-collector"))
        metrics, points = map(int, eventually("metrics", deliveries)[-1])
        require(metrics > 40 and points >= metrics, f"a delivery has {metrics} metrics and {points} points")
        require("does not take telemetry" not in running.log("server"), running.log("server"))


def a_missing_collector_blocks_nothing(_):
    options = ("-e", "CHROMA_OTEL_COLLECTION_ENDPOINT=http://nowhere.invalid:4317/", "-e", "CHROMA_OTEL_GRANULARITY=all")
    with Container(options=options) as container:
        container.wait_until_ready()
        drive([{"port": container.port, "auth": "none", "credentials": None, "may": "all"}])
        seconds, code = container.stop()
        require(code == 0 and seconds < 10, f"a stop took {seconds:.1f} s and ended with {code}")
        require("panicked" not in container.logs(), container.logs())


CHECKS = (
    each_granularity_has_its_spans, the_compose_file_of_chromas_page_works_as_it_is,
    callers_can_join_their_own_trace, metrics_reach_a_real_collector, a_missing_collector_blocks_nothing,
)
