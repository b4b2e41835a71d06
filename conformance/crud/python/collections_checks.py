"""Checks of collections: create, get, list, count, modify, delete, reset and their errors."""

from session import CharacterCounts, close, equal, is_chroma_error

MISSING = {True: "InvalidCollectionException", False: "NotFoundError"}


async def heartbeat_and_version(session):
    first = await session.do(session.client.heartbeat())
    second = await session.do(session.client.heartbeat())
    assert 0 < first <= second, (first, second)
    version = await session.do(session.client.get_version())
    assert version[0].isdigit(), version
    assert await session.max_batch_size() >= 1000


async def create_and_get_a_collection(session):
    name = session.fresh_name()
    metadata = {"text": "zäh", "whole": 7, "real": 1.5, "flag": True}
    made = await session.do(session.client.create_collection(name, metadata=metadata))
    equal((made.name, made.metadata), (name, metadata), "created")
    equal(await session.do(made.count()), 0, "count")
    found = await session.do(session.client.get_collection(name))
    equal((found.id, found.name, found.metadata), (made.id, name, metadata), "got")
    for key, value in metadata.items():
        equal(type(found.metadata[key]), type(value), f"type of {key}")


async def metadata_may_be_absent(session):
    made = await session.collection()
    equal(made.metadata, None, "metadata")


async def create_twice_is_an_error(session):
    made = await session.collection()
    error = await session.error(lambda: session.client.create_collection(made.name))
    assert "already exists" in str(error), error
    equal(await session.do(made.count()), 0, "count of the first")


async def get_or_create_returns_the_existing_one(session):
    name = session.fresh_name()
    make = session.client.get_or_create_collection
    first = await session.do(make(name, metadata={"a": 1}, embedding_function=CharacterCounts()))
    await session.do(first.add(ids=["x"], embeddings=[[1, 2]]))
    second = await session.do(make(name, metadata={"a": 2}, embedding_function=CharacterCounts()))
    equal(second.id, first.id, "id")
    equal(await session.do(second.count()), 1, "count")
    stored = await session.do(session.client.get_collection(name, embedding_function=CharacterCounts()))
    equal(stored.metadata, {"a": 1}, "stored metadata")


async def list_and_count(session):
    await session.do(session.client.reset())
    names = sorted([(await session.collection()).name for _ in range(5)])
    equal(sorted(await session.collection_names()), names, "all")
    equal(await session.do(session.client.count_collections()), 5, "count")
    pages = [await session.collection_names(limit=2, offset=start) for start in (0, 2, 4)]
    equal([len(page) for page in pages], [2, 2, 1], "page sizes")
    equal(sorted(sum(pages, [])), names, "pages together")
    equal(await session.collection_names(limit=2, offset=9), [], "page past the end")


async def missing_collection_by_name(session):
    error = await session.error(lambda: session.client.get_collection("never-made"))
    is_chroma_error(error, MISSING[session.is_before_1])
    assert "does not exist" in str(error), error
    error = await session.error(lambda: session.client.delete_collection("never-made"))
    assert "does not exist" in str(error), error


async def deleted_collection_refuses_everything(session):
    made = await session.collection()
    await session.do(made.add(ids=["x"], embeddings=[[1, 2]]))
    await session.do(session.client.delete_collection(made.name))
    assert made.name not in await session.collection_names()
    calls = {
        "add": lambda: made.add(ids=["y"], embeddings=[[1, 2]]),
        "count": lambda: made.count(),
        "delete": lambda: made.delete(ids=["x"]),
        "get": lambda: made.get(),
        "modify": lambda: made.modify(name=session.fresh_name()),
        "peek": lambda: made.peek(),
        "query": lambda: made.query(query_embeddings=[[1, 2]]),
        "update": lambda: made.update(ids=["x"], embeddings=[[1, 2]]),
        "upsert": lambda: made.upsert(ids=["x"], embeddings=[[1, 2]]),
    }
    for name, call in calls.items():
        error = await session.error(call)
        is_chroma_error(error, MISSING[session.is_before_1])
        assert "does not exist" in str(error), f"{name}: {error}"


async def a_new_collection_of_an_old_name_is_empty(session):
    made = await session.collection()
    await session.do(made.add(ids=["x"], embeddings=[[1, 2]]))
    await session.do(session.client.delete_collection(made.name))
    again = await session.do(session.client.create_collection(made.name, embedding_function=CharacterCounts()))
    assert again.id != made.id
    equal(await session.do(again.count()), 0, "count")
    await session.do(again.add(ids=["x"], embeddings=[[1, 2, 3]]))  # its dimension is free again
    equal(await session.do(again.count()), 1, "count")


async def bad_names_are_refused(session):
    before = await session.do(session.client.count_collections())
    for name in ("ab", "", "_abc", "abc_", "a b c", "a..b", "192.168.1.1", "naïve", "a/b"):
        await session.error(lambda name=name: session.client.create_collection(name))
    equal(await session.do(session.client.count_collections()), before, "count")
    for name in ("a.b", "123", "A--b_c", "1.2.3", "x" * 63):
        made = await session.do(session.client.create_collection(name))
        equal(made.name, name, "name")
        await session.do(session.client.delete_collection(name))


