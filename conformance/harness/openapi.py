"""The job that compares the server's answers with its own OpenAPI document."""

from . import places
from .jobs import Job
from .servers import HOST

PROGRAM = places.CONFORMANCE / "openapi" / "run_checks.py"
# Random requests for each operation; the systematic ones come on top.
EXAMPLES = {"fast": 10, "default": 300, "full": 300}
LIMIT_S = {"fast": 300, "default": 1800, "full": 1800}


def jobs(preset, seed):
    environment = places.CACHE / "schemathesis"

    def program(server, record, directory):
        command = [
            str(environment / "bin" / "python"), str(PROGRAM), "--url", f"http://{HOST}:{server.port}",
            "--record", str(record), "--examples", str(EXAMPLES[preset]), "--seed", str(seed),
        ]
        return command, places.clean_environment(environment / "bin"), directory

    return [Job("openapi", "both", "schemathesis", LIMIT_S[preset], program)]
