#!/usr/bin/env python3
"""Chroma's page about authentication, literally: its variables, files and snippets, with clients of both
generations, and what clients see of a limit.

Each case starts the release binary with the environment that Docker would give it. Records one outcome for
each client and user, as JSON lines.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import page_snippets as page  # noqa: E402

from harness import places  # noqa: E402
from harness.servers import HueDB, RunningServer  # noqa: E402

PYTHON = ("py-0.5.13", "py-1.5.9")
# Those whose releases know `auth`, and the one that takes headers instead.
NPM = ("js-1.9.2", "js-2.4.6")
NPM_3 = "js-3.5.0"
LIMIT_S = 180


@dataclasses.dataclass(frozen=True)
class Guarded(HueDB):
    """The server with variables of the page."""

    variables: dict = dataclasses.field(default_factory=dict)

    def environment(self):
        return super().environment() | self.variables


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    variables: str
    python: str
    js: str
    js_headers: str
    # Credentials, and what their owner may: all, read or nothing.
    users: tuple
    more_variables: str = ""


CASES = (
    Case("basic", page.BASIC_VARIABLES, page.BASIC_PYTHON, page.BASIC_JS, page.BASIC_HEADERS_JS, (
        ("admin:admin", "all"), ("admin:wrong", "nothing"), ("stranger:admin", "nothing"))),
    Case("token", page.TOKEN_VARIABLES, page.TOKEN_PYTHON, page.TOKEN_JS, page.TOKEN_HEADERS_JS, (
        ("test-token", "all"), ("wrong", "nothing"), ("Test-token", "nothing"))),
    Case("x-chroma-token", page.X_TOKEN_VARIABLES, page.X_TOKEN_PYTHON, page.TOKEN_JS, page.X_TOKEN_HEADERS_JS, (
        ("test-token", "all"), ("wrong", "nothing"))),
    Case("roles", page.ROLES_VARIABLES, page.TOKEN_PYTHON, page.TOKEN_JS, page.TOKEN_HEADERS_JS, (
        ("test-token-admin", "all"), ("my_api_token", "read"), ("wrong", "nothing"))),
    Case("own-defaults", page.ROLES_VARIABLES, page.TOKEN_PYTHON, page.TOKEN_JS, page.TOKEN_HEADERS_JS, (
        ("bound-token", "all"),),
        "CHROMA_OVERWRITE_SINGLETON_TENANT_DATABASE_ACCESS_FROM_AUTH=True\n"),
)

# What each client raises when too much is asked for, and when too much is held.
REFUSALS = {
    ("py-0.5.13", "rate"): ("RateLimitError", "Rate limit exceeded."),
    ("py-0.5.13", "quota"): ("Exception", "quota error. resource: records quota: 1"),
    ("py-1.5.9", "rate"): ("RateLimitError", "Too many requests; backoff and try again"),
    ("py-1.5.9", "quota"): ("QuotaError", "Quota exceeded"),
    ("js-1.9.2", "rate"): ("Error", "status 429: Too Many Requests"),
    ("js-1.9.2", "quota"): ("Error", "status 429: Too Many Requests"),
    ("js-2.4.6", "rate"): ("Error", "status 429: Too Many Requests"),
    ("js-2.4.6", "quota"): ("ChromaQuotaExceededError", "Quota exceeded"),
    ("js-3.5.0", "rate"): ("ChromaRateLimitError", "Rate limit exceeded"),
    ("js-3.5.0", "quota"): ("ChromaQuotaExceededError", "Quota exceeded"),
}


class Recorder:
    def __init__(self, path):
        self.file = open(path, "w", encoding="utf-8")

    def note(self, test, problem):
        outcome = {"test": test, "outcome": "failed" if problem else "passed", "message": problem[:2000]}
        self.file.write(json.dumps(outcome) + "\n")
        self.file.flush()


def htpasswd():
    """What the page has made with the image httpd:2: the same program, from apache2-utils."""
    command = ["htpasswd", "-Bbn", "admin", "admin"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def driver(client, name):
    """Command and environment of a program beside this one, run with a client."""
    if client.startswith("py-"):
        programs = places.CACHE / client / "bin"
        return [str(programs / "python"), str(HERE / f"{name}.py")], places.clean_environment(programs)
    command = [places.node(), str(HERE / f"{name}.mjs"), str(places.CACHE / client)]
    return command, places.clean_environment("/usr/bin")


def drive(client, snippet, users, variables, directory):
    """What went wrong for each of the users; an empty text if nothing did."""
    command, environment = driver(client, "client")
    header = variables.get("CHROMA_AUTH_TOKEN_TRANSPORT_HEADER")
    if header and client.startswith("js-"):
        # The Python snippets read it from the file.
        environment["CHROMA_AUTH_TOKEN_TRANSPORT_HEADER"] = header
    lines = [json.dumps({"snippet": str(snippet), "credentials": given, "may": may}) for given, may in users]
    done = subprocess.run(
        command, input="\n".join(lines) + "\n", env=environment, cwd=directory, capture_output=True, text=True,
        timeout=LIMIT_S,
    )
    told = [line.split(" ", 1)[1] for line in done.stdout.splitlines() if line.startswith("outcome ")]
    problems = [json.loads(text) for text in told]
    missing = len(users) - len(problems)
    return problems + [f"exit code {done.returncode}: {done.stderr[-1000:]}"] * missing


def snippets_of(case, directory, port):
    """Each client with its program in a file, and the users that it is for."""
    python = directory / "snippet.py"
    python.write_text(page.python_program(case.python, directory / ".chroma_env", port))
    for client in PYTHON:
        yield client, python, case.users
    for client in (*NPM, NPM_3):
        # Where modules are looked for begins at the importing file.
        project = directory / client
        project.mkdir()
        (project / "node_modules").symlink_to(places.CACHE / client / "node_modules")
        text = case.js_headers if client == NPM_3 else case.js
        snippet = project / "snippet.mjs"
        snippet.write_text(page.js_program(text, port))
        yield client, snippet, case.users


def run_case(case, binary, directory, recorder):
    text = page.filled(case.variables + case.more_variables, {
        "<contents of server.htpasswd>": htpasswd(), "<path_to_authz.yaml>": HERE / "authz.yaml",
    })
    (directory / ".chroma_env").write_text(text)
    variables = page.environment_of(text)
    with RunningServer(Guarded(binary, variables=variables), directory) as server:
        if case.name == "own-defaults":
            make_own_database(server.port)
        for client, snippet, users in snippets_of(case, directory, server.port):
            problems = drive(client, snippet, users, variables, snippet.parent)
            for (given, may), problem in zip(users, problems):
                recorder.note(f"{case.name}::{client}::{given} may {may}", problem)
        if case.name == "own-defaults":
            recorder.note("own-defaults::all of it lies in the own database", what_lies_elsewhere(server.port))
        server.stop()


def ask(port, path, body=None, token="test-token-admin"):
    """Status, headers and JSON of an answer."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", None if body is None else json.dumps(body).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return reply.status, reply.headers, json.load(reply)
    except urllib.error.HTTPError as error:
        return error.code, error.headers, json.load(error)


