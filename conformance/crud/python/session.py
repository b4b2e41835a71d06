"""What one check works with: a Chroma client of either generation, sync or async, in one form.

Checks are `async` functions that pass every client call through `session.do`, which awaits what an
async client returns and hands on what a sync client returns. One scenario thus covers both.
"""

import inspect
import uuid

import chromadb
import numpy as np
from chromadb.config import Settings

TOLERANCE = 1e-5


class Skipped(Exception):
    """Raised by a check that does not apply to this generation; says why."""


class CharacterCounts:
    """Embeds a text as counts of four characters, so that checks can compute distances by hand."""

    def __call__(self, input):
        return [np.array([text.count(character) for character in "aeio"], dtype=np.float32) for text in input]

    # Chroma 1.x asks an embedding function for a name and its configuration.
    @staticmethod
    def name():
        return "character_counts"

    def get_config(self):
        return {}

    @staticmethod
    def build_from_config(config):
        return CharacterCounts()

    @staticmethod
    def is_legacy():
        return False

    def default_space(self):
        return "l2"

    def supported_spaces(self):
        return ["l2", "cosine", "ip"]

    def embed_query(self, input):
        return self(input)


class Session:
    def __init__(self, client, admin, host, port, is_async):
        self.client = client
        self.admin = admin
        self.host = host
        self.port = port
        self.is_async = is_async
        # The generation follows from the client: only it decides which API it speaks.
        self.is_v1 = chromadb.__version__.startswith("0.")

    @classmethod
    async def open(cls, host, port, is_async):
        kind = "async_fastapi.AsyncFastAPI" if is_async else "fastapi.FastAPI"
        settings = Settings(
            chroma_api_impl=f"chromadb.api.{kind}",
            chroma_server_host=host,
            chroma_server_http_port=port,
            anonymized_telemetry=False,
        )
        if is_async:
            from chromadb.api.async_client import AsyncAdminClient

            client = await chromadb.AsyncHttpClient(host=host, port=port, settings=settings)
            admin = AsyncAdminClient(settings)
        else:
            client = chromadb.HttpClient(host=host, port=port, settings=settings)
            admin = chromadb.AdminClient(settings)
        return cls(client, admin, host, port, is_async)

    async def client_of(self, tenant, database):
        """A client bound to another tenant and database of the same server."""
        make = chromadb.AsyncHttpClient if self.is_async else chromadb.HttpClient
        return await self.do(make(host=self.host, port=self.port, tenant=tenant, database=database))

    async def do(self, value):
        return await value if inspect.isawaitable(value) else value

    def fresh_name(self):
        return f"check-{uuid.uuid4()}"

    async def collection(self, **options):
        """A new, empty collection."""
        options.setdefault("embedding_function", CharacterCounts())
        return await self.do(self.client.create_collection(self.fresh_name(), **options))

    async def error(self, make_call):
        """The exception that a call raises; `make_call` takes no arguments and starts the call."""
        try:
            result = await self.do(make_call())
        except Exception as error:  # any class may come; the checks look at it
            return error
        raise AssertionError(f"no error, but the result {result!r}")

    async def collection_names(self, **page):
        # Client 0.6 returned names; every other release returns collections.
        listed = await self.do(self.client.list_collections(**page))
        return [getattr(entry, "name", entry) for entry in listed]


def equal(found, expected, what=""):
    assert found == expected, f"{what}: found {found!r}, expected {expected!r}"


def close(found, expected, what=""):
    found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    assert found.shape == expected.shape, f"{what}: shape {found.shape}, expected {expected.shape}"
    assert np.allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE), (
        f"{what}: found {found.tolist()}, expected {expected.tolist()}"
    )


def is_chroma_error(error, *names):
    """Asserts that a typed client error of one of the classes `names` was raised."""
    from chromadb.errors import ChromaError

    assert isinstance(error, ChromaError), f"{type(error).__name__} is not typed: {error}"
    assert type(error).__name__ in names, f"{type(error).__name__} is none of {names}: {error}"
