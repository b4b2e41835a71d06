// What a client throws when it is refused: the same as refused.py.
// Arguments: the npm project that holds the client, the port and the kind.

import { clientOf, embeddingFunction } from "../docker/clients/sessions.mjs";

const TRIES = 10_000;

const [, , , port, kind] = process.argv;
const client = clientOf({ port, auth: "token", credentials: kind });

async function ask() {
  if (kind === "rate") return () => client.listCollections();
  const collection = await client.getOrCreateCollection({ name: "full", embeddingFunction });
  return (number) => collection.add({ ids: [`${number}`], embeddings: [[1, 2]] });
}

async function firstRefusal() {
  const again = await ask();
  for (let number = 0; number < TRIES; number += 1) {
    try {
      await again(number);
    } catch (error) {
      return { class: error.name, text: error.message };
    }
  }
  throw new Error(`nothing was refused in ${TRIES} tries`);
}

console.log(JSON.stringify(await firstRefusal()));
