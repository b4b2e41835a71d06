"""Stores the meanings of English words in a running server and asks it questions about them.

Sentences come from WordNet, vectors from MiniLM, and everything goes through the unmodified Python client of
Chroma 1.5.9. Each batch that the server has acknowledged is written to a file. Run it again after a crash:
it first checks that every acknowledged record is there as it was sent, then goes on.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path
from urllib.parse import urlparse

from minilm import MiniLM, embed_with_cache

import chromadb
import httpx
import numpy as np

from glosses import read_glosses

COLLECTION = "wordnet"
EMBEDDING_ERROR_MAX = 1e-6
# The exit status when the server went away in the middle; running again continues.
INTERRUPTED = 75

# A question, and what to search in: `where` on the metadata, `contains` in the sentence.
QUESTIONS = [
    ("a machine that flies", {}),
    ("a machine that flies", {"where": {"lexical_file": "noun.animal"}}),
    ("someone who writes music", {"where": {"lexical_file": "noun.person"}}),
    ("being sad because somebody has left", {}),
    ("to move fast on foot", {"where": {"part_of_speech": "verb"}}),
    ("very cold weather", {}),
    ("a sweet dish with fruit", {"where": {"lexical_file": "noun.food"}}),
    ("an illness of the lungs", {"where": {"$and": [{"part_of_speech": "noun"}, {"length": {"$lt": 80}}]}}),
    ("an animal of the sea with a shell", {"contains": "shell"}),
    ("in a loud and annoying way", {"where": {"part_of_speech": "adverb"}}),
    ("money paid for the use of something", {"where": {"lexical_file": {"$in": ["noun.possession", "noun.act"]}}}),
    ("what keeps the rain off", {"where": {"length": {"$gte": 40}}, "contains": "rain"}),
]


def main():
    options = parse_options()
    options.state.mkdir(parents=True, exist_ok=True)
    glosses = read_glosses(options.wordnet, options.count)
    print(f"{len(glosses):,} sentences read from WordNet")
    vectors = embed(options, glosses)
    try:
        run(options, glosses, vectors)
    except (httpx.TransportError, ConnectionError) as error:
        print(f"\nthe server went away ({error}); start it and run this again to continue", file=sys.stderr)
        sys.exit(INTERRUPTED)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="the server (default: %(default)s)")
    parser.add_argument("--count", type=int, default=20_000, help="sentences (default: %(default)s)")
    parser.add_argument("--batch", type=int, default=100, help="records a request (default: %(default)s)")
    parser.add_argument("--wordnet", type=Path, required=True, help="directory with WordNet's data.noun etc.")
    parser.add_argument("--state", type=Path, required=True, help="directory for vectors and acknowledgements")
    parser.add_argument("--fresh", action="store_true", help="forget earlier runs and delete the collection")
    return parser.parse_args()


def embed(options, glosses):
    progress = Progress("embedding", len(glosses))
    path = options.state / f"vectors-{options.count}.npy"
    vectors, seconds = embed_with_cache(path, [gloss.text for gloss in glosses], lambda done, _: progress.show(done))
    if seconds:
        progress.end()
    else:
        print(f"vectors read from {path}")
    return vectors


def run(options, glosses, vectors):
    address = urlparse(options.url)
    try:
        client = chromadb.HttpClient(host=address.hostname, port=address.port or 8000)
    except ValueError as error:
        sys.exit(f"no server at {options.url}: {error}\nstart one with: cargo run --release -- run")
    acknowledgements = Acknowledgements(options.state / "acknowledged.jsonl")
    if options.fresh:
        acknowledgements.forget()
        if COLLECTION in {collection.name for collection in client.list_collections()}:
            client.delete_collection(COLLECTION)
    collection = client.get_or_create_collection(
        COLLECTION, configuration={"hnsw": {"space": "cosine"}}, embedding_function=None
    )
    acknowledgements.open(str(collection.id), options.count)

    summary = {"sentences": len(glosses), "batch": options.batch}
    done = acknowledgements.records
    summary.update(check_after_restart(collection, glosses, vectors, done, options.batch))
    write_summary(options, summary)
    summary.update(add(collection, glosses, vectors, done, options.batch, acknowledgements))
    verify(collection, glosses, vectors, len(glosses), "all")
    if collection.count() != len(glosses):
        sys.exit(f"LOST OR DOUBLED: {collection.count():,} records instead of {len(glosses):,}")
    summary.update(ask(collection, glosses, vectors))
    write_summary(options, summary)


def write_summary(options, summary):
    (options.state / "summary.json").write_text(json.dumps(summary, indent=1) + "\n")


def check_after_restart(collection, glosses, vectors, done, batch):
    """What an earlier run was told is stored must be stored, and beyond that at most its last request,
    whole or not at all."""
    present = collection.count()
    if not done and not present:
        return {"verified": 0, "unacknowledged": 0}
    start = time.monotonic()
    verify(collection, glosses, vectors, done, "acknowledged")
    seconds = time.monotonic() - start
    in_flight = [gloss.id for gloss in glosses[done : done + batch]]
    if present - done not in (0, len(in_flight)):
        sys.exit(f"LOST OR TORN: {present:,} records present, {done:,} acknowledged in batches of {batch}")
    if present > done:
        found = collection.get(ids=in_flight, include=[])["ids"]
        if len(found) != len(in_flight):
            sys.exit(f"TORN: {len(found)} of the {len(in_flight)} records of the last request are there")
    print(f"{done:,} acknowledged records verified in {seconds:.1f} s; {present - done} more from the last request")
    return {"verified": done, "verify_seconds": round(seconds, 2), "unacknowledged": present - done}


def verify(collection, glosses, vectors, count, what):
    progress = Progress(f"verifying {what}", count)
    for start in range(0, count, 500):
        wanted = glosses[start : min(start + 500, count)]
        answer = collection.get(
            ids=[gloss.id for gloss in wanted], include=["documents", "metadatas", "embeddings"]
        )
        rows = {id: row for row, id in enumerate(answer["ids"])}
        for number, gloss in enumerate(wanted, start):
            if gloss.id not in rows:
                sys.exit(f"LOST: record {number} ({gloss.id}) was acknowledged and is not there")
            row = rows[gloss.id]
            if answer["documents"][row] != gloss.text or answer["metadatas"][row] != gloss.metadata():
                sys.exit(f"CHANGED: the document or metadata of record {number} ({gloss.id}) is not what was sent")
            error = float(np.abs(np.asarray(answer["embeddings"][row]) - vectors[number]).max())
            if error > EMBEDDING_ERROR_MAX:
                sys.exit(f"CHANGED: the embedding of record {number} ({gloss.id}) is off by {error}")
        progress.show(start + len(wanted))
    progress.end()


def add(collection, glosses, vectors, done, batch, acknowledgements):
    if done == len(glosses):
        return {"added": 0}
    progress = Progress("adding", len(glosses), done)
    for start in range(done, len(glosses), batch):
        part = glosses[start : start + batch]
        collection.add(
            ids=[gloss.id for gloss in part],
            documents=[gloss.text for gloss in part],
            metadatas=[gloss.metadata() for gloss in part],
            embeddings=vectors[start : start + len(part)],
        )
        acknowledgements.append(start + len(part))
        progress.show(start + len(part))
    seconds = progress.end()
    return {"added": len(glosses) - done, "add_seconds": round(seconds, 2)}


def ask(collection, glosses, vectors):
    questions = MiniLM().embed([question for question, _ in QUESTIONS])
    milliseconds = []
    for (question, filters), vector in zip(QUESTIONS, questions):
        start = time.monotonic()
        answer = collection.query(
            query_embeddings=[vector],
            n_results=3,
            where=filters.get("where"),
            where_document={"$contains": filters["contains"]} if "contains" in filters else None,
        )
        milliseconds.append((time.monotonic() - start) * 1e3)
        print(f"\n{question}?" + (f"   {json.dumps(filters)}" if filters else ""))
        rows = zip(answer["distances"][0], answer["metadatas"][0], answer["documents"][0])
        for distance, metadata, document in rows:
            word = f"{metadata['word']} ({metadata['lexical_file']})"
            print(f"  {distance:.3f}  {word:<34} {document[:100]}")
    print(f"\n{len(QUESTIONS)} questions, {np.median(milliseconds):.1f} ms each (median, with the client)")
    return {"question_ms_median": round(float(np.median(milliseconds)), 2), "recall": recall(collection, glosses, vectors)}


def recall(collection, glosses, vectors):
    """The share of the ten nearest neighbours of 100 stored records that the server finds."""
    sample = np.random.default_rng(1).choice(len(glosses), 100, replace=False)
    answer = collection.query(query_embeddings=vectors[sample], n_results=10, include=[])
    found = 0
    for row, ids in zip(sample, answer["ids"]):
        nearest = np.argsort(-(vectors @ vectors[row]), kind="stable")[:10]
        found += len({glosses[number].id for number in nearest} & set(ids))
    print(f"recall@10 of 100 stored records against exact search: {found / 1000:.3f}")
    return found / 1000


class Acknowledgements:
    """A file that says which records the server has acknowledged: a head and one line a batch, each on disk
    before the next request is sent."""

    def __init__(self, path):
        self.path = path
        self.records = 0

    def forget(self):
        self.path.unlink(missing_ok=True)

    def open(self, collection_id, count):
        head = {"collection": collection_id, "sentences": count}
        lines = self._lines()
        if lines and lines[0] != head:
            sys.exit(
                f"LOST: {self.path} has acknowledgements of another collection than the server's: "
                f"{lines[0]} there, {head} here\n(to begin anew, use --fresh)"
            )
        self.records = max((line["records"] for line in lines[1:]), default=0)
        self.file = open(self.path, "a", encoding="ascii")
        if not lines:
            self._write(head)

    def append(self, records):
        self._write({"records": records})
        self.records = records

    def _write(self, line):
        self.file.write(json.dumps(line) + "\n")
        self.file.flush()
        os.fsync(self.file.fileno())

    def _lines(self):
        if not self.path.exists():
            return []
        text = self.path.read_text(encoding="ascii")
        # This script can be killed too: a last line without its end says nothing.
        return [json.loads(line) for line in text.split("\n")[:-1]]


class Progress:
    """How much of how much, how fast and how long still: rewritten on a terminal, now and then in a log."""

    def __init__(self, name, total, done=0):
        self.name, self.total, self.first = name, total, done
        self.terminal = sys.stdout.isatty()
        self.start = self.last = time.monotonic()

    def show(self, done):
        now = time.monotonic()
        if now - self.last < (0.2 if self.terminal else 5):
            return
        self.last = now
        rate = (done - self.first) / (now - self.start)
        left = (self.total - done) / rate if rate else 0
        text = f"{self.name}: {done:,} of {self.total:,}, {rate:,.0f} a second, {left:.0f} s left"
        print(f"\r\x1b[K{text}" if self.terminal else text, end="" if self.terminal else "\n", flush=True)

    def end(self):
        seconds = time.monotonic() - self.start
        done = self.total - self.first
        text = f"{self.name}: {done:,} in {seconds:.1f} s ({done / max(seconds, 1e-9):,.0f} a second)"
        print(f"\r\x1b[K{text}" if self.terminal else text, flush=True)
        return seconds


if __name__ == "__main__":
    main()
