"""Metrics as a real Prometheus sees them: the scrape, the alerts, and every query of the dashboard."""

import json
import pathlib
import re
import shutil
import tempfile

import records
from engine import REPOSITORY, call, require, running
from prometheus import DEPLOYED, promtool, scraping
from stack import FIXTURES, eventually

DASHBOARD = REPOSITORY / "deploy" / "grafana" / "huedb.json"
# What Grafana puts in the place of its variables.
VARIABLES = {"$__rate_interval": "1m", "$job": "huedb", "$instance": ".*"}
# These count what does not happen to a server that is well.
EMPTY_WHEN_WELL = ('status=~"5.."',)


def filled(text):
    for name, value in VARIABLES.items():
        text = text.replace(name, value)
    require("$" not in text, f"a variable that nobody fills: {text}")
    return text


def queries():
    """The dashboard's queries by the titles of their panels."""
    dashboard = json.loads(DASHBOARD.read_text())
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield panel["title"], filled(target["expr"])
    for variable in dashboard["templating"]["list"]:
        found = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"])
        if found:
            yield variable["name"], filled(found[1])


def the_files_of_the_deployment_are_valid(_):
    done = promtool("check", "config", DEPLOYED / "prometheus.yml")
    require(done.returncode == 0 and "1 rule files found" in done.stdout, done.stdout + done.stderr)
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        shutil.copy(DEPLOYED / "rules.yml", directory)
        shutil.copy(FIXTURES / "alerts.test.yml", directory)
        done = promtool("test", "rules", directory / "alerts.test.yml")
        require(done.returncode == 0, done.stdout + done.stderr)


def prometheus_finds_no_fault_with_the_metrics(_):
    with running() as container:
        records.write(container)
        metrics = call(container.url("/metrics")).text
    done = promtool("check", "metrics", input=metrics)
    require(done.returncode == 0 and not done.stdout.strip() + done.stderr.strip(), done.stdout + done.stderr)


def every_query_of_the_dashboard_is_answered(report):
    with running() as container, scraping(f"127.0.0.1:{container.port}") as prometheus:
        records.write(container)
        targets = lambda: prometheus.ask("targets", state="active")["activeTargets"]
        found = eventually("a scrape", lambda: [target for target in targets() if target["health"] != "unknown"])
        require([target["health"] for target in found] == ["up"], f"targets: {found}")
        # A rate needs two scrapes between which something happens.
        growing = 'rate(huedb_http_requests_total{route="/api/v2/heartbeat"}[1m]) > 0'
        eventually("rates", lambda: call(container.url("/api/v2/heartbeat")) and prometheus.query(growing))
        count = 0
        for title, query in queries():
            result = prometheus.query(query)
            may_be_empty = any(part in query for part in EMPTY_WHEN_WELL)
            require(result or may_be_empty, f"panel `{title}`: nothing is found by {query}")
            count += 1
        report("queries of the dashboard that a real Prometheus answered", count)
        alerts = prometheus.ask("alerts")["alerts"]
        require(not alerts, f"alerts of a server that is well: {alerts}")
        groups = prometheus.ask("rules")["groups"]
        bad = [rule for group in groups for rule in group["rules"] if rule["health"] == "err"]
        require(groups and not bad, f"rules that cannot be evaluated: {bad}")


CHECKS = (
    the_files_of_the_deployment_are_valid, prometheus_finds_no_fault_with_the_metrics,
    every_query_of_the_dashboard_is_answered,
)
