"""The jobs that start servers of their own: Chroma's page about authentication, and TLS."""

import sys

from . import places
from .jobs import Job

# Clients that the jobs drive.
AUTH_CLIENTS = ("py-0.5.13", "py-1.5.9", "js-1.9.2", "js-2.4.6", "js-3.5.0")
TLS_CLIENTS = ("py-0.5.13", "py-1.5.9")
LIMIT_S = 600


def job(kind, name, directory, needs):
    """A job whose program is `run_checks.py` in a directory beside the harness."""

    def program(server, record, work):
        own = work / "own"
        own.mkdir()
        command = [
            sys.executable, str(places.CONFORMANCE / directory / "run_checks.py"),
            "--binary", str(server.kind.binary), "--record", str(record), "--work", str(own),
        ]
        environment = places.clean_environment("/usr/bin") | {"HUEDB_CACHE": str(places.CACHE.parent)}
        return command, environment, work

    return Job(kind, "both", name, LIMIT_S, program, needs)


def jobs(only):
    kinds = (("auth", "page", AUTH_CLIENTS), ("tls", "clients", TLS_CLIENTS))
    return [job(kind, name, kind, needs) for kind, name, needs in kinds if only in (None, kind)]
