// The checks of the npm clients, in the order in which they run.

import assert from "node:assert/strict";

import { releaseChecks } from "./release_checks.mjs";
import { CharacterCounts, Skipped, close, equal } from "./session.mjs";

const EMBEDDINGS = [[1, 2, 3], [4, 5, 6], [0.1, 0.2, 0.3]];
const DOCUMENTS = ["Hello world", "bye World", "日本語 🦀"];
const METADATAS = [{ k: 1, s: "one" }, { k: 2.5, t: true }, { k: -7 }];

async function threeRecords(session) {
  const made = await session.collection();
  await made.add({ ids: ["a", "b", "c"], embeddings: EMBEDDINGS, documents: DOCUMENTS, metadatas: METADATAS });
  return made;
}

async function heartbeatAndVersion(session) {
  const first = await session.client.heartbeat();
  const second = await session.client.heartbeat();
  assert.ok(first > 0 && second >= first);
  assert.match(await session.client.version(), /^\d/);
}

async function createGetAndCount(session) {
  const metadata = { text: "zäh", whole: 7, real: 1.5, flag: true };
  const made = await session.collection({ metadata });
  const found = await session.getCollection(made.name);
  equal([found.id, found.name], [made.id, made.name], "identity");
  equal(found.metadata, metadata, "metadata");
  equal(await made.count(), 0, "count");
}

async function createTwiceIsAnError(session) {
  const made = await session.collection();
  await session.fails(() => session.client.createCollection({ name: made.name, embeddingFunction: new CharacterCounts() }));
  equal(await made.count(), 0, "count");
}

async function getOrCreateReturnsTheExistingOne(session) {
  const first = await session.collection({ metadata: { a: 1 } });
  await first.add({ ids: ["x"], embeddings: [[1, 2]] });
  const again = { name: first.name, metadata: { a: 2 }, embeddingFunction: new CharacterCounts() };
  const second = await session.client.getOrCreateCollection(again);
  equal([second.id, await second.count()], [first.id, 1], "id and count");
  equal((await session.getCollection(first.name)).metadata, { a: 1 }, "stored metadata");
}

async function listAndCount(session) {
  await session.client.reset();
  const names = [];
  for (let n = 0; n < 5; n += 1) {
    names.push((await session.collection()).name);
  }
  names.sort();
  equal((await session.collectionNames()).sort(), names, "all");
  equal(await session.client.countCollections(), 5, "count");
  const pages = [];
  for (const offset of [0, 2, 4]) {
    pages.push(await session.collectionNames({ limit: 2, offset }));
  }
  equal(pages.map((page) => page.length), [2, 2, 1], "page sizes");
  equal(pages.flat().sort(), names, "pages together");
}

async function missingAndDeletedCollections(session) {
  const typed = session.speaksV1 ? "InvalidCollectionError" : "ChromaNotFoundError";
  // Before 1.9 it is the name that the server gave, or none; some calls throw what is no error at all.
  const name = session.returnsErrors ? ["InvalidCollection", "Error", undefined] : typed;
  await session.fails(() => session.getCollection("never-made"), { name });
  const made = await threeRecords(session);
  await session.client.deleteCollection({ name: made.name });
  await session.fails(() => session.getCollection(made.name), { name });
  await session.fails(() => session.client.deleteCollection({ name: made.name }));
  const calls = {
    add: () => made.add({ ids: ["z"], embeddings: [[1, 2, 3]] }),
    count: () => made.count(),
    delete: () => made.delete({ ids: ["a"] }),
    get: () => made.get(),
    modify: () => made.modify({ name: session.freshName() }),
    peek: () => made.peek({ limit: 1 }),
    query: () => made.query({ queryEmbeddings: [[1, 2, 3]] }),
    update: () => made.update({ ids: ["a"], embeddings: [[1, 2, 3]] }),
    upsert: () => made.upsert({ ids: ["a"], embeddings: [[1, 2, 3]] }),
  };
  for (const [operation, call] of Object.entries(calls)) {
    const error = await session.fails(call);
    assert.ok([name].flat().includes(error.name), `${operation}: ${error.name}: ${error.message}`);
  }
}

async function badNamesAreRefused(session) {
  const before = await session.client.countCollections();
  for (const name of ["ab", "_abc", "a b c", "a..b", "192.168.1.1"]) {
    await session.fails(() => session.client.createCollection({ name, embeddingFunction: new CharacterCounts() }));
  }
  equal(await session.client.countCollections(), before, "count");
}

