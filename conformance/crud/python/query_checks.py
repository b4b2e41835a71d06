"""Checks of search: distances against brute force, filters, include, order."""

import numpy as np
from session import Skipped, close, equal

WHERE_VALUES = {
    "int1": {"k": 1},
    "int2": {"k": 2},
    "float1": {"k": 1.0},
    "float1.5": {"k": 1.5},
    "text": {"k": "abc"},
    "true": {"k": True},
    "false": {"k": False},
    "none": None,
    "multi": {"k": 3, "o": "x"},
    "digit": {"k": "1"},
}
ALL = list(WHERE_VALUES)


def but(*names):
    return [name for name in ALL if name not in names]


# (filter, ids that match): numbers compare across int and float, booleans are a type of their own,
# and $ne and $nin are the exact complements of $eq and $in.
WHERE_TABLE = [
    ({"k": 1}, ["int1", "float1"]),
    ({"k": 1.0}, ["int1", "float1"]),
    ({"k": {"$eq": "abc"}}, ["text"]),
    ({"k": "1"}, ["digit"]),
    ({"k": True}, ["true"]),
    ({"k": False}, ["false"]),
    ({"k": {"$ne": 1}}, but("int1", "float1")),
    ({"k": {"$ne": "abc"}}, but("text")),
    ({"k": {"$ne": True}}, but("true")),
    ({"missing": {"$ne": 1}}, ALL),
    ({"missing": 1}, []),
    ({"o": {"$ne": "x"}}, but("multi")),
    ({"k": {"$gt": 1}}, ["int2", "float1.5", "multi"]),
    ({"k": {"$gte": 2}}, ["int2", "multi"]),
    ({"k": {"$lt": 2}}, ["int1", "float1", "float1.5"]),
    ({"k": {"$lte": 1.0}}, ["int1", "float1"]),
    ({"k": {"$in": ["abc", "1"]}}, ["text", "digit"]),
    ({"k": {"$in": [1, 3]}}, ["int1", "float1", "multi"]),
    ({"k": {"$in": [True]}}, ["true"]),
    ({"k": {"$nin": [1, 2]}}, but("int1", "int2", "float1")),
    ({"k": {"$nin": ["abc"]}}, but("text")),
    ({"$and": [{"k": {"$gte": 1}}, {"k": {"$lt": 2}}]}, ["int1", "float1", "float1.5"]),
    ({"$and": [{"k": 3}, {"o": "x"}]}, ["multi"]),
    ({"$or": [{"k": "abc"}, {"k": {"$gt": 2}}]}, ["text", "multi"]),
    ({"$or": [{"$and": [{"k": 3}, {"o": "y"}]}, {"k": False}]}, ["false"]),
    ({"$and": [{"$or": [{"k": 1}, {"k": 2}]}, {"k": {"$ne": 2}}, {"o": {"$ne": "x"}}]}, ["int1", "float1"]),
]

# A bound between two whole numbers must not be rounded to one of them.
FRACTION_TABLE = [
    ({"k": {"$gt": 1.5}}, ["int2", "multi"]),
    ({"k": {"$gte": 1.5}}, ["int2", "float1.5", "multi"]),
    ({"k": {"$lt": 1.5}}, ["int1", "float1"]),
    ({"k": {"$lte": 1.5}}, ["int1", "float1", "float1.5"]),
    ({"k": 2.5}, []),
    ({"k": {"$ne": 2.5}}, ALL),
    ({"k": {"$in": [1.5, 2.5]}}, ["float1.5"]),
]

DOCUMENTS = {
    "plain": "The quick brown fox",
    "upper": "THE QUICK BROWN FOX",
    "percent": "100% sure_thing",
    "foreign": "Das Mädchen fährt nach Köln",
    "empty": "",
    "absent": None,
    "marks": "quote ' and \" and \\ and $",
}
DOCUMENT_IDS = list(DOCUMENTS)
DOCUMENT_TABLE = [
    ({"$contains": "quick"}, ["plain"]),
    ({"$contains": "QUICK"}, ["upper"]),
    ({"$contains": "own f"}, ["plain"]),
    ({"$contains": "Mädchen"}, ["foreign"]),
    ({"$contains": "100% sure"}, ["percent"]),
    ({"$contains": "quote ' and"}, ["marks"]),
    ({"$contains": "no such text"}, []),
    ({"$not_contains": "quick"}, [i for i in DOCUMENT_IDS if i != "plain"]),
    ({"$and": [{"$contains": "brown"}, {"$contains": "fox"}]}, ["plain"]),
    ({"$and": [{"$contains": "quick"}, {"$not_contains": "brown"}]}, []),
    ({"$or": [{"$contains": "quick"}, {"$contains": "QUICK"}]}, ["plain", "upper"]),
    ({"$or": [{"$contains": "Köln"}, {"$and": [{"$contains": "The"}, {"$contains": "fox"}]}]}, ["plain", "foreign"]),
]

