"""Drives a server with a real Chroma client of Python, once for each session on standard input.

A session is a JSON object a line: `port`, `auth` (none, basic, token, x-token), `credentials`, and what
the user may do: `all`, `read` or `nothing`. The exit code is 1 if a session went another way.
"""

import json
import sys
import uuid

import chromadb
from chromadb.config import Settings

PROVIDERS = {
    "none": {},
    "basic": {"chroma_client_auth_provider": "chromadb.auth.basic_authn.BasicAuthClientProvider"},
    "token": {"chroma_client_auth_provider": "chromadb.auth.token_authn.TokenAuthClientProvider"},
    "x-token": {
        "chroma_client_auth_provider": "chromadb.auth.token_authn.TokenAuthClientProvider",
        "chroma_auth_token_transport_header": "X-Chroma-Token",
    },
}
NAME = "shared"


def client_of(session):
    settings = {"anonymized_telemetry": False, **PROVIDERS[session["auth"]]}
    if session.get("credentials"):
        settings["chroma_client_auth_credentials"] = session["credentials"]
    return chromadb.HttpClient(host="127.0.0.1", port=session["port"], settings=Settings(**settings))


def write(client):
    collection = client.get_or_create_collection(NAME, metadata={"made": "here"})
    collection.upsert(
        ids=["a", "b", "c"], embeddings=[[1.0, 0.0], [0.0, 1.0], [5.0, 5.0]], documents=["one", "two", "three"],
        metadatas=[{"n": 1}, {"n": 2}, {"n": 3}],
    )
    own = client.create_collection(f"own-{uuid.uuid4()}")
    own.add(ids=["x"], embeddings=[[1.0]])
    own.delete(ids=["x"])
    assert own.count() == 0, own.count()
    client.delete_collection(own.name)


def read(client):
    assert client.heartbeat() > 0
    collection = client.get_collection(NAME)
    assert collection.count() == 3, collection.count()
    found = collection.query(query_embeddings=[[0.9, 0.1]], n_results=2, include=["documents", "distances"])
    assert found["ids"] == [["a", "b"]], found
    assert found["documents"] == [["one", "two"]], found
    got = collection.get(where={"n": {"$gt": 1}})
    assert got["ids"] == ["b", "c"], got


def refused(call, what):
    try:
        result = call()
    except Exception as error:  # the classes differ between the generations
        text = f"{type(error).__name__} {error}"
        assert any(word in text for word in ("orbidden", "nauthorized", "401", "403", "Could not connect to tenant")), text
        return
    raise AssertionError(f"{what} was not refused but gave {result!r}")


def run(session, make_client=client_of):
    if session["may"] == "nothing":
        refused(lambda: make_client(session).list_collections(), "listing")
        return
    client = make_client(session)
    if session["may"] == "all":
        write(client)
    read(client)
    if session["may"] == "read":
        refused(lambda: client.get_collection(NAME).delete(ids=["a"]), "deleting")
        refused(lambda: client.create_collection("not-mine"), "creating")
        read(client)


def main():
    failed = 0
    for line in sys.stdin:
        session = json.loads(line)
        try:
            run(session)
        except Exception as error:
            failed += 1
            print(f"chromadb {chromadb.__version__} {session}: {type(error).__name__}: {error}")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
