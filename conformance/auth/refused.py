"""What a client raises when it is refused: its class and its text, as JSON.

Usage: refused.py PORT KIND: `rate` asks too often, `quota` adds too much. The token is the kind.
"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "docker" / "clients"))

import sessions  # noqa: E402

TRIES = 10_000


def ask(client, kind):
    """One request more, whose number is told."""
    if kind == "rate":
        return lambda _: client.list_collections()
    collection = client.get_or_create_collection("full")
    return lambda number: collection.add(ids=[str(number)], embeddings=[[1.0, 2.0]])


def main():
    port, kind = sys.argv[1:]
    client = sessions.client_of({"port": port, "auth": "token", "credentials": kind})
    again = ask(client, kind)
    for number in range(TRIES):
        try:
            again(number)
        except Exception as error:  # the classes are what is asked for
            print(json.dumps({"class": type(error).__name__, "text": str(error)}))
            return
    sys.exit(f"nothing was refused in {TRIES} tries")


main()