async function modifyNameAndMetadata(session) {
  const made = await session.collection({ metadata: { a: 1, b: 2 } });
  const [old, name] = [made.name, session.freshName()];
  await made.modify({ name });
  await session.fails(() => session.getCollection(old));
  await (await session.getCollection(name)).modify({ metadata: { c: 3 } });
  const found = await session.getCollection(name);
  equal([found.id, found.metadata], [made.id, { c: 3 }], "metadata is replaced, not merged");
}

async function addAndGetEverything(session) {
  const made = await threeRecords(session);
  equal(await made.count(), 3, "count");
  const got = await made.get({ include: ["embeddings", "documents", "metadatas"] });
  equal(got.ids, ["a", "b", "c"], "ids");
  equal(got.documents, DOCUMENTS, "documents");
  equal(got.metadatas, METADATAS, "metadatas");
  close(got.embeddings, EMBEDDINGS, "embeddings");
}

async function getByIdLimitAndOffset(session) {
  const made = await threeRecords(session);
  const got = await made.get({ ids: ["b", "unknown"], include: ["documents"] });
  equal([got.ids, got.documents], [["b"], ["bye World"]], "by id");
  equal((await made.get({ limit: 2 })).ids, ["a", "b"], "limit");
  equal((await made.get({ limit: 2, offset: 2 })).ids, ["c"], "offset");
  equal((await made.peek({ limit: 2 })).ids, ["a", "b"], "peek");
  await session.fails(() => made.get({ include: ["nonsense"] }));
}

async function documentsAreEmbeddedByTheClient(session) {
  const made = await session.collection();
  await made.add({ ids: ["x", "y"], documents: ["a aa e", "oooo"] });
  const found = await made.query({ queryTexts: ["oo"], nResults: 2 });
  equal(found.ids, [["y", "x"]], "ids");
  close(found.distances, [[4, 14]], "distances");
}

async function addingAnExistingIdChangesNothing(session) {
  const made = await threeRecords(session);
  await made.add({ ids: ["a", "d"], embeddings: [[9, 9, 9], [7, 8, 9]], documents: ["other", "new"] });
  equal((await made.get()).documents, [...DOCUMENTS, "new"], "documents");
}

async function updateMergesIntoTheRecord(session) {
  const made = await threeRecords(session);
  await made.update({ ids: ["a"], metadatas: [{ k: 5, added: "n" }] });
  await made.update({ ids: ["b", "unknown"], documents: ["new", "x"], embeddings: [[7, 7, 7], [1, 1, 1]] });
  const got = await made.get();
  equal(got.ids, ["a", "b", "c"], "ids");
  equal(got.metadatas, [{ k: 5, s: "one", added: "n" }, METADATAS[1], METADATAS[2]], "metadatas");
  equal(got.documents, [DOCUMENTS[0], "new", DOCUMENTS[2]], "documents");
  const found = await made.query({ queryEmbeddings: [[7, 7, 7]], nResults: 1 });
  equal(found.ids, [["b"]], "search");
  close(found.distances, [[0]], "distance");
}

async function upsertInsertsAndUpdates(session) {
  const made = await threeRecords(session);
  await made.upsert({
    ids: ["b", "d"],
    embeddings: [[1, 1, 1], [2, 2, 2]],
    documents: ["second", "fourth"],
    metadatas: [{ k: 20 }, { k: 40 }],
  });
  const got = await made.get();
  equal(got.ids, ["a", "b", "c", "d"], "ids");
  equal(got.documents, [DOCUMENTS[0], "second", DOCUMENTS[2], "fourth"], "documents");
  equal([got.metadatas[1], got.metadatas[3]], [{ k: 20, t: true }, { k: 40 }], "metadatas");
}

async function deleteByIdWhereAndDocument(session) {
  const made = await session.collection();
  const ids = [...Array(10).keys()].map(String);
  await made.add({
    ids,
    embeddings: ids.map((id) => [Number(id)]),
    documents: ids.map((id) => (Number(id) % 2 ? "odd text" : "even text")),
    metadatas: ids.map((id) => ({ n: Number(id) })),
  });
  await made.delete({ ids: ["0", "unknown"] });
  await made.delete({ where: { n: { $gte: 8 } } });
  await made.delete({ whereDocument: { $contains: "even" } });
  equal((await made.get()).ids, ["1", "3", "5", "7"], "left");
  equal(await made.count(), 4, "count");
  const found = await made.query({ queryEmbeddings: [[3]], nResults: 10 });
  equal([...found.ids[0]].sort(), ["1", "3", "5", "7"], "search");
}

