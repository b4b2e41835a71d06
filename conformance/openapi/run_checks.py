#!/usr/bin/env python3
"""Sends what the OpenAPI document allows, and what it does not, and checks every answer against it.

Records one outcome for each operation and each check that failed, as JSON lines.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import urllib.request
import xml.etree.ElementTree

HERE = pathlib.Path(__file__).resolve().parent
CHECKS = ",".join((
    "no_fault_of_the_server",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
))


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--url", required=True, help="of the server, such as http://127.0.0.1:8000")
    parser.add_argument("--record", type=pathlib.Path, required=True, help="file for the outcomes")
    parser.add_argument("--examples", type=int, required=True, help="requests of the random phase for each operation")
    parser.add_argument("--seed", type=int, required=True)
    return parser.parse_args()


def post(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as reply:
        return json.load(reply)


def make_collection(url):
    """A collection with two records; returns its id."""
    collections = f"{url}/api/v2/tenants/default_tenant/databases/default_database/collections"
    identity = post(collections, {"name": "schemathesis", "get_or_create": True})["id"]
    records = {
        "ids": ["a", "b"],
        "embeddings": [[1.0, 0.0], [0.0, 1.0]],
        "documents": ["first", None],
        "metadatas": [{"text": "x", "whole": 1, "part": 0.5, "yes": True, "list": [1, 2]}, None],
    }
    post(f"{collections}/{identity}/add", records)
    return identity


def run(arguments, report):
    command = [
        str(pathlib.Path(sys.executable).parent / "st"), "--config-file", str(HERE / "schemathesis.toml"),
        "run", f"{arguments.url}/openapi.json",
        "--checks", CHECKS, "--phases", "examples,coverage,fuzzing",
        "--max-examples", str(arguments.examples), "--seed", str(arguments.seed),
        "--generation-database", "none", "--continue-on-failure", "--no-shrink", "--suppress-health-check", "all",
        "--warnings", "off", "--no-color", "--report", "junit", "--report-junit-path", str(report),
        # Deletes what the run is about; the scenario of the clients calls it.
        "--exclude-operation-id", "reset", "--exclude-operation-id", "reset_v1",
    ]
    environment = os.environ | {
        "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE), "HUEDB_COLLECTION": make_collection(arguments.url),
    }
    return subprocess.run(command, env=environment, check=False).returncode


def outcomes(report):
    """What the report says of each operation."""
    if not report.exists():
        return
    for case in xml.etree.ElementTree.parse(report).iter("testcase"):
        problems = [problem for kind in ("failure", "error") for problem in case.iter(kind)]
        message = " ".join((problem.get("message") or problem.text or "") for problem in problems)
        yield {"test": case.get("name"), "outcome": "failed" if problems else "passed", "message": message[:2000]}


def main():
    arguments = parse_arguments()
    report = arguments.record.with_suffix(".xml")
    code = run(arguments, report)
    with open(arguments.record, "w", encoding="utf-8") as record:
        for outcome in outcomes(report):
            record.write(json.dumps(outcome) + "\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
