"""One unit of work: a fresh server and one client program that records test outcomes against it."""

import dataclasses
import json
import shutil
import subprocess
import time

from . import places
from .servers import RunningServer, ServerError, end_group, start


@dataclasses.dataclass(frozen=True)
class Job:
    kind: str  # "crud", "integration", "suite" or "openapi"
    generation: str
    name: str
    limit_s: int
    # Builds (command, environment, working directory) for a running server and a record file.
    program: object
    # What setup.sh has to install for it.
    needs: tuple
    # Fewest tests that must pass, or None where no baseline is recorded.
    baseline: int | None = None
    # Names, without parameters, of tests that this server is known to fail; see known_failures.json.
    known_failures: frozenset = frozenset()

    @property
    def title(self):
        return f"{self.kind} {self.generation} {self.name}"


@dataclasses.dataclass
class Result:
    job: Job
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    local: int = 0  # passed without a request to the server: proves nothing about it
    deselected: int = 0
    known: int = 0  # failed as known_failures.json says; counted as skipped too
    passes_now: list = dataclasses.field(default_factory=list)  # listed there, but passed
    seconds: float = 0.0
    failures: list = dataclasses.field(default_factory=list)  # {"test", "message"}
    tests: list = dataclasses.field(default_factory=list)
    # Public methods of the client: "answered", "refused" as Chroma's own server does, or "unused".
    methods: dict = dataclasses.field(default_factory=dict)
    directory: object = None

    def fail(self, test, message):
        self.failed += 1
        self.failures.append({"test": test, "message": message})

    def count(self, record):
        outcome, test = record["outcome"], record["test"]
        is_known = test.split("[", 1)[0] in self.job.known_failures
        self.tests.append(record)
        if outcome == "failed" and is_known:
            self.known += 1
            self.skipped += 1
        elif outcome == "failed":
            self.fail(test, record.get("message", ""))
        elif outcome != "passed":
            self.skipped += 1
        elif record.get("requests", 1) == 0:
            self.local += 1
        else:
            self.passed += 1
            if is_known:
                self.passes_now.append(test)

    def read(self, record_file):
        if not record_file.exists():
            return
        for line in record_file.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            if "test" in record:
                self.count(record)
            elif "methods" in record:
                self.methods = record["methods"]
            else:
                self.deselected += record["deselected"]


def run_program(job, server, directory, result):
    """Runs the client program to its end or its time limit and reads what it recorded."""
    record = directory / "record.jsonl"
    command, environment, work = job.program(server, record, directory)
    log = directory / "client.log"
    process = start(command, environment, work, log)
    try:
        code = process.wait(job.limit_s)
    except subprocess.TimeoutExpired:
        code = None
    finally:
        end_group(process)
    result.read(record)
    if code is None:
        result.fail("(time limit)", f"not finished after {job.limit_s} s, see {log}")
    elif code != 0 and result.failed + result.known == 0:
        tail = log.read_text(errors="replace").strip().splitlines()[-1:]
        result.fail("(client program)", f"exit code {code}: {' '.join(tail)}, see {log}")


def run_job(job, server_kind, run_directory):
    """Runs one job from an empty data directory; never raises for what the server or tests do."""
    directory = run_directory / f"{job.kind}-{job.generation}-{job.name}"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    result = Result(job, directory=directory)
    begin = time.monotonic()
    try:
        with RunningServer(server_kind, directory) as server:
            run_program(job, server, directory, result)
            server.stop()
    except ServerError as error:
        result.fail("(server)", str(error))
    # A test that failed is reported as such; here only those are missed that did not even run.
    if job.baseline is not None and result.passed + result.known + result.failed < job.baseline:
        result.fail("(baseline)", f"{result.passed} passed, {job.baseline} pass on the real server")
    if result.passed + result.failed == 0:
        result.fail("(nothing)", "no test ran against the server")
    result.seconds = time.monotonic() - begin
    shutil.rmtree(directory / "data", ignore_errors=True)
    return result


def known_failures(server_kind, generation):
    """Names of the tests of one generation that a server is known to fail."""
    listed = json.loads((places.CONFORMANCE / "known_failures.json").read_text(encoding="utf-8"))
    return frozenset(
        entry["test"]
        for entry in listed
        if entry["server"] == server_kind.name and entry["generation"] == generation
    )


def python_program(generation):
    return places.python_environment(generation) / "bin" / "python"
