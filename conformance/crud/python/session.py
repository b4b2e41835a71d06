"""What one check works with: a Chroma client of any release, sync or async, in one form.

Checks are `async` functions that pass every client call through `session.do`, which awaits what an
async client returns and hands on what a sync client returns. One scenario thus covers both. What a
release has is found by looking at it; only what cannot be seen follows from its version.
"""

import inspect
import re
import uuid

import chromadb
import numpy as np
from chromadb.config import Settings
from watch import Watch

TOLERANCE = 1e-5
VERSION = tuple(int(part) for part in re.findall(r"\d+", chromadb.__version__)[:3])
# Before, embedding functions and their results were lists of numbers.
TAKES_ARRAYS = VERSION >= (0, 5, 12)


class Skipped(Exception):
    """Raised by a check that does not apply to this generation; says why."""


class CharacterCounts:
    """Embeds a text as counts of four characters, so that checks can compute distances by hand."""

    def __call__(self, input):
        counts = [[float(text.count(character)) for character in "aeio"] for text in input]
        return [np.array(count, dtype=np.float32) for count in counts] if TAKES_ARRAYS else counts

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


def watched(is_async):
    """A watch on the classes of the installed release."""
    watch = Watch()
    if is_async:
        from chromadb.api.async_client import AsyncAdminClient, AsyncClient
        from chromadb.api.models.AsyncCollection import AsyncCollection

        classes = (AsyncClient, AsyncAdminClient, AsyncCollection)
    else:
        from chromadb.api.client import AdminClient, Client
        from chromadb.api.models.Collection import Collection

        classes = (Client, AdminClient, Collection)
    for cls in classes:
        watch.observe(cls)
    return watch


class Session:
    def __init__(self, client, admin, host, port, is_async, watch):
        self.client = client
        self.admin = admin
        self.host = host
        self.port = port
        self.is_async = is_async
        self.watch = watch
        # Releases before 1.0 have other error names and know fewer filters, on either API.
        self.is_before_1 = VERSION < (1, 0)
        # 0.5.16 was the first to speak /api/v2.
        self.speaks_v1 = VERSION < (0, 5, 16)
        self.takes_arrays = TAKES_ARRAYS

    @classmethod
    async def open(cls, host, port, is_async):
        watch = watched(is_async)
        kind = "async_fastapi.AsyncFastAPI" if is_async else "fastapi.FastAPI"
        settings = Settings(
            chroma_api_impl=f"chromadb.api.{kind}",
            chroma_server_host=host,
            chroma_server_http_port=str(port),
            anonymized_telemetry=False,
        )
        if is_async:
            from chromadb.api.async_client import AsyncAdminClient

            client = await chromadb.AsyncHttpClient(host=host, port=port, settings=settings)
            admin = AsyncAdminClient(settings)
        else:
            client = chromadb.HttpClient(host=host, port=port, settings=settings)
            admin = chromadb.AdminClient(settings)
        return cls(client, admin, host, port, is_async, watch)

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
        return await self.collection_names_of(self.client, **page)

    async def collection_names_of(self, client, **page):
        # Client 0.6 returned names; every other release returns collections.
        listed = await self.do(client.list_collections(**page))
        return [str(entry) if isinstance(entry, str) else entry.name for entry in listed]

    async def max_batch_size(self):
        if hasattr(self.client, "get_max_batch_size"):
            return await self.do(self.client.get_max_batch_size())
        return self.client.max_batch_size

    def takes(self, method, parameter):
        return parameter in inspect.signature(method).parameters


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

    if VERSION < (0, 5, 1) and not isinstance(error, ChromaError):
        # These releases know few errors; of the others they show what the server answered.
        assert any(f'"error":"{name}"' in str(error) for name in names), f"none of {names} in {error}"
        return
    assert isinstance(error, ChromaError), f"{type(error).__name__} is not typed: {error}"
    assert type(error).__name__ in names, f"{type(error).__name__} is none of {names}: {error}"
