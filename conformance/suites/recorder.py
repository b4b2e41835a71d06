"""pytest plugin that selects the upstream tests of one suite and records what became of each.

Environment:
  HUEDB_RECORD    file that gets one JSON object a line for each finished test
  HUEDB_DESELECT  JSON list of {"test": "file.py::test", "parameter"?: text, "reason": text}

A record holds the number of HTTP requests that the test sent. Upstream's suites also contain tests
of in-process code; they say nothing about a server, so the runner does not count a test that sent
no request.
"""

import json
import os

import httpx
import pytest

_sent = 0


def _count_requests():
    """Makes every httpx transport, sync and async, count what it sends."""
    send, send_async = httpx.HTTPTransport.handle_request, httpx.AsyncHTTPTransport.handle_async_request

    def handle_request(self, request):
        global _sent
        _sent += 1
        return send(self, request)

    async def handle_async_request(self, request):
        global _sent
        _sent += 1
        return await send_async(self, request)

    httpx.HTTPTransport.handle_request = handle_request
    httpx.AsyncHTTPTransport.handle_async_request = handle_async_request


def _base_name(nodeid):
    return nodeid.split("[", 1)[0]


def _is_deselected(nodeid, rules):
    return any(
        _base_name(nodeid) == rule["test"] and rule.get("parameter", "") in nodeid for rule in rules
    )


class Recorder:
    def __init__(self, path, rules):
        self.output = open(path, "a", encoding="utf-8")
        self.rules = rules
        self.started_at = {}
        self.worst = {}

    def write(self, record):
        self.output.write(json.dumps(record) + "\n")
        self.output.flush()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config, items):
        dropped = [item for item in items if _is_deselected(item.nodeid, self.rules)]
        if dropped:
            items[:] = [item for item in items if item not in dropped]
            config.hook.pytest_deselected(items=dropped)
        self.write({"collected": len(items), "deselected": len(dropped)})

    def pytest_runtest_logstart(self, nodeid, location):
        self.started_at[nodeid] = _sent
        self.worst[nodeid] = ("passed", 0.0, "")

    def pytest_runtest_logreport(self, report):
        outcome, seconds, message = self.worst[report.nodeid]
        seconds += report.duration
        if report.failed:
            outcome, message = "failed", _last_line(report)
        elif report.skipped and outcome == "passed":
            outcome, message = ("xfailed" if hasattr(report, "wasxfail") else "skipped"), _last_line(report)
        self.worst[report.nodeid] = (outcome, seconds, message)

    def pytest_runtest_logfinish(self, nodeid, location):
        outcome, seconds, message = self.worst.pop(nodeid)
        record = {
            "test": nodeid,
            "outcome": outcome,
            "requests": _sent - self.started_at.pop(nodeid),
            "seconds": round(seconds, 3),
        }
        if message:
            record["message"] = message
        self.write(record)

    def pytest_collectreport(self, report):
        if report.failed:
            self.write(
                {"test": f"{report.nodeid} (collection)", "outcome": "failed", "requests": 1,
                 "seconds": 0.0, "message": _last_line(report)}
            )


def _last_line(report):
    """The one line that says most: the error of a failure, the reason of a skip."""
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        return crash.message.strip().splitlines()[0] if crash.message.strip() else "no message"
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2])
    lines = str(report.longrepr or "").strip().splitlines()
    return lines[-1] if lines else ""


def pytest_configure(config):
    _count_requests()
    rules = json.loads(os.environ.get("HUEDB_DESELECT", "[]"))
    config.pluginmanager.register(Recorder(os.environ["HUEDB_RECORD"], rules), "huedb-recorder")