# What only the newer generation knows.
REGEX_TABLE = [
    ({"$regex": "q[a-z]+k"}, ["plain"]),
    ({"$regex": "(?i)quick brown"}, ["plain", "upper"]),
    ({"$not_regex": "(?i)fox$"}, [i for i in DOCUMENT_IDS if i not in ("plain", "upper")]),
]

BAD_WHERE = [
    {"k": {"$foo": 1}},
    {"k": {"$gt": "text"}},
    {"k": {"$in": []}},
    {"k": {"$in": "text"}},
    {"k": None},
    {"$and": {"k": 1}},
    {"k": {"$gt": 1, "$lt": 3}},
]
BAD_WHERE_DOCUMENT = [{"$foo": "x"}, {"$contains": 1}, {"$and": {"$contains": "x"}}]


async def where_records(session):
    made = await session.collection()
    for name, metadata in WHERE_VALUES.items():
        metadatas = None if metadata is None else [metadata]
        await session.do(made.add(ids=[name], embeddings=[[float(ALL.index(name)), 1.0]], metadatas=metadatas))
    return made


async def document_records(session):
    made = await session.collection()
    for number, (name, text) in enumerate(DOCUMENTS.items()):
        documents = None if text is None else [text]
        await session.do(made.add(ids=[name], embeddings=[[float(number), 1.0]], documents=documents))
    return made


async def where_selects_in_get(session):
    made = await where_records(session)
    for where, expected in WHERE_TABLE:
        equal((await session.do(made.get(where=where)))["ids"], expected, f"{where}")


async def whole_numbers_compare_with_fractions(session):
    made = await where_records(session)
    wrong = {}
    for where, expected in FRACTION_TABLE:
        found = (await session.do(made.get(where=where)))["ids"]
        if found != expected:
            wrong[str(where)] = found
    equal(wrong, {}, "filters with wrong results")


async def where_selects_in_query(session):
    made = await where_records(session)
    for where, expected in WHERE_TABLE:
        found = await session.do(made.query(query_embeddings=[[0.0, 1.0]], n_results=20, where=where))
        # The distance grows with the position in the table, so the order is known.
        equal(found["ids"], [expected], f"{where}")


async def where_document_selects_in_get_and_query(session):
    made = await document_records(session)
    for where, expected in DOCUMENT_TABLE:
        equal((await session.do(made.get(where_document=where)))["ids"], expected, f"{where}")
        found = await session.do(made.query(query_embeddings=[[0.0, 1.0]], n_results=20, where_document=where))
        equal(found["ids"], [expected], f"query {where}")


async def regular_expressions_select(session):
    if session.is_before_1:
        raise Skipped("0.5.13 has no $regex")
    made = await document_records(session)
    for where, expected in REGEX_TABLE:
        equal((await session.do(made.get(where_document=where)))["ids"], expected, f"{where}")


async def bad_filters_are_refused(session):
    made = await where_records(session)
    for where in BAD_WHERE:
        await session.error(lambda w=where: made.get(where=w))
        await session.error(lambda w=where: made.query(query_embeddings=[[0.0, 1.0]], where=w))
        await session.error(lambda w=where: made.delete(where=w))
    for where in BAD_WHERE_DOCUMENT:
        await session.error(lambda w=where: made.get(where_document=w))
    equal(await session.do(made.count()), len(ALL), "count")


async def filters_combine_with_ids_limit_and_offset(session):
    made = await session.collection()
    ids = [f"{n:02}" for n in range(20)]
    await session.do(
        made.add(ids=ids, embeddings=[[float(n)] for n in range(20)], metadatas=[{"n": n} for n in range(20)],
                 documents=[f"{'three' if n % 3 == 0 else 'other'} {n}" for n in range(20)])
    )
    both = {"where": {"n": {"$gte": 5}}, "where_document": {"$contains": "three"}}
    equal((await session.do(made.get(**both)))["ids"], ["06", "09", "12", "15", "18"], "where and document")
    equal((await session.do(made.get(**both, limit=2, offset=1)))["ids"], ["09", "12"], "page of matches")
    equal((await session.do(made.get(ids=["06", "07", "03"], **both)))["ids"], ["06"], "with ids")
    found = await session.do(made.query(query_embeddings=[[14.0]], n_results=2, **both))
    equal(found["ids"], [["15", "12"]], "query")
    close(found["distances"], [[1.0, 4.0]], "distances")


async def query_ids_restrict_the_search(session):
    if session.is_before_1:
        raise Skipped("0.5.13 takes no ids in a query")
    made = await session.collection()
    await session.do(made.add(ids=["a", "b", "c"], embeddings=[[1.0], [2.0], [3.0]]))
    found = await session.do(made.query(query_embeddings=[[0.0]], n_results=5, ids=["c", "b"]))
    equal(found["ids"], [["b", "c"]], "ids")


