#!/usr/bin/env python3
"""Proves that the Docker image works as docs/deployment/docker.md says, on a real Docker Engine.

Installs and starts Docker if needed, makes base images where none can be pulled, builds the image and
runs it in every way that the page and Chroma's own images know. The last line counts the checks.
"""

import argparse
import datetime
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import traceback

import client_checks
import clients_of_chroma
import data_checks
import image_checks
import kubernetes_checks
import metrics_checks
import observability_checks
import page_checks
import prometheus
import refusal_checks
import stack
from engine import IMAGE, REPOSITORY, SCRIPTS, CheckFailed, docker, remove_leftovers, start_engine

GROUPS = {
    "image": image_checks,
    "data": data_checks,
    "refusal": refusal_checks,
    "clients": client_checks,
    "observability": observability_checks,
    "metrics": metrics_checks,
    "kubernetes": kubernetes_checks,
    "page": page_checks,
}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--binary", type=pathlib.Path, help="HueDB binary to put into the image")
    parser.add_argument("--compile", action="store_true", help="compile inside the image's build stage instead (slow)")
    parser.add_argument("--group", action="append", choices=GROUPS, help="run only these checks; may be repeated")
    parser.add_argument("--only", help="run only checks with this in their name")
    arguments = parser.parse_args()
    if bool(arguments.binary) == arguments.compile:
        parser.error("one of --binary and --compile is needed")
    return arguments


def line(text):
    print(f"docker: {text}", flush=True)


def base_image(*arguments):
    subprocess.run([str(SCRIPTS / "base-images.sh"), *map(str, arguments)], check=True)


def revision():
    asked = subprocess.run(["git", "rev-parse", "HEAD"], cwd=REPOSITORY, capture_output=True, text=True)
    return asked.stdout.strip() or "none"


def build_image(arguments):
    base_image("debian")
    arguments_of_build = {
        "VERSION": "0.0.0-test",
        "REVISION": revision(),
        "CREATED": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "DEBIAN_IMAGE": "huedb-local/debian",
    }
    if arguments.compile:
        base_image("rust")
        arguments_of_build["RUST_IMAGE"] = "huedb-local/rust"
    else:
        base_image("binary", arguments.binary.resolve())
        arguments_of_build |= {"RUST_IMAGE": "huedb-local/debian", "BINARY": "huedb-local/binary"}
    flags = [part for name, value in arguments_of_build.items() for part in ("--build-arg", f"{name}={value}")]
    line("building the image")
    begin = time.monotonic()
    docker("build", "--network", "host", *flags, "-t", IMAGE, ".", cwd=REPOSITORY, timeout=3000)
    line(f"built in {time.monotonic() - begin:.0f} s")


def run_check(group, check, facts):
    """Runs one check and prints how it went; returns whether it holds."""
    name = f"{group}::{check.__name__}"
    begin = time.monotonic()
    try:
        check(lambda what, value: facts.append((what, value)))
    except CheckFailed as failure:
        line(f"FAILED {name} ({time.monotonic() - begin:.1f} s): {failure}")
        return False
    except Exception:  # a defect of the check itself; the others still have something to say
        line(f"FAILED {name} ({time.monotonic() - begin:.1f} s)\n{traceback.format_exc()}")
        return False
    line(f"ok {name} ({time.monotonic() - begin:.1f} s)")
    return True


# What the compose files and the page publish, as users do.
PORTS = {"observability": (4317, 4318, 8000, 9411), "page": (4317, 4318, 8000, 9411)}


def check_machine(groups):
    """Says at once what would fail after minutes."""
    if os.geteuid() != 0:
        sys.exit("docker: the tests of the image need root, for Docker and debootstrap; HUEDB_TEST_DOCKER=no leaves them out of `make test`")
    for port in sorted({port for group in groups for port in PORTS.get(group, ())}):
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                taken.bind(("0.0.0.0", port))
            except OSError as error:
                sys.exit(f"docker: port {port} is needed and cannot be had: {error.strerror}")


def prepare(groups):
    """Installs what the checks of these groups use; what is there already takes no time."""
    line("clients, collector, Zipkin, helm, Prometheus: from the cache or built")
    if {"clients", "page", "observability"} & groups:
        clients_of_chroma.install()
    if {"observability", "page"} & groups:
        stack.make_observability_images()
    if {"kubernetes", "page"} & groups:
        kubernetes_checks.install()
    if "metrics" in groups:
        prometheus.install()


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    arguments = parse_arguments()
    begin = time.monotonic()
    groups = set(arguments.group or GROUPS)
    check_machine(groups)
    start_engine()
    build_image(arguments)
    prepare(groups)
    facts, passed, failed = [], 0, 0
    try:
        for group, module in GROUPS.items():
            if group not in groups:
                continue
            for check in module.CHECKS:
                if arguments.only and arguments.only not in check.__name__:
                    continue
                if run_check(group, check, facts):
                    passed += 1
                else:
                    failed += 1
    finally:
        remove_leftovers()
    for what, value in facts:
        line(f"measured: {what}: {value}")
    line(f"{os.cpu_count()} cores, {time.monotonic() - begin:.0f} s in all")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0 or passed == 0)


if __name__ == "__main__":
    main()
