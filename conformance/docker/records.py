"""A few records over plain HTTP, to see whether data is still there."""

from engine import call, require

ROOT = "/api/v2/tenants/default_tenant/databases/default_database/collections"


def write(container, name="kept"):
    made = call(container.url(ROOT), {"name": name, "get_or_create": True})
    require(made.status == 200, f"create answers {made.status}: {made.text}")
    body = {"ids": ["a", "b"], "embeddings": [[1.0, 2.0], [3.0, 4.0]], "documents": ["one", "two"]}
    added = call(container.url(f"{ROOT}/{made.json()['id']}/add"), body)
    require(added.status in (200, 201), f"add answers {added.status}: {added.text}")


def check_present(container, name="kept"):
    found = call(container.url(f"{ROOT}/{name}"))
    require(found.status == 200, f"the collection is gone: {found.status} {found.text}")
    got = call(container.url(f"{ROOT}/{found.json()['id']}/get"), {"include": ["documents", "embeddings"]})
    require(got.status == 200, f"get answers {got.status}: {got.text}")
    answer = got.json()
    require(answer["ids"] == ["a", "b"], f"ids are {answer['ids']}")
    require(answer["documents"] == ["one", "two"], f"documents are {answer['documents']}")
    require(answer["embeddings"] == [[1.0, 2.0], [3.0, 4.0]], f"embeddings are {answer['embeddings']}")


def check_absent(container, name="kept"):
    found = call(container.url(f"{ROOT}/{name}"))
    require(found.status == 404, f"a new server knows the collection: {found.status} {found.text}")
