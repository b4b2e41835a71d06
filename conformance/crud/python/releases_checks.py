"""Checks of what only some releases of the client have, and of methods that the others leave out."""

import numpy as np
from session import CharacterCounts, Skipped, close, equal, is_chroma_error

# What Chroma's own single-node server says to what it cannot do. A server that can is as welcome.
REFUSALS = (
    "Search operation is not implemented",
    "Collection forking is unsupported",
    "Count forks is unsupported",
    "scout_logs is not implemented",
    "Tonic error: code: 'Operation is not implemented or not supported'",
    "Attached function not found",
)


def needs(thing, name):
    if not hasattr(thing, name):
        raise Skipped(f"this client has no {name}")
    return getattr(thing, name)


async def identity_of_an_open_server(session):
    identity = await session.do(needs(session.client, "get_user_identity")())
    equal((identity.user_id, identity.tenant), ("", "default_tenant"), "identity")
    equal(list(identity.databases), ["default_database"], "databases")


async def tenant_and_database_can_be_changed(session):
    tenant, database = session.fresh_name(), session.fresh_name()
    await session.do(session.admin.create_tenant(tenant))
    await session.do(session.admin.create_database(database, tenant))
    other = await session.client_of("default_tenant", "default_database")
    await session.do(other.set_tenant(tenant, database))
    equal(await session.do(other.count_collections()), 0, "collections of the new tenant")
    made = await session.do(other.create_collection("abc", embedding_function=CharacterCounts()))
    await session.do(made.add(ids=["x"], embeddings=[[1.0, 2.0]]))
    second = session.fresh_name()
    await session.do(session.admin.create_database(second, tenant))
    await session.do(other.set_database(second))
    equal(await session.do(other.count_collections()), 0, "collections of the second database")
    await session.do(other.set_database(database))
    equal(await session.collection_names_of(other), ["abc"], "collections of the first database")
    error = await session.error(lambda: other.set_database("no-such-database"))
    assert "no-such-database" in str(error), error
    error = await session.error(lambda: other.set_tenant("no-such-tenant"))
    assert "no-such-tenant" in str(error), error


async def collection_by_id(session):
    get = needs(session.client, "get_collection_by_id")
    made = await session.collection(metadata={"a": 1})
    found = await session.do(get(made.id, embedding_function=CharacterCounts()))
    equal((found.id, found.name, found.metadata), (made.id, made.name, {"a": 1}), "collection")
    error = await session.error(lambda: get("7d444840-9dc0-11d1-b245-5ffdce74fad2"))
    is_chroma_error(error, "NotFoundError")


async def create_may_get(session):
    made = await session.collection()
    again = await session.do(
        session.client.create_collection(made.name, get_or_create=True, embedding_function=CharacterCounts())
    )
    equal(again.id, made.id, "id")


async def embeddings_of_every_kind(session):
    made = await session.collection()
    kinds = {
        "whole numbers": [[1, 2]],
        "floats": [[1.5, 2.0]],
        "array": np.array([[0.1, 0.2]], dtype=np.float32),
        "wide array": np.array([[0.1, 0.2]], dtype=np.float64),
        "list of arrays": [np.array([3.0, 4.0], dtype=np.float32)],
    }
    if not session.takes_arrays:
        kinds = {name: np.asarray(kind).tolist() for name, kind in kinds.items()}
    for name, embedding in kinds.items():
        await session.do(made.add(ids=[name], embeddings=embedding))
        await session.do(made.upsert(ids=[f"upsert {name}"], embeddings=embedding))
        await session.do(made.update(ids=[f"upsert {name}"], embeddings=embedding))
    got = await session.do(made.get(include=["embeddings"]))
    expected = [np.asarray(kind)[0].tolist() for kind in kinds.values() for _ in range(2)]
    close(got["embeddings"], expected, "embeddings")


async def a_page_of_a_search_by_text(session):
    made = await session.collection()
    await session.do(made.add(ids=["x", "y"], documents=["a", "oo"], metadatas=[{"k": 1}, {"k": 2}]))
    await session.do(made.upsert(ids="x", documents="aa"))
    await session.do(made.update(ids="y", documents="o", metadatas={"k": 3}))
    found = await session.do(
        made.query(query_texts=["a", "o"], n_results=1, where={"k": {"$gte": 1}}, include=["metadatas", "distances"])
    )
    equal(found["ids"], [["x"], ["y"]], "ids")
    equal(found["metadatas"], [[{"k": 1}], [{"k": 3}]], "metadatas")
    close(found["distances"], [[1.0], [0.0]], "distances")