async def bad_collection_metadata_is_refused(session):
    before = await session.do(session.client.count_collections())
    for metadata in ({}, {"a": {"b": 1}}, {"a": None}):
        await session.error(lambda m=metadata: session.client.create_collection(session.fresh_name(), metadata=m))
    equal(await session.do(session.client.count_collections()), before, "count")


async def modify_name_and_metadata(session):
    made = await session.collection(metadata={"a": 1, "b": 2})
    await session.do(made.add(ids=["x"], embeddings=[[1, 2]]))
    old, new = made.name, session.fresh_name()
    await session.do(made.modify(name=new))
    error = await session.error(lambda: session.client.get_collection(old))
    is_chroma_error(error, MISSING[session.is_before_1])
    await session.do(made.modify(metadata={"c": 3}))
    found = await session.do(session.client.get_collection(new, embedding_function=CharacterCounts()))
    equal((found.id, found.metadata), (made.id, {"c": 3}), "metadata is replaced, not merged")
    equal(await session.do(found.count()), 1, "records stay")


async def rename_onto_an_existing_name_is_an_error(session):
    one, two = await session.collection(), await session.collection()
    await session.error(lambda: one.modify(name=two.name))
    names = await session.collection_names()
    assert one.name in names and two.name in names
    equal((await session.do(session.client.get_collection(two.name))).id, two.id, "owner of the name")


async def reset_leaves_an_empty_server(session):
    made = await session.collection()
    await session.do(made.add(ids=["x"], embeddings=[[1, 2]]))
    await session.do(session.client.reset())
    equal(await session.do(session.client.count_collections()), 0, "count")
    await session.error(lambda: made.count())
    again = await session.do(session.client.create_collection(made.name, embedding_function=CharacterCounts()))
    equal(await session.do(again.count()), 0, "count after")


async def configuration_is_kept(session):
    if session.is_before_1:
        made = await session.collection(metadata={"hnsw:space": "cosine", "hnsw:search_ef": 50})
        found = await session.do(session.client.get_collection(made.name))
        equal(found.metadata, {"hnsw:space": "cosine", "hnsw:search_ef": 50}, "metadata")
        return
    made = await session.collection(configuration={"hnsw": {"space": "cosine", "ef_construction": 123, "ef_search": 45}})
    found = await session.do(session.client.get_collection(made.name, embedding_function=CharacterCounts()))
    hnsw = found.configuration["hnsw"]
    equal((hnsw["space"], hnsw["ef_construction"], hnsw["ef_search"]), ("cosine", 123, 45), "hnsw")
    equal(hnsw["max_neighbors"], 16, "default")
    await session.do(found.modify(configuration={"hnsw": {"ef_search": 77}}))
    hnsw = (await session.do(session.client.get_collection(made.name))).configuration["hnsw"]
    equal((hnsw["ef_search"], hnsw["space"]), (77, "cosine"), "after modify")


async def bad_configuration_is_refused(session):
    before = await session.do(session.client.count_collections())
    if session.is_before_1:
        bad = [{"metadata": {"hnsw:space": "manhattan"}}, {"metadata": {"hnsw:unknown": 1}}]
    else:
        bad = [{"configuration": {"hnsw": {"space": "manhattan"}}}]
    for options in bad:
        name = session.fresh_name()
        await session.error(lambda: session.client.create_collection(name, **options))
    if not session.is_before_1:  # 0.5.13 leaves a broken collection behind
        equal(await session.do(session.client.count_collections()), before, "count")
    else:
        await session.do(session.client.reset())


async def distance_follows_the_space(session):
    stored, asked = [0.1, 0.2, 0.3], [0.3, -0.2, 0.5]
    expected = {"l2": 0.24, "ip": 0.86, "cosine": 0.39302298798837}
    for space, distance in expected.items():
        made = await session.collection(metadata={"hnsw:space": space})
        await session.do(made.add(ids=["x"], embeddings=[stored]))
        found = await session.do(made.query(query_embeddings=[asked], n_results=1))
        close(found["distances"], [[distance]], space)


CHECKS = [
    heartbeat_and_version,
    create_and_get_a_collection,
    metadata_may_be_absent,
    create_twice_is_an_error,
    get_or_create_returns_the_existing_one,
    list_and_count,
    missing_collection_by_name,
    deleted_collection_refuses_everything,
    a_new_collection_of_an_old_name_is_empty,
    bad_names_are_refused,
    bad_collection_metadata_is_refused,
    modify_name_and_metadata,
    rename_onto_an_existing_name_is_an_error,
    reset_leaves_an_empty_server,
    configuration_is_kept,
    bad_configuration_is_refused,
    distance_follows_the_space,
]
