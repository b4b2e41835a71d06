"""Chroma's own clients of both generations, as they are installed for the conformance suites."""

import json
import pathlib
import subprocess
import sys

from engine import require

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from harness import places  # noqa: E402 the conformance harness lies beside this directory

LIMIT_S = 120


def install():
    names = [f"py-{generation}" for generation in places.GENERATIONS]
    names += [f"js-{version}" for version in places.NPM_CLIENTS.values()]
    subprocess.run([str(places.CONFORMANCE / "setup.sh"), *names], check=True)


def python(generation):
    return str(places.python_environment(generation) / "bin" / "python")


def programs():
    """Name and command of each client's driver."""
    for generation in places.GENERATIONS:
        yield f"python {generation}", [python(generation), str(HERE / "clients" / "sessions.py")]
        version = places.NPM_CLIENTS[generation]
        yield f"npm {version}", [places.node(), str(HERE / "clients" / "sessions.mjs"), str(places.npm_project(version))]


def drive(sessions):
    """Runs every client through all sessions, in order."""
    lines = "".join(json.dumps(session) + "\n" for session in sessions)
    for name, command in programs():
        environment = places.clean_environment(pathlib.Path(command[0]).parent)
        done = subprocess.run(
            command, input=lines, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LIMIT_S,
        )
        require(done.returncode == 0, f"{name}: {done.stdout.strip()}")
