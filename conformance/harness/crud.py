"""The jobs that run this project's own scenario with each client."""

from . import places
from .jobs import Job, known_failures, python_program
from .servers import HOST

LIMIT_S = 600
SCENARIO = places.CONFORMANCE / "crud"


def python_job(generation, client, failures):
    def program(server, record, directory):
        command = [
            str(python_program(generation)), str(SCENARIO / "python" / "run_checks.py"),
            "--host", HOST, "--port", str(server.port), "--client", client, "--record", str(record),
        ]
        return command, places.clean_environment(places.python_environment(generation) / "bin"), directory

    return Job("crud", generation, f"python-{client}", LIMIT_S, program, known_failures=failures)


def node_job(generation, failures):
    version = places.NPM_CLIENTS[generation]

    def program(server, record, directory):
        command = [
            places.node(), str(SCENARIO / "js" / "run_checks.mjs"),
            str(places.npm_project(version)), HOST, str(server.port), str(record),
        ]
        return command, places.clean_environment("/usr/bin"), directory

    return Job("crud", generation, f"npm-{version}", LIMIT_S, program, known_failures=failures)


def jobs(server_kind, generations):
    made = []
    for generation in generations:
        failures = known_failures(server_kind, generation)
        made += [python_job(generation, client, failures) for client in ("sync", "async")]
        made.append(node_job(generation, failures))
    return made
