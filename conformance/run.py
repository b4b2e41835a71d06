#!/usr/bin/env python3
"""Proves that Chroma's own clients work with a server: HueDB, or Chroma itself.

Runs this project's scenario with every client (crud), chromadb's own test files (suites), what
schemathesis makes of the OpenAPI document (openapi), Chroma's page about authentication (auth) and clients
over TLS (tls), each against a freshly started server with a data directory of its own.
"""

import argparse
import concurrent.futures
import contextlib
import fcntl
import os
import pathlib
import signal
import subprocess
import sys
import time

from harness import compat_table, crud, openapi, own_servers, places, report, suites
from harness.jobs import run_job
from harness.servers import Chroma, HueDB, end_everything


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    server = parser.add_mutually_exclusive_group()
    server.add_argument("--binary", type=pathlib.Path, help="HueDB binary to test (default: build one with cargo)")
    server.add_argument(
        "--server", choices=[f"chroma-{g}" for g in places.GENERATIONS], help="test the real Chroma server instead"
    )
    parser.add_argument("--only", choices=("crud", "suites", "openapi", "auth", "tls"), help="run only one of the parts")
    parser.add_argument("--generation", choices=places.GENERATIONS, help="run only one client generation")
    preset = parser.add_mutually_exclusive_group()
    preset.add_argument("--fast", dest="preset", action="store_const", const="fast", help="the smallest set, for CI")
    preset.add_argument("--full", dest="preset", action="store_const", const="full", help="every suite that talks to a server")
    parser.add_argument("--suite", action="append", help="run only the jobs of this name; may be repeated")
    parser.add_argument("--jobs", type=int, default=2, help="how many runs at a time (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the property tests (default %(default)s)")
    parser.add_argument("--report", type=pathlib.Path, default=places.CACHE / "report.json", help="the JSON report")
    parser.add_argument("--record-baseline", action="store_true", help="store how many tests pass on --server")
    parser.add_argument("--write-table", action="store_true", help="write what the clients showed into COMPAT.md")
    parser.set_defaults(preset="default")
    arguments = parser.parse_args()
    if arguments.record_baseline and not arguments.server:
        parser.error("--record-baseline needs --server: a baseline is what the real server does")
    if arguments.jobs < 1:
        parser.error("--jobs must be at least 1")
    return arguments


def server_of(arguments):
    if arguments.server:
        return Chroma(arguments.server.removeprefix("chroma-"))
    if arguments.binary:
        binary = arguments.binary.resolve()
        if not os.access(binary, os.X_OK):
            sys.exit(f"conformance: {binary} is not an executable file")
        return HueDB(binary)
    subprocess.run(["cargo", "build", "--release", "--bin", "huedb"], cwd=places.REPOSITORY, check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or places.REPOSITORY / "target")
    return HueDB(target / "release" / "huedb")


def generations_of(arguments, server):
    generations = [g for g in server.generations if arguments.generation in (None, g)]
    if not generations:
        sys.exit(f"conformance: {server.name} does not serve {arguments.generation}")
    return generations


def install(server, jobs):
    """Installs what the runs and the server need, and nothing else."""
    names = [name for job in jobs for name in job.needs]
    subprocess.run([str(places.CONFORMANCE / "setup.sh"), *dict.fromkeys([*server.needs, *names])], check=True)


def has_other_jobs(arguments):
    """Whether this run has the jobs that belong to HueDB alone and to both generations at once."""
    return not arguments.server and not arguments.generation


def jobs_of(arguments, server, generations):
    made = []
    if arguments.only in (None, "suites"):
        made += suites.jobs(server, generations, arguments.preset, arguments.seed)
    if arguments.only in (None, "crud"):
        made += crud.jobs(server, generations, arguments.preset)
    if has_other_jobs(arguments):
        made += openapi.jobs(arguments.preset, arguments.seed) if arguments.only in (None, "openapi") else []
        made += own_servers.jobs(arguments.only)
    if arguments.suite:
        made = [job for job in made if job.name in arguments.suite]
    if not made:
        sys.exit("conformance: nothing to run")
    # The longest first, so that the last ones to end are short.
    return sorted(made, key=lambda job: -job.limit_s)


@contextlib.contextmanager
def run_directory(server):
    """The working directory of runs against `server`; only one run at a time may have it."""
    directory = places.CACHE / "runs" / server.name
    directory.mkdir(parents=True, exist_ok=True)
    with open(directory / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"conformance: another run against {server.name} uses {directory}")
        yield directory


def run_all(arguments, server, jobs, directory):
    results = []
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        running = [pool.submit(run_job, job, server, directory) for job in jobs]
        try:
            for future in concurrent.futures.as_completed(running):
                results.append(future.result())
                report.show_progress(results[-1], len(results), len(jobs))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            end_everything()
            raise
    return results


def tell_the_page(arguments, server, results):
    """COMPAT.md claims what the clients showed: nothing else may stand there."""
    of_clients = [result for result in results if result.job.kind == "crud"]
    if arguments.write_table:
        compat_table.write(of_clients)
    elif server.serves_every_client:
        compat_table.compare(of_clients)
        report.show_table_failures(of_clients)


def main():
    # An ended run must end its servers too: let run_all see the signal.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    arguments = parse_arguments()
    server = server_of(arguments)
    generations = generations_of(arguments, server)
    jobs = jobs_of(arguments, server, generations)
    install(server, jobs)
    report.line(f"{len(jobs)} runs against {server.name}, {arguments.jobs} at a time, preset {arguments.preset}")
    begin = time.monotonic()
    with run_directory(server) as directory:
        results = run_all(arguments, server, jobs, directory)
    seconds = time.monotonic() - begin
    tell_the_page(arguments, server, results)
    report.write_report(arguments.report, server.name, arguments.preset, results, seconds)
    if arguments.record_baseline and not any(result.failed for result in results):
        suites.record_baseline(results)
    sys.exit(report.finish(results, seconds, arguments.report))


if __name__ == "__main__":
    main()
