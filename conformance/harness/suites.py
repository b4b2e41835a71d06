"""The jobs that run chromadb's own test files from the installed packages."""

import json
import os

from . import places
from .clients import included
from .jobs import Job, known_failures, python_program

SUITES = places.CONFORMANCE / "suites"
# One upstream test; the longest embeds hundreds of texts with the default model.
TEST_TIMEOUT_S = 900
CLIENTS = {"sync": "chromadb.api.fastapi.FastAPI", "async": "chromadb.api.async_fastapi.AsyncFastAPI"}


def read(name):
    return json.loads((SUITES / name).read_text(encoding="utf-8"))


def environment(generation, port, suite, record, rules):
    settings = {
        # Parametrizes the fixtures with the external server only.
        "CHROMA_INTEGRATION_TEST_ONLY": "1",
        "CHROMA_API_IMPL": CLIENTS[suite.get("client", "sync")],
        "CHROMA_SERVER_HOST": "localhost",
        "CHROMA_SERVER_HTTP_PORT": str(port),
        "CHROMA_SERVER_NOFILE": "65535",
        "CHROMA_HYPOTHESIS_CI_REPRODUCE_ONLY": "1",
        "PROPERTY_TESTING_PRESET": "fast",
        "PYTHONPATH": str(SUITES),
        "HUEDB_RECORD": str(record),
        "HUEDB_DESELECT": json.dumps(rules),
    }
    return places.clean_environment(places.python_environment(generation) / "bin") | settings


def suite_job(server_kind, generation, suite, deselected, expected, failures, seed):
    rules = [rule for rule in deselected if rule["generation"] == generation]
    rules += [{"test": test} for test in suite.get("without", [])]

    def program(server, record, directory):
        settings = environment(generation, server.port, suite, record, rules)
        for name in suite.get("unset", []):
            del settings[name]
        plugin = []
        if suite.get("own_server"):
            plugin = ["-p", "own_server"]
            settings["HUEDB_BINARY"] = str(server_kind.binary)
        tests = places.upstream_tests(generation)
        command = [
            str(python_program(generation)), "-m", "pytest",
            "-c", str(SUITES / "pytest.ini"), f"--rootdir={tests}",
            *plugin, "--quiet", "--disable-warnings", f"--timeout={TEST_TIMEOUT_S}", f"--hypothesis-seed={seed}",
            *(os.path.join(tests, path) for path in suite["paths"]),
        ]
        return command, settings, directory

    needs = (f"py-{generation}", "model")
    return Job("suite", generation, suite["name"], suite["limit_s"], program, needs, expected, failures)


def jobs(server_kind, generations, preset, seed):
    """The suites that `preset` runs."""
    listed, deselected, baseline = read("suites.json"), read("deselected.json"), read("baseline.json")
    made = []
    for generation in generations:
        failures = known_failures(server_kind, generation)
        for suite in listed[generation]:
            # Upstream's own server is what such a suite is known to pass with.
            is_possible = server_kind.name == "huedb" or not suite.get("own_server")
            if suite["preset"] in included(preset) and is_possible:
                expected = baseline.get(generation, {}).get(suite["name"], {}).get("passed")
                made.append(suite_job(server_kind, generation, suite, deselected, expected, failures, seed))
    return made


def record_baseline(results):
    """Writes how many tests of each suite passed on the real server."""
    baseline = read("baseline.json")
    for result in results:
        if result.job.kind == "suite":
            entry = {"passed": result.passed, "skipped": result.skipped, "seconds": round(result.seconds)}
            baseline.setdefault(result.job.generation, {})[result.job.name] = entry
    (SUITES / "baseline.json").write_text(json.dumps(baseline, indent=2) + "\n", encoding="utf-8")
