// Runs every check with one npm chromadb client and records each outcome as a JSON line.
//
// usage: node run_checks.mjs PROJECT_DIR HOST PORT RECORD_FILE
// PROJECT_DIR holds the node_modules with the client to use.

import { appendFileSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

import { checks } from "./checks.mjs";
import { Session, Skipped } from "./session.mjs";

async function outcomeOf(check, session) {
  try {
    await check(session);
    return { outcome: "passed" };
  } catch (error) {
    if (error instanceof Skipped) {
      return { outcome: "skipped", message: error.message };
    }
    return { outcome: "failed", message: `${error?.name ?? "error"}: ${error?.message ?? error}` };
  }
}

async function main() {
  const [project, host, port, record] = process.argv.slice(2);
  const packageFile = path.join(path.resolve(project), "node_modules/chromadb/package.json");
  const version = JSON.parse(readFileSync(packageFile, "utf8")).version;
  const chromadb = createRequire(packageFile)("chromadb");
  const session = new Session(chromadb, version, host, Number(port));
  await session.watchCollections();
  for (const check of checks) {
    const begin = performance.now();
    const result = await outcomeOf(check, session);
    const seconds = Math.round(performance.now() - begin) / 1000;
    appendFileSync(record, JSON.stringify({ test: check.name, seconds, ...result }) + "\n");
  }
  appendFileSync(record, JSON.stringify({ methods: session.watch.methods }) + "\n");
}

await main();
