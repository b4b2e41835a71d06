// Runs snippets of Chroma's page and does with the `chromaClient` of each what the user may: the same as
// client.py. Arguments: the npm project that holds the client.

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

import { run } from "../docker/clients/sessions.mjs";

let number = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const session = JSON.parse(line);
  process.env.CHROMA_CLIENT_AUTH_CREDENTIALS = session.credentials;
  // Another address each time, or the module would be evaluated once only.
  number += 1;
  const address = `${pathToFileURL(session.snippet)}?${number}`;
  let problem = "";
  try {
    await run(session, async () => (await import(address)).chromaClient);
  } catch (error) {
    problem = error.stack;
  }
  console.log("outcome", JSON.stringify(problem));
}
