"""Checks of records: add, get, update, upsert, delete, peek, count and their errors."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from chromadb.api.types import validate_metadata
from session import Skipped, close, equal, is_chroma_error

EMBEDDINGS = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [0.1, 0.2, 0.3]]
DOCUMENTS = ["Hello world", "bye World", "日本語 🦀"]
METADATAS = [{"k": 1, "s": "one"}, {"k": 2.5, "t": True, "f": False}, {"k": -9007199254740993}]
URIS = ["file://a", "file://b", "file://ü"]
EVERYTHING = ["embeddings", "documents", "metadatas", "uris"]


async def three_records(session):
    made = await session.collection()
    await session.do(
        made.add(ids=["a", "b", "c"], embeddings=EMBEDDINGS, documents=DOCUMENTS, metadatas=METADATAS, uris=URIS)
    )
    return made


async def add_and_get_everything(session):
    made = await three_records(session)
    equal(await session.do(made.count()), 3, "count")
    got = await session.do(made.get(include=EVERYTHING))
    equal(got["ids"], ["a", "b", "c"], "ids")
    equal(got["documents"], DOCUMENTS, "documents")
    equal(got["metadatas"], METADATAS, "metadatas")
    equal(got["uris"], URIS, "uris")
    close(got["embeddings"], EMBEDDINGS, "embeddings")
    for found, given in zip(got["metadatas"], METADATAS):
        for key, value in given.items():
            equal(type(found[key]), type(value), f"type of {key}")


async def get_by_id(session):
    made = await three_records(session)
    got = await session.do(made.get(ids=["b"]))
    equal((got["ids"], got["documents"], got["metadatas"]), (["b"], [DOCUMENTS[1]], [METADATAS[1]]), "one")
    equal((got["embeddings"], got["uris"]), (None, None), "what was not asked for")
    got = await session.do(made.get(ids="c", include=["documents"]))
    equal((got["ids"], got["documents"], got["metadatas"]), (["c"], [DOCUMENTS[2]], None), "a bare id")
    got = await session.do(made.get(ids=["c", "unknown", "a"]))
    equal(sorted(got["ids"]), ["a", "c"], "an unknown id is left out")


async def include_decides_what_returns(session):
    made = await three_records(session)
    for wanted in ([], ["embeddings"], ["documents"], ["metadatas"], ["uris"], EVERYTHING):
        got = await session.do(made.get(include=wanted))
        equal(got["ids"], ["a", "b", "c"], "ids")
        if "included" in got:  # not before 0.5.1
            equal(sorted(got["included"]), sorted(wanted), "included")
        for field in EVERYTHING:
            equal(got[field] is not None, field in wanted, f"{field} with include {wanted}")
    await session.error(lambda: made.get(include=["nonsense"]))
    await session.error(lambda: made.get(include=["distances"]))


async def limit_and_offset_page_in_insertion_order(session):
    made = await session.collection()
    ids = [f"id{number:02}" for number in range(25)][::-1]
    await session.do(made.add(ids=ids, embeddings=[[float(n), 0.0] for n in range(25)]))
    equal((await session.do(made.get()))["ids"], ids, "all")
    pages = [(await session.do(made.get(limit=10, offset=start)))["ids"] for start in (0, 10, 20, 30)]
    equal(pages, [ids[:10], ids[10:20], ids[20:], []], "pages")
    equal((await session.do(made.get(offset=22)))["ids"], ids[22:], "offset alone")
    await session.error(lambda: made.get(limit=-1))


async def peek_shows_the_first_records(session):
    made = await session.collection()
    embeddings = [[float(n), 1.0] for n in range(15)]
    await session.do(made.add(ids=[str(n) for n in range(15)], embeddings=embeddings))
    got = await session.do(made.peek())
    equal(got["ids"], [str(n) for n in range(10)], "default of ten")
    close(got["embeddings"], embeddings[:10], "embeddings")
    equal((await session.do(made.peek(limit=3)))["ids"], ["0", "1", "2"], "three")


async def documents_are_embedded_by_the_client(session):
    made = await session.collection()
    await session.do(made.add(ids=["x", "y"], documents=["a aa e", "oooo"]))
    got = await session.do(made.get(include=["embeddings", "documents"]))
    close(got["embeddings"], [[3, 1, 0, 0], [0, 0, 0, 4]], "embeddings")
    found = await session.do(made.query(query_texts=["oo"], n_results=2))
    equal(found["ids"], [["y", "x"]], "ids")
    close(found["distances"], [[4.0, 14.0]], "distances")


async def optional_fields_may_be_absent(session):
    made = await session.collection()
    await session.do(made.add(ids="bare", embeddings=[1.0, 0.0]))
    await session.do(made.add(ids=["full"], embeddings=[[0.0, 1.0]], documents=["text"], metadatas=[{"k": 1}]))
    got = await session.do(made.get(include=EVERYTHING))
    equal(got["ids"], ["bare", "full"], "ids")
    equal(got["documents"], [None, "text"], "documents")
    equal(got["metadatas"], [None, {"k": 1}], "metadatas")
    equal(got["uris"], [None, None], "uris")


async def numpy_arrays_are_embeddings(session):
    made = await session.collection()
    embeddings = np.array([[0.1, 0.2], [1e-7, 3e7]], dtype=np.float32)
    await session.do(made.add(ids=["a", "b"], embeddings=embeddings))
    got = await session.do(made.get(include=["embeddings"]))
    equal(np.asarray(got["embeddings"], dtype=np.float32).tolist(), embeddings.tolist(), "exact values")


async def adding_an_existing_id_changes_nothing(session):
    made = await three_records(session)
    await session.do(made.add(ids=["a", "d"], embeddings=[[9, 9, 9], [7, 8, 9]], documents=["other", "new"]))
    got = await session.do(made.get(include=EVERYTHING))
    equal(got["ids"], ["a", "b", "c", "d"], "ids")
    equal(got["documents"], [*DOCUMENTS, "new"], "documents")
    close(got["embeddings"][0], EMBEDDINGS[0], "the first record")


async def update_merges_into_the_record(session):
    made = await three_records(session)
    await session.do(made.update(ids=["a"], metadatas=[{"k": 5, "new": "n"}]))
    await session.do(made.update(ids=["b", "unknown"], documents=["changed", "x"], embeddings=[[7, 7, 7], [1, 1, 1]]))
    got = await session.do(made.get(include=EVERYTHING))
    equal(got["ids"], ["a", "b", "c"], "the unknown id is ignored, the order stays")
    equal(got["metadatas"], [{"k": 5, "s": "one", "new": "n"}, METADATAS[1], METADATAS[2]], "metadatas")
    equal(got["documents"], ["Hello world", "changed", DOCUMENTS[2]], "documents")
    close(got["embeddings"], [EMBEDDINGS[0], [7, 7, 7], EMBEDDINGS[2]], "embeddings")
    found = await session.do(made.query(query_embeddings=[[7, 7, 7]], n_results=1))
    equal(found["ids"], [["b"]], "search follows the update")
    close(found["distances"], [[0.0]], "distance")


async def update_with_none_deletes_a_key(session):
    if session.is_before_1:
        raise Skipped("the 0.5.13 client refuses None in metadata")
    made = await three_records(session)
    await session.do(made.update(ids=["a"], metadatas=[{"s": None}]))
    got = await session.do(made.get(ids=["a"]))
    equal(got["metadatas"], [{"k": 1}], "metadata")
    equal((await session.do(made.get(where={"s": "one"})))["ids"], [], "filter")


async def upsert_inserts_and_updates(session):
    made = await three_records(session)
    await session.do(
        made.upsert(
            ids=["b", "d"],
            embeddings=[[1, 1, 1], [2, 2, 2]],
            documents=["second", "fourth"],
            metadatas=[{"k": 20}, {"k": 40}],
        )
    )
    got = await session.do(made.get(include=EVERYTHING))
    equal(got["ids"], ["a", "b", "c", "d"], "ids")
    equal(got["documents"], [DOCUMENTS[0], "second", DOCUMENTS[2], "fourth"], "documents")
    equal(got["metadatas"][1], {"k": 20, "t": True, "f": False}, "merged metadata")
    equal(got["metadatas"][3], {"k": 40}, "new metadata")
    close(got["embeddings"][1], [1, 1, 1], "embedding")
    equal(await session.do(made.count()), 4, "count")


async def delete_by_id_where_and_document(session):
    made = await session.collection()
    ids = [str(n) for n in range(10)]
    documents = [f"text {'even' if n % 2 == 0 else 'odd'}" for n in range(10)]
    await session.do(
        made.add(ids=ids, embeddings=[[float(n)] for n in range(10)], documents=documents,
                 metadatas=[{"n": n} for n in range(10)])
    )
    await session.do(made.delete(ids=["0", "unknown"]))
    equal((await session.do(made.get()))["ids"], ids[1:], "by id")
    await session.do(made.delete(where={"n": {"$gte": 8}}))
    equal((await session.do(made.get()))["ids"], ids[1:8], "by where")
    await session.do(made.delete(where_document={"$contains": "even"}))
    equal((await session.do(made.get()))["ids"], ["1", "3", "5", "7"], "by document")
    await session.do(made.delete(ids=["1", "3"], where={"n": {"$gt": 2}}))
    equal((await session.do(made.get()))["ids"], ["1", "5", "7"], "ids and where together")
    equal(await session.do(made.count()), 3, "count")
    found = await session.do(made.query(query_embeddings=[[3.0]], n_results=10))
    equal(sorted(found["ids"][0]), ["1", "5", "7"], "search")
    await session.error(lambda: made.delete())
    equal(await session.do(made.count()), 3, "nothing was deleted without a condition")


async def a_deleted_id_returns_at_the_end(session):
    made = await three_records(session)
    await session.do(made.delete(ids=["a"]))
    await session.do(made.add(ids=["a"], embeddings=[[5, 5, 5]]))
    got = await session.do(made.get())
    equal((got["ids"], got["documents"]), (["b", "c", "a"], [*DOCUMENTS[1:], None]), "ids and documents")


async def wrong_dimension_is_an_error(session):
    made = await three_records(session)
    word = "dimensionality" if session.is_before_1 else "dimension"
    calls = {
        "add": lambda: made.add(ids=["z"], embeddings=[[1, 2]]),
        "upsert": lambda: made.upsert(ids=["a"], embeddings=[[1, 2, 3, 4]]),
        "update": lambda: made.update(ids=["a"], embeddings=[[1]]),
        "query": lambda: made.query(query_embeddings=[[1, 2]]),
    }
    for name, call in calls.items():
        error = await session.error(call)
        assert word in str(error), f"{name}: {error}"
        if session.is_before_1 and name != "add":  # 0.5.13 types every case but add
            is_chroma_error(error, "InvalidDimensionException")
        if not session.is_before_1:
            is_chroma_error(error, "InvalidArgumentError", "InvalidDimensionException")
    got = await session.do(made.get(include=["embeddings"]))
    equal(got["ids"], ["a", "b", "c"], "nothing was stored")
    close(got["embeddings"], EMBEDDINGS, "nothing was changed")


async def duplicate_ids_in_one_call_are_refused(session):
    made = await session.collection()
    error = await session.error(lambda: made.add(ids=["x", "x"], embeddings=[[1], [2]]))
    is_chroma_error(error, "DuplicateIDError")
    equal(await session.do(made.count()), 0, "count")


async def lengths_must_agree(session):
    made = await session.collection()
    await session.error(lambda: made.add(ids=["x", "y"], embeddings=[[1]]))
    await session.error(lambda: made.add(ids=["x"], embeddings=[[1]], documents=["a", "b"]))
    await session.error(lambda: made.add(ids=["x"], embeddings=[[1]], metadatas=[{"a": 1}, {"a": 2}]))
    equal(await session.do(made.count()), 0, "count")


async def bad_metadata_is_refused(session):
    made = await session.collection()
    for metadata in ({"a": {"b": 1}}, {"a": object()}, {1: "a"}):
        await session.error(lambda m=metadata: made.add(ids=["x"], embeddings=[[1]], metadatas=[m]))
    equal(await session.do(made.count()), 0, "count")


async def a_batch_beyond_the_limit_is_refused(session):
    made = await session.collection()
    limit = await session.max_batch_size()
    ids = [str(n) for n in range(limit + 1)]
    error = await session.error(lambda: made.add(ids=ids, embeddings=[[1.0]] * len(ids)))
    assert "exceeds maximum batch size" in str(error) or "batch size" in str(error).lower(), error
    equal(await session.do(made.count()), 0, "count")


async def thousands_of_records_come_back(session):
    made = await session.collection()
    random = np.random.default_rng(7)
    embeddings = random.random((3000, 8), dtype=np.float32)
    ids = [f"record-{n}" for n in range(3000)]
    for start in range(0, 3000, 1000):
        part = slice(start, start + 1000)
        await session.do(
            made.add(ids=ids[part], embeddings=embeddings[part], documents=[f"text of {i}" for i in ids[part]],
                     metadatas=[{"n": n} for n in range(start, start + 1000)])
        )
    equal(await session.do(made.count()), 3000, "count")
    got = await session.do(made.get(include=["embeddings", "metadatas", "documents"]))
    equal(got["ids"], ids, "ids")
    equal(got["metadatas"], [{"n": n} for n in range(3000)], "metadatas")
    equal(np.asarray(got["embeddings"], dtype=np.float32).tolist(), embeddings.tolist(), "embeddings")


async def concurrent_writers_lose_nothing(session):
    made = await session.collection()

    def add(writer):
        ids = [f"{writer}-{n}" for n in range(20)]
        return made.add(ids=ids, embeddings=[[float(writer), float(n)] for n in range(20)])

    if session.is_async:
        await asyncio.gather(*(add(writer) for writer in range(16)))
    else:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(add, range(16)))
    equal(await session.do(made.count()), 320, "count")
    expected = sorted(f"{writer}-{n}" for writer in range(16) for n in range(20))
    equal(sorted((await session.do(made.get()))["ids"]), expected, "ids")


async def unusual_ids_and_texts_survive(session):
    made = await session.collection()
    ids = ["with space", "ümläut", "日本", "a/b?c=d&e", "'; DROP TABLE x; --", '"', "\\", "x" * 2000]
    documents = ["", "line\nbreak", "tab\t", "nul-free", "'quote'", '"double"', "\\slash", "🦀" * 500]
    await session.do(made.add(ids=ids, embeddings=[[float(n), 1.0] for n in range(8)], documents=documents))
    got = await session.do(made.get())
    equal((got["ids"], got["documents"]), (ids, documents), "round trip")
    for n, id in enumerate(ids):
        equal((await session.do(made.get(ids=[id])))["documents"], [documents[n]], id)


async def delete_counts_what_it_removed(session):
    if session.is_before_1:
        raise Skipped("0.5.13 returns nothing")
    made = await three_records(session)
    result = await session.do(made.delete(ids=["a", "b"]))
    assert result is None or result["deleted"] == 2, result
    equal(await session.do(made.count()), 1, "count")


async def array_metadata_is_stored_and_searched(session):
    made = await session.collection()
    try:
        validate_metadata({"tags": ["red"]})
    except ValueError:
        raise Skipped("this client refuses lists in metadata")
    metadatas = [{"tags": ["red", "blue"]}, {"tags": ["green"]}, {"n": [1, 2, 3]}]
    await session.do(made.add(ids=["a", "b", "c"], embeddings=[[1], [2], [3]], metadatas=metadatas))
    equal((await session.do(made.get()))["metadatas"], metadatas, "round trip")
    equal((await session.do(made.get(where={"tags": {"$contains": "red"}})))["ids"], ["a"], "$contains")
    equal((await session.do(made.get(where={"tags": {"$not_contains": "red"}})))["ids"], ["b", "c"], "$not_contains")
    equal((await session.do(made.get(where={"n": {"$contains": 2}})))["ids"], ["c"], "$contains of a number")


CHECKS = [
    add_and_get_everything,
    get_by_id,
    include_decides_what_returns,
    limit_and_offset_page_in_insertion_order,
    peek_shows_the_first_records,
    documents_are_embedded_by_the_client,
    optional_fields_may_be_absent,
    numpy_arrays_are_embeddings,
    adding_an_existing_id_changes_nothing,
    update_merges_into_the_record,
    update_with_none_deletes_a_key,
    upsert_inserts_and_updates,
    delete_by_id_where_and_document,
    a_deleted_id_returns_at_the_end,
    wrong_dimension_is_an_error,
    duplicate_ids_in_one_call_are_refused,
    lengths_must_agree,
    bad_metadata_is_refused,
    a_batch_beyond_the_limit_is_refused,
    thousands_of_records_come_back,
    concurrent_writers_lose_nothing,
    unusual_ids_and_texts_survive,
    delete_counts_what_it_removed,
    array_metadata_is_stored_and_searched,
]
