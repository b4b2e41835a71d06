"""The curve of qdrant-edge on a data set made by data.py, and its speed under filters: one JSON object a line.

Usage: qdrant.py DIRECTORY NAME ROWS.jsonl FILTERS.jsonl. The shard has one segment where its optimizer makes one,
integer indexes over the filtered fields from the start, and otherwise the library's defaults. It takes one query at
a time and may use threads of its own, so speeds are queries per second of processor time.
"""

import json
import shutil
import sys
import time
from pathlib import Path

import numpy as np
import qdrant_edge as qdrant
from peers import CANDIDATES, K, RECALL_ENOUGH, read, recall_of

ROUNDS = 2
FILTERED_QUERIES = 300
PERCENTS = (50.0, 10.0, 1.0, 0.1)
BATCH = 1_000
DEFAULT_CANDIDATES = 100


def scattered(count):
    """All rows in an order without a pattern, the same as in graph.rs."""
    keys = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return np.argsort(keys, kind="stable")


def along_an_axis(base, queries):
    """All rows in the order of their projection on a line between two far queries, as in graph.rs."""
    far = 1 + int(np.argmax(((queries[1:100] - queries[0]) ** 2).sum(axis=1)))
    return np.argsort(base @ (queries[0] - queries[far]), kind="stable")


def ranks(order):
    result = np.empty(len(order), dtype=np.int64)
    result[order] = np.arange(len(order))
    return result


def build(directory, base, metric, fields):
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    distance = {"l2": qdrant.Distance.Euclid, "cosine": qdrant.Distance.Cosine}[metric]
    shard = qdrant.EdgeShard.create(
        str(directory),
        qdrant.EdgeConfig(
            vectors=qdrant.EdgeVectorParams(size=base.shape[1], distance=distance),
            hnsw_config=qdrant.HnswIndexConfig(
                m=16, ef_construct=200, full_scan_threshold=10_000, max_indexing_threads=1
            ),
            optimizers=qdrant.EdgeOptimizersConfig(default_segment_number=1),
            max_search_threads=1,
        ),
    )
    for field in fields:
        shard.update(qdrant.UpdateOperation.create_field_index(field, qdrant.PayloadSchemaType.Integer))
    for start in range(0, len(base), BATCH):
        rows = range(start, min(start + BATCH, len(base)))
        points = [
            qdrant.Point(row, base[row].tolist(), {name: int(values[row]) for name, values in fields.items()})
            for row in rows
        ]
        shard.update(qdrant.UpdateOperation.upsert_points(points))
    begin = time.process_time()
    shard.optimize()
    return shard, time.process_time() - begin


def request(query, candidates, condition=None):
    return qdrant.SearchRequest(
        query=qdrant.Query.Nearest(query),
        limit=K,
        params=qdrant.SearchParams(hnsw_ef=candidates),
        filter=None if condition is None else qdrant.Filter(must=[condition]),
    )


def search(shard, requests):
    """The rows found, and queries per second of processor time in the fastest round."""
    fastest = float("inf")
    for _ in range(ROUNDS):
        begin = time.process_time()
        found = [shard.search(one) for one in requests]
        fastest = min(fastest, time.process_time() - begin)
    return [[int(point.id) for point in points] for points in found], len(requests) / fastest


def nearest(base, rows, query, metric):
    part, query = base[rows].astype(np.float64), query.astype(np.float64)
    if metric == "cosine":
        distances = -(part @ query) / np.linalg.norm(part, axis=1)
    else:
        distances = ((part - query) ** 2).sum(axis=1)
    return rows[np.argsort(distances, kind="stable")[:K]]


def main():
    directory, name = Path(sys.argv[1]), sys.argv[2]
    metric, base, queries, truth = read(directory, name)
    dimensions = base.shape[1]
    orders = {"random": scattered(len(base)), "correlated": along_an_axis(base, queries)}
    fields = {kind: ranks(order) for kind, order in orders.items()}
    shard, seconds = build(directory / "qdrant" / name, base, metric, fields)
    print(f"{name} qdrant-edge: optimised in {seconds:.1f} s of processor time", file=sys.stderr)
    lists = [query.tolist() for query in queries]
    with open(sys.argv[3], "w", encoding="utf-8") as rows:
        for candidates in CANDIDATES:
            found, speed = search(shard, [request(query, candidates) for query in lists])
            row = {
                "dataset": name, "dimensions": dimensions, "engine": "qdrant-edge", "threads": 1,
                "parameters": f"m=16 efC=200 ef={candidates}, per second of processor time",
                "recall_at_10": recall_of(found, truth), "qps": speed, "build_seconds": seconds,
                # The vector and 32 links at most; what else it keeps in memory is not known.
                "bytes_per_vector": dimensions * 4 + 32 * 4,
            }
            print(json.dumps(row), file=rows, flush=True)
            if row["recall_at_10"] >= RECALL_ENOUGH:
                break
    with open(sys.argv[4], "w", encoding="utf-8") as rows:
        for kind, order in orders.items():
            for percent in PERCENTS:
                passing = int(len(base) * percent / 100)
                allowed = np.sort(order[:passing])
                condition = qdrant.FieldCondition(key=kind, range=qdrant.RangeFloat(lt=float(passing)))
                requests = [request(query, DEFAULT_CANDIDATES, condition) for query in lists[:FILTERED_QUERIES]]
                found, speed = search(shard, requests)
                near = [nearest(base, allowed, query, metric) for query in queries[:FILTERED_QUERIES]]
                row = {
                    "dataset": name, "engine": "qdrant-edge", "filter": kind, "percent": percent,
                    "recall_at_10": recall_of(found, near), "qps": speed, "plans": "",
                }
                print(json.dumps(row), file=rows, flush=True)
    shard.close()
    shutil.rmtree(directory / "qdrant" / name)


if __name__ == "__main__":
    main()
