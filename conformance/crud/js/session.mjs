// What one check works with: an npm chromadb client of either generation behind one form.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

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
    this.isV1 = version.startsWith("1.");
    this.host = host;
    this.port = port;
    this.client = this.clientOf();
    this.admin = new chromadb.AdminClient(this.address());
  }

  address() {
    // Release 3 deprecates `path` in favour of `host` and `port`.
    return this.isV1 ? { path: `http://${this.host}:${this.port}` } : { host: this.host, port: this.port };
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

  // Names of the collections; client 1.9 lists plain objects, client 3 collection objects.
  async collectionNames(page) {
    return (await this.client.listCollections(page)).map((entry) => entry.name);
  }
}

// The error of a call that must fail, checked for its class and text where given.
export async function fails(call, { name, text } = {}) {
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