async def delete_takes_a_limit(session):
    made = await session.collection()
    if not session.takes(made.delete, "limit"):
        raise Skipped("this client has no limit for delete")
    await session.do(made.add(ids=["a", "b", "c"], embeddings=[[1], [2], [3]], metadatas=[{"k": n} for n in range(3)]))
    result = await session.do(made.delete(where={"k": {"$gte": 0}}, limit=2))
    equal(result["deleted"], 2, "deleted")
    equal((await session.do(made.get()))["ids"], ["c"], "left")


async def count_takes_a_read_level(session):
    made = await session.collection()
    if not session.takes(made.count, "read_level"):
        raise Skipped("this client has no read level")
    from chromadb.api.types import ReadLevel

    await session.do(made.add(ids=["a"], embeddings=[[1]]))
    for level in ReadLevel:
        equal(await session.do(made.count(read_level=level)), 1, str(level))


async def a_schema_is_kept(session):
    if not session.takes(session.client.create_collection, "schema"):
        raise Skipped("this client has no schema")
    from chromadb import IntInvertedIndexConfig, Schema

    schema = Schema().delete_index(config=IntInvertedIndexConfig(), key="unsearched")
    # An embedding function would be a configuration, which excludes a schema.
    made = await session.collection(schema=schema, embedding_function=None)
    await session.do(made.add(ids=["a"], embeddings=[[1]], metadatas=[{"unsearched": 1, "other": 1}]))
    found = await session.do(session.client.get_collection(made.name, embedding_function=None))
    assert not found.schema.keys["unsearched"].int_value.int_inverted_index.enabled, found.schema
    equal((await session.do(made.get(where={"other": 1})))["ids"], ["a"], "an index that is on")
    error = await session.error(lambda: made.get(where={"unsearched": 1}))
    assert "indexing is disabled" in str(error), error


async def what_chromas_server_refuses(session):
    """Each call either works or is refused in the words of the original, and the collection lives on."""
    made = await session.collection()
    await session.do(made.add(ids=["a"], embeddings=[[1.0, 0.0]]))
    for name, call in calls_of_single_node(session, made).items():
        try:
            await session.do(call())
        except Exception as error:
            assert any(text in str(error) for text in REFUSALS), f"{name}: {type(error).__name__}: {error}"
            session.watch.refused(type(made), name)
    equal(await session.do(made.count()), 1, "count")


def calls_of_single_node(session, made):
    """The methods of this release that Chroma implements only in its cloud."""
    calls = {
        "fork": lambda: made.fork(session.fresh_name()),
        "fork_count": lambda: made.fork_count(),
        "get_indexing_status": lambda: made.get_indexing_status(),
        "get_attached_function": lambda: made.get_attached_function("statistics"),
        "detach_function": lambda: made.detach_function("statistics"),
    }
    if hasattr(made, "search"):
        from chromadb import Knn, Search

        calls["search"] = lambda: made.search(Search(rank=Knn(query=[1.0, 0.0]), limit=1))
    if hasattr(made, "attach_function"):
        from chromadb.api.functions import STATISTICS_FUNCTION

        calls["attach_function"] = lambda: made.attach_function(STATISTICS_FUNCTION, "statistics", "statistics-of-it")
    calls = {name: call for name, call in calls.items() if hasattr(made, name)}
    if not calls:
        raise Skipped("this client has no such method")
    return calls


async def every_public_method_was_called(session):
    equal(session.watch.of_state("unused"), [], "methods that no check has called")


# The last one looks at what the others did.
CHECKS = [
    identity_of_an_open_server,
    tenant_and_database_can_be_changed,
    collection_by_id,
    create_may_get,
    embeddings_of_every_kind,
    a_page_of_a_search_by_text,
    delete_takes_a_limit,
    count_takes_a_read_level,
    a_schema_is_kept,
    what_chromas_server_refuses,
    every_public_method_was_called,
]
