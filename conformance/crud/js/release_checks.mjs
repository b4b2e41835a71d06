// Checks of what only some releases of the client have, and of methods that the others leave out.

import assert from "node:assert/strict";

import { CharacterCounts, Skipped, equal } from "./session.mjs";

// What Chroma's own single-node server says to what it cannot do. A server that can is as welcome.
const REFUSALS = [
  "Search operation is not implemented",
  "Collection forking is unsupported",
  "Count forks is unsupported",
  "scout_logs is not implemented",
  "status 501", // all that release 2 shows
];

function needs(thing, ...names) {
  for (const name of names) {
    if (typeof thing[name] !== "function") {
      throw new Skipped(`this client has no ${name}`);
    }
  }
}

async function identityOfAnOpenServer(session) {
  needs(session.client, "getUserIdentity");
  const identity = (await session.client.getUserIdentity()) ?? session.client;
  // Client 1.10 and 2 keep the answer to themselves.
  equal([identity.tenant, identity.database ?? identity.databases[0]], ["default_tenant", "default_database"], "who");
}

async function tenantsAndDatabasesAreAdministered(session) {
  const [tenant, database] = [session.freshName(), session.freshName()];
  await session.admin.createTenant({ name: tenant });
  const got = await session.admin.getTenant({ name: tenant });
  equal(typeof got === "string" ? got : got.name, tenant, "tenant");
  await session.admin.createDatabase(session.placed(database, tenant));
  const found = await session.admin.getDatabase(session.placed(database, tenant));
  equal([found.name, found.tenant ?? tenant], [database, tenant], "database");
  await session.fails(() => session.admin.getDatabase(session.placed("no-such-database", tenant)));
  await session.fails(() => session.admin.getTenant({ name: "no-such-tenant" }));
  if (typeof session.admin.setTenant === "function") {
    await session.admin.setTenant({ tenant, database });
    await session.admin.setDatabase({ tenant, database });
    await session.fails(() => session.admin.setDatabase({ tenant, database: "no-such-database" }));
  }
}

async function databasesAreListedAndDeleted(session) {
  needs(session.admin, "listDatabases", "deleteDatabase");
  const tenant = session.freshName();
  await session.admin.createTenant({ name: tenant });
  for (const name of ["one", "two", "three"]) {
    await session.admin.createDatabase(session.placed(`database-${name}`, tenant));
  }
  const of = session.isBefore3 ? { tenantName: tenant } : { tenant };
  const names = async (page) => (await session.admin.listDatabases({ ...of, ...page })).map(({ name }) => name);
  equal(await names({ limit: 10, offset: 0 }), ["database-one", "database-three", "database-two"], "all");
  equal(await names({ limit: 1, offset: 1 }), ["database-three"], "page");
  await session.admin.deleteDatabase(session.placed("database-one", tenant));
  equal(await names({ limit: 10, offset: 0 }), ["database-three", "database-two"], "after delete");
}

async function collectionsAreListedWithTheirMetadata(session) {
  needs(session.client, "listCollectionsAndMetadata");
  await session.client.reset();
  const made = await session.collection({ metadata: { a: 1 } });
  const [found] = await session.client.listCollectionsAndMetadata({ limit: 5, offset: 0 });
  equal([found.name, found.id, found.metadata], [made.name, made.id, { a: 1 }], "collection");
}

async function collectionsAreFoundByIdAndInGroups(session) {
  needs(session.client, "getCollectionById", "getCollections", "collection", "getCollectionByCrn");
  const [one, two] = [await session.collection(), await session.collection()];
  await one.add({ ids: ["x"], embeddings: [[1, 2]] });
  equal((await session.client.getCollectionById(one.id)).name, one.name, "by id");
  equal(await session.client.collection(one.id).count(), 1, "handle");
  const wanted = [one, two].map(({ name }) => ({ name, embeddingFunction: new CharacterCounts() }));
  const found = await session.client.getCollections(wanted);
  equal(found.map(({ id }) => id), [one.id, two.id], "group");
  await session.fails(() => session.client.getCollectionById("7d444840-9dc0-41d1-b245-5ffdce74fad2"), {
    name: "ChromaNotFoundError",
  });
  // Chroma's own single node knows no resource names and breaks the connection.
  await session.fails(() => session.client.getCollectionByCrn("a:b:c"), { name: "ChromaNotFoundError" });
  session.watch.refused("Client.getCollectionByCrn");
}

async function theServerSaysWhatItTakes(session) {
  needs(session.client, "getPreflightChecks", "getMaxBatchSize", "supportsBase64Encoding");
  const most = await session.client.getMaxBatchSize();
  assert.ok(most >= 1000, String(most));
  equal((await session.client.getPreflightChecks()).max_batch_size, most, "the same");
  equal(await session.client.supportsBase64Encoding(), true, "base64");
}

async function deleteTakesALimit(session) {
  if (session.isBefore3) {
    throw new Skipped("this client has no limit for delete");
  }
  const made = await session.collection();
  await made.add({ ids: ["a", "b", "c"], embeddings: [[1], [2], [3]], metadatas: [{ k: 1 }, { k: 1 }, { k: 1 }] });
  await made.delete({ where: { k: 1 }, limit: 2 });
  equal((await made.get()).ids, ["c"], "left");
}

// Each call either works or is refused in the words of the original, and the collection lives on.
async function whatChromasServerRefuses(session) {
  const made = await session.collection();
  const calls = {
    search: () => made.search({ rank: { $knn: { query: [1, 2], limit: 1 } } }),
    fork: () => made.fork(session.isBefore3 ? { newName: session.freshName() } : { name: session.freshName() }),
    forkCount: () => made.forkCount(),
    getIndexingStatus: () => made.getIndexingStatus(),
  };
  await made.add({ ids: ["a"], embeddings: [[1, 2]] });
  const offered = Object.entries(calls).filter(([name]) => typeof made[name] === "function");
  if (offered.length === 0) {
    throw new Skipped("this client has no such method");
  }
  for (const [name, call] of offered) {
    try {
      await call();
    } catch (error) {
      assert.ok(REFUSALS.some((text) => error.message.includes(text)), `${name}: ${error.name}: ${error.message}`);
      session.watch.refused(`Collection.${name}`);
    }
  }
  equal(await made.count(), 1, "count");
}

async function everyPublicMethodWasCalled(session) {
  equal(session.watch.ofState("unused"), [], "methods that no check has called");
}

// The last one looks at what the others did.
export const releaseChecks = [
  identityOfAnOpenServer,
  tenantsAndDatabasesAreAdministered,
  databasesAreListedAndDeleted,
  collectionsAreListedWithTheirMetadata,
  collectionsAreFoundByIdAndInGroups,
  theServerSaysWhatItTakes,
  deleteTakesALimit,
  whatChromasServerRefuses,
  everyPublicMethodWasCalled,
];
