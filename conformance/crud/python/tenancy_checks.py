"""Checks of tenants and databases."""

from session import CharacterCounts, Skipped, equal, is_chroma_error


async def default_tenant_and_database_exist(session):
    tenant = await session.do(session.admin.get_tenant("default_tenant"))
    equal(tenant["name"], "default_tenant", "tenant")
    database = await session.do(session.admin.get_database("default_database"))
    equal((database["name"], database["tenant"]), ("default_database", "default_tenant"), "database")


async def a_collection_belongs_to_its_database(session):
    database = session.fresh_name()
    await session.do(session.admin.create_database(database))
    other = await session.client_of("default_tenant", database)
    name = session.fresh_name()
    options = {"embedding_function": CharacterCounts()}
    here = await session.do(session.client.create_collection(name, **options))
    there = await session.do(other.create_collection(name, **options))
    assert here.id != there.id
    await session.do(here.add(ids=["here"], embeddings=[[1.0]]))
    await session.do(there.add(ids=["there", "too"], embeddings=[[1.0, 2.0], [3.0, 4.0]]))
    equal((await session.do(here.get()))["ids"], ["here"], "first database")
    equal((await session.do(there.get()))["ids"], ["there", "too"], "second database")
    equal(await session.do(other.count_collections()), 1, "collections of the second")
    await session.do(other.delete_collection(name))
    equal((await session.do(session.client.get_collection(name))).id, here.id, "the first stays")


async def a_tenant_has_its_own_databases(session):
    tenant, database = session.fresh_name(), session.fresh_name()
    await session.do(session.admin.create_tenant(tenant))
    equal((await session.do(session.admin.get_tenant(tenant)))["name"], tenant, "tenant")
    await session.do(session.admin.create_database(database, tenant))
    found = await session.do(session.admin.get_database(database, tenant))
    equal((found["name"], found["tenant"]), (database, tenant), "database")
    error = await session.error(lambda: session.admin.get_database(database))
    is_chroma_error(error, "NotFoundError")
    other = await session.client_of(tenant, database)
    await session.do(other.create_collection("shared-name"))
    equal(await session.do(other.count_collections()), 1, "collections")
    await session.error(lambda: session.client.get_collection("shared-name"))


async def missing_tenant_and_database_are_errors(session):
    error = await session.error(lambda: session.admin.get_tenant("no-such-tenant"))
    is_chroma_error(error, "NotFoundError")
    error = await session.error(lambda: session.admin.get_database("no-such-database"))
    is_chroma_error(error, "NotFoundError")
    assert "Are you sure it exists?" in str(error), error
    await session.error(lambda: session.client_of("no-such-tenant", "default_database"))
    await session.error(lambda: session.client_of("default_tenant", "no-such-database"))


async def names_are_unique(session):
    tenant, database = session.fresh_name(), session.fresh_name()
    await session.do(session.admin.create_tenant(tenant))
    await session.do(session.admin.create_database(database, tenant))
    for make in (lambda: session.admin.create_tenant(tenant), lambda: session.admin.create_database(database, tenant)):
        error = await session.error(make)
        assert "already exists" in str(error), error
    await session.error(lambda: session.admin.create_tenant("t"))
    await session.error(lambda: session.admin.create_database("d"))


async def databases_are_listed_and_deleted(session):
    if not hasattr(session.admin, "list_databases"):
        raise Skipped("this client can neither list nor delete databases")
    tenant = session.fresh_name()
    await session.do(session.admin.create_tenant(tenant))
    names = [f"database-{n}" for n in range(4)]
    for name in names:
        await session.do(session.admin.create_database(name, tenant))
    listed = await session.do(session.admin.list_databases(tenant=tenant))
    equal([entry["name"] for entry in listed], names, "all")
    listed = await session.do(session.admin.list_databases(tenant=tenant, limit=2, offset=1))
    equal([entry["name"] for entry in listed], names[1:3], "page")
    other = await session.client_of(tenant, names[0])
    made = await session.do(other.create_collection("goes-with-its-database"))
    await session.do(session.admin.delete_database(names[0], tenant))
    listed = await session.do(session.admin.list_databases(tenant=tenant))
    equal([entry["name"] for entry in listed], names[1:], "after delete")
    await session.error(lambda: made.count())
    error = await session.error(lambda: session.admin.delete_database(names[0], tenant))
    is_chroma_error(error, "NotFoundError")


CHECKS = [
    default_tenant_and_database_exist,
    a_collection_belongs_to_its_database,
    a_tenant_has_its_own_databases,
    missing_tenant_and_database_are_errors,
    names_are_unique,
    databases_are_listed_and_deleted,
]
