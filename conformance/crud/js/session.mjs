// What one check works with: an npm chromadb client of any release behind one form.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import { Watch } from "./watch.mjs";

export class Skipped extends Error {}

// Embeds a text as counts of four characters, so that checks can compute distances by hand.
export class CharacterCounts {
  name = "character_counts";

  async generate(texts) {
    return texts.map((text) => [..."aeio"].map((character) => text.split(character).length - 1));
  }

  getConfig() {
    return {};
  }
}

export class Session {
  constructor(chromadb, version, host, port) {
    this.chromadb = chromadb;
    const [major, minor, patch] = version.split(".").map(Number);
    // Release 3 is a new client with new names of arguments.
    this.isBefore3 = major < 3;
    // 1.9.3 was the first to speak /api/v2.
    this.speaksV1 = major === 1 && (minor < 9 || (minor === 9 && patch < 3));
    // Releases before 1.9 have few error classes; some calls return an object with the error.
    this.returnsErrors = major === 1 && minor < 9;
    this.watch = new Watch();
    this.watch.observe("Client", chromadb.ChromaClient.prototype);
    this.watch.observe("AdminClient", chromadb.AdminClient.prototype);
    this.host = host;
    this.port = port;
    this.client = this.clientOf();
    this.admin = new chromadb.AdminClient(this.address());
  }

  // Collections have a class that not every release exports, so the first one shows it.
  async watchCollections() {
    const made = await this.collection();
    this.watch.observe("Collection", Object.getPrototypeOf(made));
  }

  address() {
    // Release 3 deprecates `path` in favour of `host` and `port`.
    return this.isBefore3 ? { path: `http://${this.host}:${this.port}` } : { host: this.host, port: this.port };
  }

  clientOf(place = {}) {
    return new this.chromadb.ChromaClient({ ...this.address(), ...place });
  }

  freshName() {
    return `check-${randomUUID()}`;
  }

  async collection(options = {}) {
    return this.client.createCollection({
      name: this.freshName(),
      embeddingFunction: new CharacterCounts(),
      ...options,
    });
  }

  async getCollection(name) {
    return this.client.getCollection({ name, embeddingFunction: new CharacterCounts() });
  }

  // Names of the collections; clients list names, plain objects or collection objects.
  async collectionNames(page) {
    const listed = await this.client.listCollections(page);
    return listed.map((entry) => (typeof entry === "string" ? entry : entry.name));
  }

  // The error of a call that must fail, checked for its class and text where given.
  async fails(call, expected) {
    return fails(async () => {
      const result = await call();
      if (this.returnsErrors && result?.error !== undefined) {
        throw new Error(String(result.error));
      }
      return result;
    }, expected);
  }

  // The arguments that name a tenant's database.
  placed(name, tenant) {
    return this.isBefore3 ? { name, tenantName: tenant } : { name, tenant };
  }
}

async function fails(call, { name, text } = {}) {
  let result;
  try {
    result = await call();
  } catch (error) {
    if (name !== undefined) {
      assert.ok([name].flat().includes(error.name), `${error.name} is not ${name}: ${error.message}`);
    }
    if (text !== undefined) {
      assert.ok(String(error.message).includes(text), `"${text}" is not in: ${error.message}`);
    }
    return error;
  }
  throw new assert.AssertionError({ message: `no error, but the result ${JSON.stringify(result)}` });
}

export function equal(found, expected, what) {
  assert.deepEqual(
    found,
    expected,
    `${what}: found ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`,
  );
}

const TOLERANCE = 1e-5;

export function close(found, expected, what) {
  const flatFound = found.flat(Infinity);
  const flatExpected = expected.flat(Infinity);
  assert.equal(flatFound.length, flatExpected.length, `${what}: ${JSON.stringify(found)}`);
  flatExpected.forEach((value, index) => {
    const difference = Math.abs(flatFound[index] - value);
    assert.ok(
      difference <= TOLERANCE * (1 + Math.abs(value)),
      `${what}: found ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`,
    );
  });
}
