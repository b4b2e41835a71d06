"""pytest plugin for upstream tests that start servers of their own: they get HueDB in place of Chroma.

Environment:
  HUEDB_BINARY  the program to start

Upstream's fixtures run `_run_server` in a new process, with what the server is to be told. Here that
process becomes HueDB, told the same in the environment variables of Chroma. Nothing else of the tests
changes, except that they look sooner whether the server is there (upstream looks every four seconds)
and that the servers of a test end with it (upstream leaves them). Those that a fixture of a whole module
has started stay until that fixture ends them.
"""

import multiprocessing
import os
import tempfile
import time

import pytest

LOOK_EVERY_S = 0.05
PATIENCE_S = 60

# Positions of the arguments that become environment variables.
VARIABLES = {
    3: "CHROMA_SERVER_AUTHN_PROVIDER",
    4: "CHROMA_SERVER_AUTHN_CREDENTIALS_FILE",
    5: "CHROMA_SERVER_AUTHN_CREDENTIALS",
    6: "CHROMA_AUTH_TOKEN_TRANSPORT_HEADER",
    7: "CHROMA_SERVER_AUTHZ_PROVIDER",
    8: "CHROMA_SERVER_AUTHZ_CONFIG_FILE",
    9: "HUEDB_TLS_CERT",
    10: "HUEDB_TLS_KEY",
    11: "CHROMA_OVERWRITE_SINGLETON_TENANT_DATABASE_ACCESS_FROM_AUTH",
}


def run_server(port, is_persistent=False, persist_directory=None, *told):
    """Becomes HueDB. Runs in a process of its own; the signature is upstream's."""
    arguments = (port, is_persistent, persist_directory, *told)
    environment = {"PATH": os.environ["PATH"], "ALLOW_RESET": "TRUE"}
    for position, name in VARIABLES.items():
        value = arguments[position] if position < len(arguments) else None
        if value is not None:
            # Enumerations of upstream stand for their value.
            environment[name] = str(getattr(value, "value", value))
    data = persist_directory or tempfile.mkdtemp(prefix="huedb-own-server-")
    binary = os.environ["HUEDB_BINARY"]
    command = [binary, "run", "--host", "127.0.0.1", "--port", str(port), "--path", data, "--log-level", "error"]
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    os.execve(binary, command, environment)


def await_server(api, attempts=0):
    """Waits until the server answers; a wrong answer is the test's business."""
    from httpx import ConnectError

    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            api.heartbeat()
            return
        except ConnectError:
            if time.monotonic() > deadline:
                raise
            time.sleep(LOOK_EVERY_S)


def pytest_configure(config):
    from chromadb.test import conftest

    conftest._run_server = run_server
    conftest._await_server = await_server


# Servers of fixtures that several tests share.
_shared = set()


@pytest.hookimpl(hookwrapper=True)
def pytest_fixture_setup(fixturedef, request):
    before = set(multiprocessing.active_children())
    yield
    if fixturedef.scope != "function":
        _shared.update(set(multiprocessing.active_children()) - before)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item, nextitem):
    for child in set(multiprocessing.active_children()) - _shared:
        child.kill()
        child.join()
