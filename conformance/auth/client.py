"""Runs snippets of Chroma's page and does with the `client` of each what the user may.

Reads a JSON object a line: `snippet`, a file; `credentials`, for the environment; and `may`, as in
sessions.py. Answers each with a line: `outcome` and what went another way, if anything.
"""

import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "docker" / "clients"))

import sessions  # noqa: E402


def client_of(session):
    made = {}
    exec(compile(pathlib.Path(session["snippet"]).read_text(), session["snippet"], "exec"), made)
    return made["client"]


def main():
    for line in sys.stdin:
        session = json.loads(line)
        os.environ["CHROMA_CLIENT_AUTH_CREDENTIALS"] = session["credentials"]
        problem = ""
        try:
            sessions.run(session, client_of)
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
        print("outcome", json.dumps(problem), flush=True)


main()