def brute_force(space, stored, asked):
    stored, asked = stored.astype(np.float64), asked.astype(np.float64)
    if space == "l2":
        return ((stored - asked) ** 2).sum(axis=1)
    if space == "ip":
        return 1.0 - stored @ asked
    return 1.0 - (stored @ asked) / (np.linalg.norm(stored, axis=1) * np.linalg.norm(asked))


async def distances_equal_brute_force(session):
    random = np.random.default_rng(11)
    stored = random.normal(size=(60, 16)).astype(np.float32)
    asked = random.normal(size=(3, 16)).astype(np.float32)
    ids = [str(n) for n in range(len(stored))]
    for space in ("l2", "ip", "cosine"):
        made = await session.collection(metadata={"hnsw:space": space, "hnsw:search_ef": 200})
        await session.do(made.add(ids=ids, embeddings=stored))
        found = await session.do(made.query(query_embeddings=asked, n_results=10))
        for row, vector in enumerate(asked):
            distances = brute_force(space, stored, vector)
            nearest = np.argsort(distances)[:10]
            equal(found["ids"][row], [ids[n] for n in nearest], f"{space} ids of query {row}")
            close(found["distances"][row], distances[nearest], f"{space} distances of query {row}")


async def include_decides_what_a_query_returns(session):
    made = await session.collection()
    await session.do(
        made.add(ids=["a", "b"], embeddings=[[1.0, 0.0], [0.0, 1.0]], documents=["A", "B"],
                 metadatas=[{"k": 1}, {"k": 2}], uris=["u:a", "u:b"])
    )
    ask = {"query_embeddings": [[1.0, 0.0], [0.0, 1.0]], "n_results": 2}
    found = await session.do(made.query(**ask))
    equal(found["ids"], [["a", "b"], ["b", "a"]], "ids")
    equal(found["documents"], [["A", "B"], ["B", "A"]], "documents")
    equal(found["metadatas"], [[{"k": 1}, {"k": 2}], [{"k": 2}, {"k": 1}]], "metadatas")
    close(found["distances"], [[0.0, 2.0], [0.0, 2.0]], "distances")
    equal((found["embeddings"], found["uris"]), (None, None), "what is not returned by default")
    fields = ["documents", "metadatas", "distances", "embeddings", "uris"]
    for wanted in ([], ["embeddings"], ["uris"], ["distances"], fields):
        found = await session.do(made.query(**ask, include=wanted))
        equal(found["ids"], [["a", "b"], ["b", "a"]], "ids")
        for field in fields:
            equal(found[field] is not None, field in wanted, f"{field} with include {wanted}")
    close(found["embeddings"], [[[1, 0], [0, 1]], [[0, 1], [1, 0]]], "embeddings")
    equal(found["uris"], [["u:a", "u:b"], ["u:b", "u:a"]], "uris")


async def more_results_than_records(session):
    made = await session.collection()
    empty = await session.do(made.query(query_embeddings=[[1.0, 2.0], [3.0, 4.0]], n_results=5))
    equal((empty["ids"], empty["distances"], empty["documents"]), ([[], []], [[], []], [[], []]), "empty collection")
    await session.do(made.add(ids=["a", "b"], embeddings=[[0.0, 0.0], [3.0, 4.0]], metadatas=[{"k": 1}, {"k": 2}]))
    found = await session.do(made.query(query_embeddings=[[0.0, 0.0]], n_results=50))
    equal(found["ids"], [["a", "b"]], "all there are")
    close(found["distances"], [[0.0, 25.0]], "distances")
    found = await session.do(made.query(query_embeddings=[[0.0, 0.0]], n_results=50, where={"k": 9}))
    equal((found["ids"], found["distances"]), ([[]], [[]]), "no match")


async def bad_queries_are_refused(session):
    made = await session.collection()
    await session.do(made.add(ids=["a"], embeddings=[[0.0, 0.0]]))
    for count in (0, -1):
        await session.error(lambda n=count: made.query(query_embeddings=[[0.0, 0.0]], n_results=n))
    await session.error(lambda: made.query(n_results=1))
    await session.error(lambda: made.query(query_embeddings=[["x", "y"]]))


CHECKS = [
    where_selects_in_get,
    whole_numbers_compare_with_fractions,
    where_selects_in_query,
    where_document_selects_in_get_and_query,
    regular_expressions_select,
    bad_filters_are_refused,
    filters_combine_with_ids_limit_and_offset,
    query_ids_restrict_the_search,
    distances_equal_brute_force,
    include_decides_what_a_query_returns,
    more_results_than_records,
    bad_queries_are_refused,
]
