// Drives a server with a real npm chromadb client, once for each session on standard input: the same
// sessions as sessions.py. Arguments: the npm project that holds the client.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import path from "node:path";

const project = path.resolve(process.argv[2]);
const require = createRequire(pathToFileURL(path.join(project, "package.json")));
const { ChromaClient } = require("chromadb");
const { version } = require(path.join(project, "node_modules/chromadb/package.json"));
const hasAuth = /^[12]\./.test(version);
const NAME = "shared";

// A client asks for an embedding function although every call brings its embeddings.
export const embeddingFunction = { name: "none", generate: async (texts) => texts.map(() => [0, 0]), getConfig: () => ({}) };

export function clientOf({ port, auth, credentials }) {
  if (hasAuth) {
    const provider = { none: undefined, basic: "basic", token: "token", "x-token": "token" }[auth];
    const tokenHeaderType = auth === "x-token" ? "X_CHROMA_TOKEN" : "AUTHORIZATION";
    const options = provider && { provider, credentials, tokenHeaderType };
    return new ChromaClient({ path: `http://127.0.0.1:${port}`, auth: options });
  }
  const headers = {
    none: {},
    basic: { Authorization: `Basic ${Buffer.from(credentials ?? "").toString("base64")}` },
    token: { Authorization: `Bearer ${credentials}` },
    "x-token": { "x-chroma-token": credentials },
  }[auth];
  return new ChromaClient({ host: "127.0.0.1", port, headers });
}

async function write(client) {
  const collection = await client.getOrCreateCollection({ name: NAME, embeddingFunction });
  await collection.upsert({
    ids: ["a", "b", "c"],
    embeddings: [[1, 0], [0, 1], [5, 5]],
    documents: ["one", "two", "three"],
    metadatas: [{ n: 1 }, { n: 2 }, { n: 3 }],
  });
  const own = await client.createCollection({ name: `own-${randomUUID()}`, embeddingFunction });
  await own.add({ ids: ["x"], embeddings: [[1]] });
  await own.delete({ ids: ["x"] });
  assert.equal(await own.count(), 0);
  await client.deleteCollection({ name: own.name });
}

async function read(client) {
  assert.ok((await client.heartbeat()) > 0);
  const collection = await client.getCollection({ name: NAME, embeddingFunction });
  assert.equal(await collection.count(), 3);
  const found = await collection.query({ queryEmbeddings: [[0.9, 0.1]], nResults: 2 });
  assert.deepEqual(found.ids, [["a", "b"]]);
  assert.deepEqual(found.documents, [["one", "two"]]);
  const got = await collection.get({ where: { n: { $gt: 1 } } });
  assert.deepEqual(got.ids, ["b", "c"]);
}

async function refused(call, what) {
  let result;
  try {
    result = await call();
  } catch (error) {
    assert.match(`${error.name} ${error.message}`, /orbidden|nauthorized|401|403/);
    return;
  }
  assert.fail(`${what} was not refused but gave ${JSON.stringify(result)}`);
}

export async function run(session, makeClient = clientOf) {
  const client = await makeClient(session);
  if (session.may === "nothing") {
    await refused(() => client.listCollections(), "listing");
    return;
  }
  if (session.may === "all") await write(client);
  await read(client);
  if (session.may === "read") {
    const collection = await client.getCollection({ name: NAME, embeddingFunction });
    await refused(() => collection.delete({ ids: ["a"] }), "deleting");
    await refused(() => client.createCollection({ name: "not-mine", embeddingFunction }), "creating");
    await read(client);
  }
}

async function main() {
  let failed = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    const session = JSON.parse(line);
    try {
      await run(session);
    } catch (error) {
      failed += 1;
      console.log(`npm chromadb ${version} ${line}: ${error.stack}`);
    }
  }
  process.exit(failed > 0 ? 1 : 0);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