async function filtersSelect(session) {
  const made = await session.collection();
  const metadatas = [{ k: 1 }, { k: 2 }, { k: 1.5 }, { k: "text" }, { k: true }, { k: 3, o: "x" }];
  const ids = ["one", "two", "half", "text", "true", "multi"];
  const documents = ["The quick fox", "THE QUICK FOX", "slow fox", "100% sure", "Köln", "nothing"];
  await made.add({ ids, embeddings: ids.map((_, n) => [n]), metadatas, documents });
  const table = [
    [{ where: { k: 1 } }, ["one"]],
    [{ where: { k: { $eq: "text" } } }, ["text"]],
    [{ where: { k: { $ne: 1 } } }, ["two", "half", "text", "true", "multi"]],
    [{ where: { k: { $gt: 1 } } }, ["two", "half", "multi"]],
    [{ where: { k: { $lte: 2 } } }, ["one", "two", "half"]],
    [{ where: { k: { $in: [1, 3] } } }, ["one", "multi"]],
    [{ where: { k: { $nin: ["text"] } } }, ["one", "two", "half", "true", "multi"]],
    [{ where: { $and: [{ k: 3 }, { o: "x" }] } }, ["multi"]],
    [{ where: { $or: [{ k: true }, { k: { $lt: 2 } }] } }, ["one", "half", "true"]],
    [{ whereDocument: { $contains: "quick" } }, ["one"]],
    [{ whereDocument: { $not_contains: "fox" } }, ["two", "text", "true", "multi"]],
    [{ whereDocument: { $or: [{ $contains: "Köln" }, { $contains: "100% " }] } }, ["text", "true"]],
    [{ whereDocument: { $and: [{ $contains: "fox" }, { $not_contains: "slow" }] } }, ["one"]],
    [{ where: { k: { $lt: 2 } }, whereDocument: { $contains: "fox" } }, ["one", "half"]],
  ];
  for (const [filter, expected] of table) {
    equal((await made.get(filter)).ids, expected, JSON.stringify(filter));
    const found = await made.query({ queryEmbeddings: [[0]], nResults: 10, ...filter });
    equal(found.ids, [expected], `query ${JSON.stringify(filter)}`);
  }
  await session.fails(() => made.get({ where: { k: { $foo: 1 } } }));
  await session.fails(() => made.get({ whereDocument: { $foo: "x" } }));
}

async function distanceFollowsTheSpace(session) {
  const expected = { l2: 0.24, ip: 0.86, cosine: 0.39302298798837 };
  for (const [space, distance] of Object.entries(expected)) {
    const made = await session.collection({ metadata: { "hnsw:space": space } });
    await made.add({ ids: ["x"], embeddings: [[0.1, 0.2, 0.3]] });
    const found = await made.query({ queryEmbeddings: [[0.3, -0.2, 0.5]], nResults: 1 });
    close(found.distances, [[distance]], space);
  }
}

async function queryReturnsWhatIsIncluded(session) {
  const made = await threeRecords(session);
  const ask = { queryEmbeddings: [[1, 2, 3], [4, 5, 6]], nResults: 2 };
  const found = await made.query(ask);
  equal(found.ids, [["a", "c"], ["b", "a"]], "ids");
  close(found.distances, [[0, 11.34], [0, 27]], "distances");
  equal(found.documents[0], [DOCUMENTS[0], DOCUMENTS[2]], "documents");
  equal(found.metadatas[1], [METADATAS[1], METADATAS[0]], "metadatas");
  const vectors = await made.query({ ...ask, include: ["embeddings"] });
  close(vectors.embeddings[0], [EMBEDDINGS[0], EMBEDDINGS[2]], "embeddings");
  equal((await made.query({ ...ask, nResults: 50 })).ids.map((ids) => ids.length), [3, 3], "all there are");
}

async function wrongDimensionIsAnError(session) {
  const made = await threeRecords(session);
  await session.fails(() => made.add({ ids: ["z"], embeddings: [[1, 2]] }));
  await session.fails(() => made.upsert({ ids: ["a"], embeddings: [[1, 2, 3, 4]] }));
  await session.fails(() => made.query({ queryEmbeddings: [[1, 2]] }));
  equal((await made.get()).ids, ["a", "b", "c"], "nothing was stored");
}

