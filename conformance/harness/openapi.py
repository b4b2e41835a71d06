"""The jobs that compare the server's answers with its own OpenAPI document, and look at its page."""

from . import places
from .clients import included
from .jobs import Job
from .servers import HOST

PROGRAMS = places.CONFORMANCE / "openapi"
# Random requests for each operation; the systematic ones come on top.
EXAMPLES = {"fast": 10, "default": 300, "full": 300}
LIMIT_S = {"fast": 300, "default": 1800, "full": 1800}
# The page takes seconds, but the browser is hundreds of megabytes of Debian packages.
PAGE_PRESET = "default"
PAGE_LIMIT_S = 300


def schemathesis_job(preset, seed):
    environment = places.CACHE / "schemathesis"

    def program(server, record, directory):
        command = [
            str(environment / "bin" / "python"), str(PROGRAMS / "run_checks.py"), "--url", f"http://{HOST}:{server.port}",
            "--record", str(record), "--examples", str(EXAMPLES[preset]), "--seed", str(seed),
        ]
        return command, places.clean_environment(environment / "bin"), directory

    return Job("openapi", "both", "schemathesis", LIMIT_S[preset], program, ("schemathesis",))


def page_job():
    def program(server, record, directory):
        command = ["python3", str(PROGRAMS / "page_checks.py"), "--url", f"http://{HOST}:{server.port}", "--record", str(record)]
        return command, places.clean_environment("/usr/bin"), directory

    return Job("openapi", "both", "page", PAGE_LIMIT_S, program, ("chromium",))


def jobs(preset, seed):
    pages = [page_job()] if PAGE_PRESET in included(preset) else []
    return [schemathesis_job(preset, seed), *pages]
