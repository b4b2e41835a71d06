"""Traces as Zipkin's API tells them: trees of named spans."""

import json
import urllib.parse

from engine import call, require
from stack import ZIPKIN


class Span:
    def __init__(self, data):
        self.id = data["id"]
        self.parent = data.get("parentId")
        # Zipkin keeps names in lower case.
        self.name = data["name"]
        self.kind = data.get("kind")
        self.tags = data.get("tags", {})


class Trace:
    """The spans of one request."""

    def __init__(self, data):
        self.id = data[0]["traceId"]
        self.spans = [Span(span) for span in data]
        ids = {span.id: span for span in self.spans}
        self.roots = [span for span in self.spans if span.parent is None or span.parent not in ids]
        self.by_id = ids

    @property
    def root(self):
        require(len(self.roots) == 1, f"trace {self.id} has roots {[span.name for span in self.roots]}")
        return self.roots[0]

    def named(self, name):
        found = [span for span in self.spans if span.name == name.lower()]
        require(len(found) == 1, f"{name}: {len(found)} spans of that name in {self.tree()}")
        return found[0]

    def is_under(self, span, ancestor):
        while span is not None and span.parent != ancestor.id:
            span = self.by_id.get(span.parent)
        return span is not None

    def tree(self):
        """The names, indented below their parents."""
        def lines(span, depth):
            yield "  " * depth + span.name
            for child in self.spans:
                if child.parent == span.id:
                    yield from lines(child, depth + 1)
        return "\n".join(line for root in self.roots for line in lines(root, 0))


def services():
    return call(f"{ZIPKIN}/api/v2/services").json()


def traces_of(service):
    query = urllib.parse.urlencode({"serviceName": service, "limit": 500, "lookback": 3_600_000})
    return [Trace(data) for data in json.loads(call(f"{ZIPKIN}/api/v2/traces?{query}").text) if data]


def with_root(service, name):
    """Traces whose root has this name, such as `POST /api/v1/collections/{collection_id}/add`."""
    return [trace for trace in traces_of(service) if any(root.name == name.lower() for root in trace.roots)]