async function duplicateIdsInOneCallAreRefused(session) {
  const made = await session.collection();
  await session.fails(() => made.add({ ids: ["x", "x"], embeddings: [[1], [2]] }));
  equal(await made.count(), 0, "count");
}

async function manyRecordsAtOnce(session) {
  const made = await session.collection();
  const ids = [...Array(1000).keys()].map((n) => `record-${n}`);
  await made.add({ ids, embeddings: ids.map((_, n) => [n, 0.5]), metadatas: ids.map((_, n) => ({ n })) });
  equal(await made.count(), 1000, "count");
  const got = await made.get({ include: ["embeddings", "metadatas"], limit: 1000 });
  equal(got.ids, ids, "ids");
  close(got.embeddings, ids.map((_, n) => [n, 0.5]), "embeddings");
  equal(got.metadatas.map((metadata) => metadata.n), [...ids.keys()], "metadatas");
}

async function concurrentCallsLoseNothing(session) {
  const made = await session.collection();
  await Promise.all(
    [...Array(16).keys()].map((writer) =>
      made.add({
        ids: [...Array(10).keys()].map((n) => `${writer}-${n}`),
        embeddings: [...Array(10).keys()].map((n) => [writer, n]),
      }),
    ),
  );
  equal(await made.count(), 160, "count");
}

async function tenantsAndDatabases(session) {
  const [tenant, database] = [session.freshName(), session.freshName()];
  await session.admin.createTenant({ name: tenant });
  await session.admin.createDatabase(session.placed(database, tenant));
  const other = session.clientOf({ tenant, database });
  await other.createCollection({ name: "shared-name", embeddingFunction: new CharacterCounts() });
  equal(await other.countCollections(), 1, "collections there");
  await session.fails(() => session.getCollection("shared-name"));
}

async function configurationIsKept(session) {
  const made = await session.collection({ configuration: { hnsw: { space: "cosine", ef_search: 45 } } });
  const hnsw = (await session.getCollection(made.name)).configuration?.hnsw;
  if (hnsw === undefined) {
    throw new Skipped("collections of this client have no configuration");
  }
  equal([hnsw.space, hnsw.ef_search, hnsw.max_neighbors], ["cosine", 45, 16], "hnsw");
}

async function regularExpressionsAndArrays(session) {
  if (session.speaksV1) {
    throw new Skipped("/api/v1 has neither");
  }
  const made = await session.collection();
  await made.add({
    ids: ["a", "b"],
    embeddings: [[1], [2]],
    documents: ["The quick fox", "slow"],
    metadatas: [{ tags: ["red", "blue"] }, { tags: ["green"] }],
  });
  equal((await made.get({ whereDocument: { $regex: "q[a-z]+k" } })).ids, ["a"], "$regex");
  equal((await made.get({ where: { tags: { $contains: "green" } } })).ids, ["b"], "$contains");
  equal((await made.get({ include: ["metadatas"] })).metadatas[0], { tags: ["red", "blue"] }, "round trip");
  if (!session.isBefore3) {
    const found = await made.query({ queryEmbeddings: [[0]], ids: ["b"], nResults: 5 });
    equal(found.ids, [["b"]], "query restricted by ids");
  }
}

async function resetLeavesAnEmptyServer(session) {
  const made = await threeRecords(session);
  await session.client.reset();
  equal(await session.client.countCollections(), 0, "count");
  await session.fails(() => made.count());
}

export const checks = [
  heartbeatAndVersion,
  createGetAndCount,
  createTwiceIsAnError,
  getOrCreateReturnsTheExistingOne,
  listAndCount,
  missingAndDeletedCollections,
  badNamesAreRefused,
  modifyNameAndMetadata,
  addAndGetEverything,
  getByIdLimitAndOffset,
  documentsAreEmbeddedByTheClient,
  addingAnExistingIdChangesNothing,
  updateMergesIntoTheRecord,
  upsertInsertsAndUpdates,
  deleteByIdWhereAndDocument,
  filtersSelect,
  distanceFollowsTheSpace,
  queryReturnsWhatIsIncluded,
  wrongDimensionIsAnError,
  duplicateIdsInOneCallAreRefused,
  manyRecordsAtOnce,
  concurrentCallsLoseNothing,
  tenantsAndDatabases,
  configurationIsKept,
  regularExpressionsAndArrays,
  resetLeavesAnEmptyServer,
  ...releaseChecks,
];
