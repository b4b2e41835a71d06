"""Curves of other libraries on a data set made by data.py: one JSON object a line.

Usage: peers.py DIRECTORY NAME ENGINE. M = 16 and 200 candidates at building time, as for HueDB; 32 links where
there is one layer only. Queries go in as one batch, so that Python's share is small, except for qdrant-edge,
which takes one at a time.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

K = 10
# As many rounds as for HueDB: at least five, and a second of them; two where they take more than five seconds.
ROUNDS = 5
SECONDS = 1.0
ROUNDS_LONG = 2
SECONDS_LONG = 5.0
CANDIDATES = (10, 12, 16, 20, 28, 40, 56, 80, 112, 160, 224, 320, 480, 640, 960, 1400, 2000, 2800, 4000)
RECALL_ENOUGH = 0.9995


class Hnswlib:
    """Compiled from its source distribution for this processor."""

    parameters = "M=16 efC=200 ef={}"

    def __init__(self, base, metric):
        import hnswlib

        self.index = hnswlib.Index(metric, base.shape[1])
        self.index.init_index(len(base), ef_construction=200, M=16)
        self.index.add_items(base, num_threads=1)
        # The vector, 32 links with their count, the label; upper layers add a few bytes.
        self.bytes_per_vector = base.shape[1] * 4 + 33 * 4 + 8

    def search(self, queries, candidates, threads):
        self.index.set_ef(candidates)
        return self.index.knn_query(queries, k=K, num_threads=threads)[0]


class Faiss:
    parameters = "HNSW32 efC=200 ef={}"

    def __init__(self, base, metric):
        import faiss

        self.faiss = faiss
        faiss.omp_set_num_threads(1)
        self.index = faiss.IndexHNSWFlat(base.shape[1], 16, faiss.METRIC_L2)
        self.index.hnsw.efConstruction = 200
        self.index.add(base)
        self.bytes_per_vector = base.shape[1] * 4 + 32 * 4 + 16

    def search(self, queries, candidates, threads):
        self.faiss.omp_set_num_threads(threads)
        self.index.hnsw.efSearch = candidates
        return self.index.search(queries, K)[1]


class Usearch:
    parameters = "M=16 efC=200 ef={}"

    def __init__(self, base, metric):
        from usearch.index import Index

        self.index = Index(
            ndim=base.shape[1], metric="l2sq", dtype="f32", connectivity=16, expansion_add=200
        )
        self.index.add(np.arange(len(base)), base, threads=1)
        self.bytes_per_vector = self.index.memory_usage / len(base)

    def search(self, queries, candidates, threads):
        self.index.expansion_search = candidates
        return self.index.search(queries, K, threads=threads).keys


class Voyager:
    parameters = "M=16 efC=200 ef={}"

    def __init__(self, base, metric):
        import voyager

        self.index = voyager.Index(voyager.Space.Euclidean, base.shape[1], M=16, ef_construction=200)
        self.index.add_items(base, num_threads=1)
        self.bytes_per_vector = base.shape[1] * 4 + 33 * 4 + 8

    def search(self, queries, candidates, threads):
        return self.index.query(queries, k=K, num_threads=threads, query_ef=max(candidates, K))[0]


class Svs:
    parameters = "Vamana R=32 L=200 alpha=1.2 window={}"

    def __init__(self, base, metric):
        import svs

        parameters = svs.VamanaBuildParameters(graph_max_degree=32, window_size=200, alpha=1.2)
        self.index = svs.Vamana.build(parameters, base, svs.DistanceType.L2, num_threads=1)
        self.bytes_per_vector = base.shape[1] * 4 + 33 * 4

    def search(self, queries, candidates, threads):
        self.index.search_window_size = candidates
        self.index.num_threads = threads
        return self.index.search(queries, K)[0]


ENGINES = {"hnswlib": Hnswlib, "faiss": Faiss, "usearch": Usearch, "voyager": Voyager, "svs": Svs}


def read(directory, name):
    """The metric, the rows, the queries and the nearest rows of each."""
    shape = json.loads((directory / f"{name}.json").read_text())
    base = np.fromfile(directory / f"{name}.base.f32", "<f4").reshape(-1, shape["dimensions"])
    queries = np.fromfile(directory / f"{name}.query.f32", "<f4").reshape(-1, shape["dimensions"])
    truth = np.fromfile(directory / f"{name}.truth.u32", "<u4").reshape(-1, shape["truth_k"])[:, :K]
    return shape["metric"], base, queries, truth


def recall_of(found, truth):
    hits = sum(len(set(map(int, rows)) & set(map(int, near))) for rows, near in zip(found, truth))
    return hits / sum(len(near) for near in truth)


def more_rounds(rounds, seconds):
    """Whether a point gets another round after so many, which took so long."""
    if seconds < SECONDS_LONG:
        return rounds < ROUNDS or seconds < SECONDS
    return rounds < ROUNDS_LONG


def main():
    directory, name, engine = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    metric, base, queries, truth = read(directory, name)
    dimensions = base.shape[1]
    if metric == "cosine":
        # On vectors of length one the squared Euclidean distance has the same order.
        base /= np.linalg.norm(base, axis=1, keepdims=True)
        queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    start, cpu = time.perf_counter(), time.process_time()
    index = ENGINES[engine](base, "l2")
    built, cpu = time.perf_counter() - start, time.process_time() - cpu
    print(f"{name} {engine}: built in {built:.1f} s, {cpu:.1f} of them computing", file=sys.stderr)
    for threads in (1, 2):
        for candidates in CANDIDATES:
            fastest, rounds, begin = float("inf"), 0, time.perf_counter()
            while more_rounds(rounds, time.perf_counter() - begin):
                rounds += 1
                start = time.perf_counter()
                found = index.search(queries, candidates, threads)
                fastest = min(fastest, time.perf_counter() - start)
            recall = recall_of(found, truth)
            row = {
                "dataset": name,
                "dimensions": dimensions,
                "engine": engine,
                "threads": threads,
                "parameters": index.parameters.format(candidates),
                "recall_at_10": recall,
                "qps": len(queries) / fastest,
                # One thread; time that other programs took does not count.
                "build_seconds": cpu,
                "bytes_per_vector": index.bytes_per_vector,
            }
            print(json.dumps(row), flush=True)
            if recall >= RECALL_ENOUGH:
                break


if __name__ == "__main__":
    main()