def make_own_database(port):
    for path, name in (("/api/v2/tenants", "acme"), ("/api/v2/tenants/acme/databases", "prod")):
        status, _, answer = ask(port, path, {"name": name})
        assert status == 200, answer


def what_lies_elsewhere(port):
    def names(tenant, database):
        _, _, listed = ask(port, f"/api/v2/tenants/{tenant}/databases/{database}/collections")
        return [collection["name"] for collection in listed]

    own, default = names("acme", "prod"), names("default_tenant", "default_database")
    return "" if own == ["shared"] and not default else f"own: {own}, default: {default}"


def check_refusals(binary, directory, recorder):
    """What each client raises at a limit, and that the answer says when to come again."""
    variables = {
        "CHROMA_SERVER_AUTHN_PROVIDER": "chromadb.auth.token_authn.TokenAuthenticationServerProvider",
        "CHROMA_SERVER_AUTHN_CREDENTIALS_FILE": str(HERE / "limits.yaml"),
    }
    with RunningServer(Guarded(binary, variables=variables), directory) as server:
        for (client, kind), (name, text) in REFUSALS.items():
            command, environment = driver(client, "refused")
            command += [str(server.port), kind]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LIMIT_S)
            raised = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else {}
            is_right = raised.get("class") == name and text in raised["text"]
            problem = "" if is_right else f"{raised or done.stderr[-1000:]} instead of {name}: {text}"
            recorder.note(f"refusal::{client}::{kind}", problem)
        for path in ("/api/v1/collections", "/api/v2/tenants/default_tenant/databases/default_database/collections"):
            answers = (ask(server.port, path, token="rate") for _ in range(10_000))
            status, headers, answer = next(answer for answer in answers if answer[0] != 200)
            is_right = status == 429 and headers.get("Retry-After") == "1"
            recorder.note(f"refusal::{path}", "" if is_right else f"{status} {headers} {answer}")
        server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--record", type=pathlib.Path, required=True, help="file for the outcomes")
    parser.add_argument("--work", type=pathlib.Path, required=True, help="an empty directory")
    arguments = parser.parse_args()
    recorder = Recorder(arguments.record)
    for case in CASES:
        directory = arguments.work / case.name
        os.mkdir(directory)
        run_case(case, arguments.binary, directory, recorder)
    directory = arguments.work / "refusals"
    os.mkdir(directory)
    check_refusals(arguments.binary, directory, recorder)


if __name__ == "__main__":
    main()
