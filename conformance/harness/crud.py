"""The jobs that run this project's own scenario with each client."""

from . import clients, places
from .jobs import Job, known_failures
from .servers import HOST

LIMIT_S = 600
SCENARIO = places.CONFORMANCE / "crud"
# LangChain and LlamaIndex on one client; from which preset on they run.
INTEGRATIONS = "py-integrations"
INTEGRATIONS_PRESET = "default"


def python_job(client, mode, failures):
    programs = places.CACHE / client.name / "bin"

    def program(server, record, directory):
        command = [
            str(programs / "python"), str(SCENARIO / "python" / "run_checks.py"),
            "--host", HOST, "--port", str(server.port), "--client", mode, "--record", str(record),
        ]
        return command, places.clean_environment(programs), directory

    title = f"{client.name}-{mode}"
    return Job("crud", client.generation, title, LIMIT_S, program, (client.name,), known_failures=failures)


def node_job(client, mode, failures):
    def program(server, record, directory):
        command = [
            places.node(), str(SCENARIO / "js" / "run_checks.mjs"),
            str(places.CACHE / client.name), HOST, str(server.port), str(record),
        ]
        return command, places.clean_environment("/usr/bin"), directory

    title = f"{client.name}-{mode}"
    return Job("crud", client.generation, title, LIMIT_S, program, (client.name,), known_failures=failures)


def has_integrations(generations, preset):
    return "1.5.9" in generations and INTEGRATIONS_PRESET in clients.included(preset)


def integrations_job():
    programs = places.CACHE / INTEGRATIONS / "bin"

    def program(server, record, directory):
        command = [
            str(programs / "python"), str(places.CONFORMANCE / "integrations" / "run_checks.py"),
            "--host", HOST, "--port", str(server.port), "--record", str(record),
        ]
        return command, places.clean_environment(programs), directory

    return Job("integration", "1.5.9", "langchain-llamaindex", LIMIT_S, program, (INTEGRATIONS,))


def jobs(server_kind, generations, preset):
    made = [integrations_job()] if has_integrations(generations, preset) else []
    for client in clients.served_by(server_kind, generations, preset):
        failures = known_failures(server_kind, client.generation)
        make = python_job if client.language == "python" else node_job
        made += [make(client, mode, failures) for mode in client.modes_of(preset)]
    return made
